"""Extracted features that travel: what is compared, and what a record can carry."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ktpel_capture.arrays import F32, U8, U64, frozen_copy
from ktpel_capture.samples import Eye, Position


@dataclass(frozen=True, slots=True, eq=False)
class Minutiae:
    """The minutiae of one finger.

    Attributes
    ----------
    x, y : (N,) float32, pixels of the image they were found in, pixel centres at integers.
    angle : (N,) float32, radians in [0, 2 pi), counter-clockwise as seen on the picture: direction a moves by
        (cos a, -sin a). A ridge ending points from its tip back along the ridge that ends there; a bifurcation from
        the fork along the valley that ends between its branches, as in ISO/IEC 19794-2 and INCITS 378 (and as
        nbis-py gives them). The NIST fields of an ANSI/NIST-ITL type-9 record, and mindtct's own files, point the
        other way, out of the ridge or valley: half a turn more.
    kind : (N,) uint8, 1 ridge ending, 2 bifurcation, 0 other (the codes of ISO/IEC 19794-2).
    quality : (N,) float32, 0 (doubtful) .. 1 (certain).
    ppi : resolution of that image.
    size : (width, height) of that image in pixels.
    position : which finger.
    """

    x: F32
    y: F32
    angle: F32
    kind: U8
    quality: F32
    ppi: float = 500.0
    size: tuple[int, int] = (0, 0)
    position: Position = "unknown"

    def __post_init__(self) -> None:
        count = len(self.x)
        for name, dtype in (("x", "f4"), ("y", "f4"), ("angle", "f4"), ("kind", "u1"), ("quality", "f4")):
            values = np.asarray(getattr(self, name), dtype=dtype)
            if values.shape != (count,):
                raise ValueError(f"{name} must be {count} numbers like x, not of shape {values.shape}")
            object.__setattr__(self, name, frozen_copy(values))

    def __len__(self) -> int:
        return len(self.x)

    def __repr__(self) -> str:
        return f"Minutiae({self.position.replace('_', ' ')}, {len(self)} minutiae)"


@dataclass(frozen=True, slots=True, eq=False)
class IrisCode:
    """The binary code of one iris with its mask.

    Attributes
    ----------
    bits : (rows, words) uint64, the code packed along the angle, one row a radius and filter.
    mask : (rows, words) uint64, 1 where the bit is usable.
    angles : number of angular positions that the bits of a row stand for.
    algorithm : name and version of the encoder; codes of different encoders do not compare.
    eye : which eye.
    """

    bits: U64
    mask: U64
    angles: int
    algorithm: str
    eye: Eye = "unknown"

    def __post_init__(self) -> None:
        for name in ("bits", "mask"):
            object.__setattr__(self, name, frozen_copy(np.asarray(getattr(self, name), dtype=np.uint64)))
        if self.bits.shape != self.mask.shape:
            raise ValueError(f"bits {self.bits.shape} and mask {self.mask.shape} must be of one shape")

    def __repr__(self) -> str:
        return f"IrisCode({self.eye} eye, {self.bits.size * 64} bits, {self.algorithm})"
