"""What a JPEG 2000 file says of itself, read without decoding a pixel.

Sources: ISO/IEC 15444-1, annexes A (code-stream markers) and I (JP2 boxes).
"""

from __future__ import annotations

from dataclasses import dataclass

JP2_SIGNATURE = b"\x00\x00\x00\x0cjP  \r\n\x87\n"
SOC_SIZ = b"\xff\x4f\xff\x51"
EOC = b"\xff\xd9"


@dataclass(frozen=True, slots=True)
class CodestreamHeader:
    """The main header of a code-stream.

    Attributes
    ----------
    width, height : of the image area on the reference grid.
    components : colour components, 1 for grey.
    depth : bits of the deepest component.
    reversible : the 5-3 wavelet, which alone allows lossless coding (None: no COD marker was found).
    complete : the code-stream ends with its end marker.
    """

    width: int
    height: int
    components: int
    depth: int
    reversible: bool | None
    complete: bool


def codestream_of(data: bytes) -> bytes | None:
    """The contiguous code-stream of a JP2 file, the bytes themselves where they are one; None where there is none."""
    if data[:4] == SOC_SIZ:
        return data
    at = 0
    while at + 8 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        head = 8
        if length == 1:
            length, head = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        elif length == 0:
            length = len(data) - at
        if length < head:
            return None
        if data[at + 4 : at + 8] == b"jp2c":
            return data[at + head : at + length]
        at += length
    return None


def read_codestream_header(data: bytes) -> CodestreamHeader | None:
    """The main header of a JP2 file or a bare code-stream; None where it is damaged."""
    stream = codestream_of(data)
    if stream is None or stream[:4] != SOC_SIZ or len(stream) < 42:
        return None
    x1, y1, x0, y0 = (int.from_bytes(stream[at : at + 4], "big") for at in (8, 12, 16, 20))
    components = int.from_bytes(stream[40:42], "big")
    if len(stream) < 42 + 3 * components or not components or x1 <= x0 or y1 <= y0:
        return None
    depth = max((stream[42 + 3 * number] & 0x7F) + 1 for number in range(components))
    return CodestreamHeader(
        x1 - x0, y1 - y0, components, depth, _reversible(stream), stream.rstrip(b"\x00")[-2:] == EOC
    )


def _reversible(stream: bytes) -> bool | None:
    at = 2
    while at + 4 <= len(stream):
        marker = stream[at : at + 2]
        length = int.from_bytes(stream[at + 2 : at + 4], "big")
        if marker == b"\xff\x52" and at + 14 <= len(stream):  # COD: the transformation is its last fixed octet
            return stream[at + 13] == 1
        if marker[0] != 0xFF or marker == b"\xff\x90" or length < 2:  # SOT: the main header is over
            return None
        at += 2 + length
    return None
