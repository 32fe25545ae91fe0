"""From samples to records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from ktpel_capture.imaging.codecs import ImageFormat, encode_image, encode_within
from ktpel_capture.quality import Missing, QualityReport
from ktpel_capture.records import blocks
from ktpel_capture.records.blocks import CaptureDateTime, CaptureDevice, QualityBlock
from ktpel_capture.records.coding import Record, encode
from ktpel_capture.samples import (
    CaptureInfo,
    FaceSample,
    FingerprintSample,
    Impression,
    IrisSample,
    Modality,
    Sample,
    modality_of,
)
from ktpel_capture.templates import Minutiae

QUALITY_ALGORITHMS: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "NFIQ 2": (0x000F, 0x377D),
        "ktpel-iris": (0, 0x4902),
        "ktpel_face": (0, 0x4903),
        "ktpel-signature": (0, 0x4904),
    }
)
"""(vendor, algorithm) identifiers written into quality blocks.

NIST is registered as 15 with its NFIQ as 0x377D. Our own algorithms are not registered: vendor 0, unspecified, and a
number of ours that only this library understands.
"""

ENCODINGS: Mapping[str, tuple[ImageFormat | None, bool]] = MappingProxyType(
    {
        "raw": (None, True),
        "png": ("png", True),
        "jpeg2000_lossless": ("jpeg2000", True),
        "jpeg2000_lossy": ("jpeg2000", False),
        "jpeg": ("jpeg", False),
        "wsq": ("wsq", False),
    }
)
"""How pixels may be coded in a record: the codec, and whether nothing is lost."""


@dataclass(frozen=True, slots=True)
class _Order:
    """What was asked for, the same for every sample."""

    encoding: str
    max_bytes: int | None
    identifiers: Mapping[str, tuple[int, int]]

    def image(self, sample: FingerprintSample | IrisSample | FaceSample) -> bytes:
        codec, lossless = ENCODINGS[self.encoding]
        if codec is None:
            return sample.image.tobytes()
        if self.max_bytes is not None:
            return encode_within(sample.image, codec, self.max_bytes).data
        ppi = sample.ppi if isinstance(sample, FingerprintSample) else None
        return encode_image(sample.image, codec, ppi=ppi, lossless=lossless and codec != "png")

    def quality(self, report: QualityReport | None) -> tuple[QualityBlock, ...]:
        if report is None:
            return ()
        found = []
        for score in report.scores:
            value = blocks.QUALITY_FAILED if isinstance(score.value, Missing) else min(100, max(0, round(score.value)))
            found.append(QualityBlock(value, *self.identifiers.get(score.algorithm, (0, 0))))
        return tuple(found)


def from_samples(
    samples: Sequence[Sample],
    *,
    format: str,
    edition: int | None = None,
    encoding: str | None = None,
    max_bytes: int | None = None,
    reports: Sequence[QualityReport | None] | None = None,
    identifiers: Mapping[str, tuple[int, int]] = QUALITY_ALGORITHMS,
    **facts: Any,
) -> Record:
    """A record that holds the samples, in their order.

    Parameters
    ----------
    samples : at least one, all of the modality the format is for (CBEFF takes any).
    format : the standard, ``ISO/IEC 19794-4`` or in short ``19794-4``; ``19794-5``, ``-6``, ``-7``, ``cbeff``,
        ``39794-5``, ``an2k``.
    edition : year; the latest known one where not given.
    encoding : how the pixels are coded, see `ENCODINGS`; lossless JPEG 2000 where not given.
    max_bytes : greatest length of one coded image; only for lossy encodings.
    reports : quality reports of the samples; their scores go into the quality blocks, a Missing one as "failed".
    identifiers : (vendor, algorithm) registered for the names of quality algorithms.
    facts : what else the format holds and takes here, named in its own ``make`` function.

    Raises
    ------
    ValueError : a format, edition or encoding that is not known, samples that do not belong into it.
    """
    known = _FORMATS.get(format.lower().removeprefix("iso/iec ").removeprefix("ansi/nist-itl").strip() or "an2k")
    if known is None:
        raise ValueError(f"format {format!r} is not known; one of {', '.join(_FORMATS)}")
    modality, editions, usual = known
    edition = max((year for year in editions if year is not None), default=None) if edition is None else edition
    if edition not in editions:
        raise ValueError(f"edition {edition} of {format} is not known; one of {', '.join(map(str, editions))}")
    if not samples:
        raise ValueError("a record holds at least one sample")
    if reports is None:
        reports = [None] * len(samples)
    if len(reports) != len(samples):
        raise ValueError(f"{len(samples)} samples need as many reports, not {len(reports)}")
    for sample in samples:
        if modality is not None and modality_of(sample) != modality:
            raise ValueError(f"{format} holds {modality} samples, not {modality_of(sample)}")
    encoding = usual if encoding is None else encoding
    if encoding not in ENCODINGS:
        raise ValueError(f"encoding {encoding!r} is not known; one of {', '.join(ENCODINGS)}")
    if max_bytes is not None and ENCODINGS[encoding][1]:
        raise ValueError(f"{encoding} cannot be held to a number of bytes; name a lossy encoding")
    order = _Order(encoding, max_bytes, identifiers)
    maker = editions[edition]
    return maker(list(zip(samples, reports, strict=True)), order, **facts)


_Pairs = Sequence[tuple[Any, QualityReport | None]]


def _origin(capture: CaptureInfo | None) -> tuple[CaptureDateTime, CaptureDevice]:
    if capture is None:
        return blocks.UNKNOWN_TIME, blocks.UNSPECIFIED_DEVICE
    stated = capture.reported.get("capture_device")
    if not isinstance(stated, Mapping):
        return CaptureDateTime.of(capture.at), blocks.UNSPECIFIED_DEVICE
    parts = [stated.get(name, 0) for name in ("technology", "vendor", "type")]
    device = CaptureDevice(*parts) if all(isinstance(part, int) for part in parts) else blocks.UNSPECIFIED_DEVICE
    return CaptureDateTime.of(capture.at), device


def _carried(capture: CaptureInfo | None) -> tuple[QualityBlock, ...]:
    """Quality blocks that a sample brought along from a record."""
    if capture is None or not isinstance(capture.reported.get("quality"), (list, tuple)):
        return ()
    found = []
    for block in capture.reported["quality"]:
        if isinstance(block, Mapping) and {"score", "vendor", "algorithm"} <= set(block):
            score = blocks.QUALITY_FAILED if block["score"] is None else block["score"]
            found.append(QualityBlock(score, block["vendor"], block["algorithm"]))
    return tuple(found)


def _quality(sample: Sample, report: QualityReport | None, order: _Order) -> tuple[QualityBlock, ...]:
    return _carried(sample.capture) if report is None else order.quality(report)


def _whole_ppi(sample: FingerprintSample) -> int:
    return max(1, min(65535, round(sample.ppi)))


def _finger_2011(pairs: _Pairs, order: _Order) -> Record:
    from ktpel_capture.records.finger_codes import COMPRESSION_2011, IMPRESSION_2011, record_impression
    from ktpel_capture.records.finger_image_2011 import FingerImageRecord2011, FingerImageRepresentation

    COMPRESSION_2011.code(order.encoding)
    seen: Counter[str] = Counter()
    representations = []
    for sample, report in pairs:
        height, width = sample.image.shape
        rate = _whole_ppi(sample), _whole_ppi(sample)
        captured, device = _origin(sample.capture)
        representations.append(
            FingerImageRepresentation(
                sample.position,
                record_impression(sample.impression, IMPRESSION_2011),
                order.encoding,
                width,
                height,
                order.image(sample),
                seen[sample.position],
                scan_sampling_rate=rate,
                image_sampling_rate=rate,
                captured=captured,
                device=device,
                quality=_quality(sample, report, order),
            )
        )
        seen[sample.position] += 1
    return FingerImageRecord2011(tuple(representations))


def _finger_2005(pairs: _Pairs, order: _Order) -> Record:
    from ktpel_capture.records.finger_codes import COMPRESSION_2005, IMPRESSION_2005, record_impression
    from ktpel_capture.records.finger_image_2005 import QUALITY_UNDEFINED, FingerImageRecord2005, FingerImageView

    compression = "jpeg2000" if order.encoding.startswith("jpeg2000") else order.encoding
    COMPRESSION_2005.code(compression)
    rates = {_whole_ppi(sample) for sample, _ in pairs}
    if len(rates) > 1:
        raise ValueError(f"a 2005 finger record has one resolution, the samples have {sorted(rates)} ppi")
    views = Counter(sample.position for sample, _ in pairs)
    seen: Counter[str] = Counter()
    images = []
    for sample, report in pairs:
        seen[sample.position] += 1
        height, width = sample.image.shape
        quality = _quality(sample, report, order)
        images.append(
            FingerImageView(
                sample.position,
                record_impression(sample.impression, IMPRESSION_2005),
                width,
                height,
                order.image(sample),
                quality[0].score if quality and not isinstance(quality[0].score, Missing) else QUALITY_UNDEFINED,
                views[sample.position],
                seen[sample.position],
            )
        )
    rate = rates.pop()
    level = 31 if rate < 750 else 35 if rate < 1000 else 41
    if rate < 490:
        level = 20 if rate >= 245 else 10
    resolution = rate, rate
    return FingerImageRecord2005(
        tuple(images), compression, acquisition_level=level, scan_resolution=resolution, image_resolution=resolution
    )


def _iris_2011(pairs: _Pairs, order: _Order, *, image_type: str | None = None) -> Record:
    from ktpel_capture.records.iris_image_2011 import IrisImageRecord2011, IrisImageRepresentation

    form = {"raw": "mono_raw", "png": "mono_png", "jpeg": "mono_jpeg"}.get(order.encoding, "mono_jpeg2000")
    if order.encoding == "wsq":
        raise ValueError("an iris record holds no WSQ")
    representations = []
    for number, (sample, report) in enumerate(pairs, 1):
        height, width = sample.image.shape
        captured, device = _origin(sample.capture)
        representations.append(
            IrisImageRepresentation(
                sample.eye,
                image_type or ("vga" if (width, height) == (640, 480) else "uncropped"),
                form,
                width,
                height,
                order.image(sample),
                number,
                "base",
                "base",
                "lossless_or_none" if ENCODINGS[order.encoding][1] else "lossy",
                captured=captured,
                device=CaptureDevice(min(device.technology, 1), device.vendor, device.type),
                quality=_quality(sample, report, order),
            )
        )
    eyes = {sample.eye for sample, _ in pairs}
    return IrisImageRecord2011(tuple(representations), 0 if "unknown" in eyes else len(eyes))


def _iris_2005(pairs: _Pairs, order: _Order) -> Record:
    from ktpel_capture.records.iris_image_2005 import (
        QUALITY_UNDEFINED,
        IrisImage2005,
        IrisImageRecord2005,
        IrisSubtype2005,
    )

    form = {"raw": "mono_raw", "jpeg": "mono_jpeg"}.get(order.encoding, "mono_jpeg2000")
    if order.encoding in ("wsq", "png"):
        raise ValueError(f"a 2005 iris record holds no {order.encoding}")
    sizes = {sample.image.shape for sample, _ in pairs}
    if len(sizes) > 1:
        raise ValueError("a 2005 iris record has one image size, the samples have several")
    height, width = sizes.pop()
    images: dict[str, list[IrisImage2005]] = {}
    for sample, report in pairs:
        quality = _quality(sample, report, order)
        of_eye = images.setdefault(sample.eye, [])
        of_eye.append(
            IrisImage2005(order.image(sample), len(of_eye) + 1, quality[0].score if quality else QUALITY_UNDEFINED)
        )
    if len(images) > 2:
        raise ValueError("a 2005 iris record holds at most two eyes")
    subtypes = tuple(IrisSubtype2005(eye, tuple(found)) for eye, found in images.items())
    return IrisImageRecord2005(
        subtypes, form, width, height, horizontal_orientation="base", vertical_orientation="base"
    )


def _face_2011(pairs: _Pairs, order: _Order, *, face_image_type: str = "basic") -> Record:
    from ktpel_capture.records.face_codes import DATA_TYPE_2011
    from ktpel_capture.records.face_image_2011 import FaceImageRecord2011, FaceImageRepresentation

    DATA_TYPE_2011.code(order.encoding)
    representations = []
    for sample, report in pairs:
        height, width = sample.image.shape[:2]
        captured, device = _origin(sample.capture)
        representations.append(
            FaceImageRepresentation(
                face_image_type,
                order.encoding,
                width,
                height,
                order.image(sample),
                captured=captured,
                device=device,
                quality=_quality(sample, report, order),
            )
        )
    return FaceImageRecord2011(tuple(representations), 0 if len(pairs) == 1 else 1)


def _face_2005(pairs: _Pairs, order: _Order, *, face_image_type: str = "basic") -> Record:
    from ktpel_capture.records.face_image_2005 import FaceImage2005, FaceImageRecord2005

    form = {"jpeg": "jpeg", "jpeg2000_lossy": "jpeg2000", "jpeg2000_lossless": "jpeg2000"}.get(order.encoding)
    if form is None:
        raise ValueError(f"a 2005 face record holds no {order.encoding}")
    images = []
    for sample, report in pairs:
        height, width = sample.image.shape[:2]
        quality = _quality(sample, report, order)
        score = quality[0].score if quality else 0
        images.append(
            FaceImage2005(
                face_image_type,
                form,
                width,
                height,
                order.image(sample),
                quality=0 if isinstance(score, Missing) else score,
                device_type=_origin(sample.capture)[1].type,
            )
        )
    return FaceImageRecord2005(tuple(images))


def _face_39794(pairs: _Pairs, order: _Order, *, icao_wrapped: bool = False) -> Record:
    from ktpel_capture.records import face_image_39794 as face, iso39794 as common

    if order.encoding not in face.IMAGE_FORMAT.names.values():
        raise ValueError(f"ISO/IEC 39794-5 in ICAO's profile holds no {order.encoding}")
    representations = []
    for number, (sample, report) in enumerate(pairs):
        height, width = sample.image.shape[:2]
        captured, _device = _origin(sample.capture)
        quality = []
        for block in _quality(sample, report, order):
            if not (block.vendor and block.algorithm):
                continue  # a registered identifier begins at 1; an unregistered algorithm has no place here
            missing = isinstance(block.score, Missing)
            score = ("error", "failure_to_assess") if missing else ("score", block.score)
            quality.append(common.QualityBlock(common.RegistryIdBlock(block.vendor, block.algorithm), score))
        image = face.ImageRepresentation2DBlock(
            order.image(sample),
            face.ImageInformation2DBlock(
                order.encoding, image_size=face.ImageSizeBlock(width, height), colour_space="rgb_24_bit"
            ),
        )
        at = captured
        representations.append(
            face.RepresentationBlock(
                number,
                ("base", ("image_2d", image)),
                captured=None
                if at.year is None
                else common.DateTimeBlock(at.year, at.month, at.day, at.hour, at.minute, at.second, at.millisecond),
                quality=tuple(quality) or None,
            )
        )
    return face.FaceImageDataBlock(common.VersionBlock(3, 2019), tuple(representations), icao_wrapped=icao_wrapped)


def _ansi_nist(pairs: _Pairs, order: _Order, **facts: Any) -> Record:
    from ktpel_capture.records.ansi_nist_samples import make

    return make(pairs, order, **facts)


_GROUP_OF: Mapping[int, tuple[str, int, bytes]] = MappingProxyType(
    {2: ("19794-5", 2, b"\x00\x08"), 3: ("19794-4", 8, b"\x00\x07"), 4: ("19794-6", 16, b"\x00\x09")}
)
"""By data group: the standard of its records, its biometric type, its format type (ISO/IEC 19785-3)."""


def _data_group(number: int) -> Callable[..., Record]:
    """Each sample in a template of its own, as a record of the 2005 edition."""

    def make(pairs: _Pairs, order: _Order, **facts: Any) -> Record:
        from ktpel_capture.records.lds import BiometricTemplate, DataGroup

        standard, kind, form = _GROUP_OF[number]
        templates = []
        for sample, report in pairs:
            record = from_samples(
                [sample],
                format=standard,
                edition=2005,
                encoding=order.encoding,
                max_bytes=order.max_bytes,
                reports=[report],
                identifiers=order.identifiers,
                **facts,
            )
            subtype = 0
            if isinstance(sample, FingerprintSample):
                subtype = _SUBTYPES.get(sample.position, 0)
            elif isinstance(sample, IrisSample):
                subtype = {"right": 1, "left": 2}.get(sample.eye, 0)
            header = (
                (0x80, b"\x01\x01"),
                (0x81, bytes((kind,))),
                (0x82, bytes((subtype,))),
                (0x87, b"\x01\x01"),
                (0x88, form),
            )
            templates.append(BiometricTemplate(header, encode(record)))
        return DataGroup(number, tuple(templates))

    return make


_SUBTYPES: Mapping[str, int] = MappingProxyType(
    {
        f"{side}_{finger}": (1 if side == "right" else 2) | code << 2
        for side in ("right", "left")
        for finger, code in (("thumb", 1), ("index", 2), ("middle", 3), ("ring", 4), ("little", 5))
    }
)
"""CBEFF's biometric subtype octet of a finger: bits 1 and 2 right or left, bits 3 to 5 the finger."""


def _signature(pairs: _Pairs, order: _Order) -> Record:
    from ktpel_capture.records.signature_series import from_sample

    if len(pairs) > 1:
        raise ValueError("a signature record holds one signature")
    return from_sample(pairs[0][0])


_BLOCK_FORMATS: Mapping[Modality, tuple[str, str, str]] = MappingProxyType(
    {
        "fingerprint": ("19794-4", "7", "Finger"),
        "face": ("19794-5", "8", "Face"),
        "iris": ("19794-6", "9", "Iris"),
        "signature": ("19794-7", "11", "SignatureSign"),
    }
)
"""By modality: the standard of the data block, its CBEFF format identifier, the type's name."""


def _cbeff(
    pairs: _Pairs,
    order: _Order,
    *,
    purpose: str = "Enroll",
    organization: str = "Mosip",
    created: datetime | None = None,
    others: Mapping[str, str] = MappingProxyType({}),
) -> Record:
    from ktpel_capture.records import cbeff_values as cbeff

    children = []
    for sample, report in pairs:
        standard, identifier, kind = _BLOCK_FORMATS[modality_of(sample)]
        encoding = {"19794-7": "raw"}.get(standard, order.encoding)
        block = from_samples(
            [sample],
            format=standard,
            encoding=encoding,
            max_bytes=None if ENCODINGS[encoding][1] else order.max_bytes,
            reports=[report],
            identifiers=order.identifiers,
        )
        at = created or (None if sample.capture is None else sample.capture.at)
        subtype: tuple[str, ...] = ()
        if isinstance(sample, FingerprintSample):
            subtype = cbeff.SUBTYPE_OF_FINGER.get(sample.position, ())
        elif isinstance(sample, IrisSample) and sample.eye != "unknown":
            subtype = (sample.eye.title(),)
        children.append(
            cbeff.Bir(
                version=(1, 1),
                cbeff_version=(1, 1),
                bdb_info=cbeff.BdbInfo(
                    format=cbeff.Registered(organization, identifier),
                    encryption=False,
                    creation_date=None if at is None else _xml_time(at),
                    type=(kind,),
                    subtype=subtype,
                    level="Raw",
                    purpose=purpose,
                    quality=_cbeff_quality(report, order),
                ),
                bdb=encode(block),
                others=tuple(others.items()),
            )
        )
    return cbeff.CbeffRecord(cbeff.Bir(version=(1, 1), cbeff_version=(1, 1), children=tuple(children)))


def _xml_time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _cbeff_quality(report: QualityReport | None, order: _Order) -> Any:
    from ktpel_capture.records import cbeff_values as cbeff

    if report is None or not report.scores:
        return None
    score = report.scores[0]
    vendor, algorithm = order.identifiers.get(score.algorithm, (0, 0))
    registered = cbeff.Registered(str(vendor), str(algorithm))
    if isinstance(score.value, Missing):
        return cbeff.Quality(registered, failure=score.value.reason)
    return cbeff.Quality(registered, min(100, max(0, round(score.value))))


_FORMATS: dict[str, tuple[Modality | None, dict[int | None, Callable[..., Record]], str]] = {
    "19794-4": ("fingerprint", {2005: _finger_2005, 2011: _finger_2011}, "jpeg2000_lossless"),
    "19794-5": ("face", {2005: _face_2005, 2011: _face_2011}, "jpeg2000_lossless"),
    "19794-6": ("iris", {2005: _iris_2005, 2011: _iris_2011}, "jpeg2000_lossless"),
    "19794-7": ("signature", {2007: _signature}, "raw"),
    "39794-5": ("face", {2019: _face_39794}, "jpeg2000_lossless"),
    "dg2": ("face", {None: _data_group(2)}, "jpeg2000_lossless"),
    "dg3": ("fingerprint", {None: _data_group(3)}, "jpeg2000_lossless"),
    "dg4": ("iris", {None: _data_group(4)}, "jpeg2000_lossless"),
    "an2k": (None, {None: _ansi_nist}, "jpeg2000_lossless"),
    "cbeff": (None, {None: _cbeff}, "jpeg2000_lossless"),
}


def from_minutiae(
    templates: Sequence[Minutiae],
    *,
    edition: int = 2011,
    impression: Impression = "unknown",
    quality: int | None = None,
    captured: datetime | None = None,
) -> Record:
    """A finger minutiae record (ISO/IEC 19794-2) that holds the templates, in their order.

    Positions are rounded to whole pixels, angles to 256ths of a turn, qualities to whole percents; of more than 255
    minutiae the surest are kept.

    Parameters
    ----------
    templates : at least one; their ``size`` must be known.
    edition : 2005 or 2011.
    impression : how the prints were taken.
    quality : 0..100 of every finger, where known; an unknown one is written as failed in 2011 and as 0 in 2005.
    captured : when.

    Raises
    ------
    ValueError : an unknown edition, no template, a size that is not known or too large; in 2005 sizes or resolutions
        that differ.
    """
    from ktpel_capture.records import finger_minutiae_2005 as old, finger_minutiae_2011 as new
    from ktpel_capture.records.finger_codes import IMPRESSION_2005, IMPRESSION_2011, record_impression
    from ktpel_capture.records.minutiae_values import from_template

    if edition not in (2005, 2011):
        raise ValueError(f"edition {edition} of ISO/IEC 19794-2 is not known; one of 2005, 2011")
    if not templates:
        raise ValueError("a record holds at least one finger")
    for template in templates:
        if not all(1 <= side <= 16384 for side in template.size):
            raise ValueError(f"a minutiae record needs the image's size, 1..16384 px, not {template.size}")
    seen: Counter[str] = Counter()
    representations, views = [], []
    for template in templates:
        number = seen[template.position]
        seen[template.position] += 1
        rate = max(1, round(template.ppi / 2.54))
        if edition == 2011:
            score = blocks.QUALITY_FAILED if quality is None else quality
            representations.append(
                new.FingerMinutiaeRepresentation(
                    template.position,
                    record_impression(impression, IMPRESSION_2011),
                    template.size,
                    from_template(template, 0),
                    representation_number=number,
                    sampling_rate=(rate, rate),
                    captured=CaptureDateTime.of(captured),
                    quality=(QualityBlock(score),),
                )
            )
        else:
            impression_type = record_impression(impression, IMPRESSION_2005)
            views.append(
                old.FingerMinutiaeView(
                    template.position, impression_type, from_template(template, 1), quality or 0, number
                )
            )
    if edition == 2011:
        return new.FingerMinutiaeRecord2011(tuple(representations))
    if len({(template.size, round(template.ppi / 2.54)) for template in templates}) > 1:
        raise ValueError("a 2005 minutiae record has one image size and one resolution, the templates have several")
    return old.FingerMinutiaeRecord2005(tuple(views), templates[0].size, (rate, rate))
