"""Sets of records from samples: CBEFF, data groups, transactions, and ISO/IEC 39794-5."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from ktpel_capture.quality import Missing, QualityReport
from ktpel_capture.records.coding import Record, encode
from ktpel_capture.records.orders import ENCODINGS, Order, Pairs, origin, quality_of
from ktpel_capture.requests import Unavailable
from ktpel_capture.samples import FingerprintSample, IrisSample, Modality, modality_of


def face_39794(pairs: Pairs, order: Order, *, icao_wrapped: bool = False) -> Record:
    from ktpel_capture.records import face_image_39794 as face, iso39794 as common
    from ktpel_capture.records.der import ExtensionCode

    if order.encoding not in face.IMAGE_FORMAT.names.values():
        raise ValueError(f"ISO/IEC 39794-5 in ICAO's profile holds no {order.encoding}")
    representations = []
    for number, (sample, report) in enumerate(pairs):
        height, width = sample.image.shape[:2]
        captured, _device = origin(sample.capture)
        quality = []
        for block in quality_of(sample, report, order):
            if not (block.vendor and block.algorithm):
                continue  # a registered identifier begins at 1; an unregistered algorithm has no place here
            missing = isinstance(block.score, Missing)
            # an extension block with its fallback is read by the standard's schema and by ICAO's alike
            error = ExtensionCode("failure_to_assess")
            score = ("error", error) if missing else ("score", block.score)
            quality.append(common.QualityBlock(common.RegistryIdBlock(block.vendor, block.algorithm), score))
        image = face.ImageRepresentation2DBlock(
            order.image(sample),
            face.ImageInformation2DBlock(order.encoding, image_size=face.ImageSizeBlock(width, height)),
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


def ansi_nist(pairs: Pairs, order: Order, **facts: Any) -> Record:
    from ktpel_capture.records.ansi_nist_samples import make

    return make(pairs, order, **facts)


_GROUP_OF: Mapping[int, tuple[str, int, bytes]] = MappingProxyType(
    {2: ("19794-5", 2, b"\x00\x08"), 3: ("19794-4", 8, b"\x00\x07"), 4: ("19794-6", 16, b"\x00\x09")}
)
"""By data group: the standard of its records, its biometric type, its format type (ISO/IEC 19785-3)."""


_SUBTYPES: Mapping[str, int] = MappingProxyType(
    {
        f"{side}_{finger}": (1 if side == "right" else 2) | code << 2
        for side in ("right", "left")
        for finger, code in (("thumb", 1), ("index", 2), ("middle", 3), ("ring", 4), ("little", 5))
    }
)
"""CBEFF's biometric subtype octet of a finger: bits 1 and 2 right or left, bits 3 to 5 the finger."""


def data_group(number: int) -> Callable[..., Record]:
    """Each sample in a template of its own, as a record of the 2005 edition."""

    def make(pairs: Pairs, order: Order, **facts: Any) -> Record:
        from ktpel_capture.records.lds import BiometricTemplate, DataGroup
        from ktpel_capture.records.making import from_samples

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


_BLOCK_FORMATS: Mapping[Modality, tuple[str, str, str]] = MappingProxyType(
    {
        "fingerprint": ("19794-4", "7", "Finger"),
        "face": ("19794-5", "8", "Face"),
        "iris": ("19794-6", "9", "Iris"),
        "signature": ("19794-7", "11", "SignatureSign"),
    }
)
"""By modality: the standard of the data block, its CBEFF format identifier, the type's name."""


def cbeff_set(
    pairs: Pairs,
    order: Order,
    *,
    purpose: str = "Enroll",
    organization: str = "",
    created: datetime | None = None,
    others: Mapping[str, str] = MappingProxyType({}),
    namespace: str = "iso",
    others_form: str = "Others",
    image_type: str | None = None,
    unavailable: Sequence[Unavailable] = (),
) -> Record:
    """One data block a sample, and one exception a finger or eye that could not be captured.

    ``namespace`` is ``iso`` or ``oasis`` and ``others_form`` ``Others`` or ``others``, as the three schemas that are
    about want them; ``image_type`` is that of the irises, which say it themselves where none is given. An exception is
    what MOSIP writes: no data block, ``EXCEPTION`` is ``true``, the quality has failed for the reason declared.
    """
    from ktpel_capture.records import cbeff_values as cbeff
    from ktpel_capture.records.making import from_samples

    if namespace not in cbeff.NAMESPACES:
        raise ValueError(f"namespace {namespace!r} is not known; one of {', '.join(cbeff.NAMESPACES)}")
    organization = organization or ("Mosip" if namespace == "iso" else "257")

    children = []
    for sample, report in pairs:
        standard, identifier, kind = _BLOCK_FORMATS[modality_of(sample)]
        encoding = {"19794-7": "raw"}.get(standard, order.encoding)
        facts: dict[str, Any] = {"image_type": image_type} if standard == "19794-6" and image_type else {}
        block = from_samples(
            [sample],
            format=standard,
            encoding=encoding,
            max_bytes=None if ENCODINGS[encoding][1] else order.max_bytes,
            reports=[report],
            identifiers=order.identifiers,
            **facts,
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
    children += [_exception(item, organization, purpose) for item in unavailable]
    root = cbeff.Bir(version=(1, 1), cbeff_version=(1, 1), children=tuple(children))
    return cbeff.CbeffRecord(root, namespace, others_form if others or unavailable else "Others")


def _exception(item: Unavailable, organization: str, purpose: str) -> Any:
    from ktpel_capture.records import cbeff_values as cbeff

    modality: Modality = "iris" if item.position.endswith("_eye") else "fingerprint"
    _standard, identifier, kind = _BLOCK_FORMATS[modality]
    return cbeff.Bir(
        version=(1, 1),
        cbeff_version=(1, 1),
        bdb_info=cbeff.BdbInfo(
            format=cbeff.Registered(organization, identifier),
            encryption=False,
            type=(kind,),
            subtype=cbeff.SUBTYPE_OF_UNAVAILABLE[item.position],
            level="Raw",
            purpose=purpose,
            quality=cbeff.Quality(cbeff.Registered("0", "0"), failure=item.reason),
        ),
        bdb=b"",
        others=((cbeff.EXCEPTION, "true"),),
    )


def _xml_time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _cbeff_quality(report: QualityReport | None, order: Order) -> Any:
    from ktpel_capture.records import cbeff_values as cbeff

    if report is None or not report.scores:
        return None
    score = report.scores[0]
    vendor, algorithm = order.identifiers.get(score.algorithm, (0, 0))
    registered = cbeff.Registered(str(vendor), str(algorithm))
    if isinstance(score.value, Missing):
        return cbeff.Quality(registered, failure=score.value.reason)
    return cbeff.Quality(registered, min(100, max(0, round(score.value))))
