"""From samples and templates to records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from ktpel_capture.quality import QualityReport
from ktpel_capture.records import blocks, making_19794, making_sets
from ktpel_capture.records.blocks import CaptureDateTime, QualityBlock
from ktpel_capture.records.coding import Record
from ktpel_capture.records.orders import ENCODINGS, QUALITY_ALGORITHMS, Order
from ktpel_capture.samples import Impression, Modality, Sample, modality_of
from ktpel_capture.templates import Minutiae


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
    order = Order(encoding, max_bytes, identifiers)
    maker = editions[edition]
    return maker(list(zip(samples, reports, strict=True)), order, **facts)


_FORMATS: dict[str, tuple[Modality | None, dict[int | None, Callable[..., Record]], str]] = {
    "19794-4": ("fingerprint", {2005: making_19794.finger_2005, 2011: making_19794.finger_2011}, "jpeg2000_lossless"),
    "19794-5": ("face", {2005: making_19794.face_2005, 2011: making_19794.face_2011}, "jpeg2000_lossless"),
    "19794-6": ("iris", {2005: making_19794.iris_2005, 2011: making_19794.iris_2011}, "jpeg2000_lossless"),
    "19794-7": ("signature", {2007: making_19794.signature}, "raw"),
    "39794-5": ("face", {2019: making_sets.face_39794}, "jpeg2000_lossless"),
    "dg2": ("face", {None: making_sets.data_group(2)}, "jpeg2000_lossless"),
    "dg3": ("fingerprint", {None: making_sets.data_group(3)}, "jpeg2000_lossless"),
    "dg4": ("iris", {None: making_sets.data_group(4)}, "jpeg2000_lossless"),
    "an2k": (None, {None: making_sets.ansi_nist}, "jpeg2000_lossless"),
    "cbeff": (None, {None: making_sets.cbeff_set}, "jpeg2000_lossless"),
}


def from_minutiae(
    templates: Sequence[Minutiae],
    *,
    format: str = "19794-2",
    edition: int = 2011,
    impression: Impression = "unknown",
    quality: int | None = None,
    captured: datetime | None = None,
) -> Record:
    """A finger minutiae record that holds the templates, in their order.

    Positions are rounded to whole pixels, angles to 256ths of a turn, qualities to whole percents; of more than 255
    minutiae the surest are kept. ANSI/NIST-ITL keeps all, and angles in steps of two degrees (one in 2007).

    Parameters
    ----------
    templates : at least one; their ``size`` must be known.
    format : ``19794-2`` (ISO/IEC) or ``an2k`` (type 9 records of ANSI/NIST-ITL).
    edition : 2005 or 2011 of ISO/IEC 19794-2; 2007 (the standard's own fields) or 2011 (the block of INCITS 378) of
        ANSI/NIST-ITL.
    impression : how the prints were taken.
    quality : 0..100 of every finger, where known; an unknown one is written as failed in 2011 and as 0 in 2005.
    captured : when.

    Raises
    ------
    ValueError : an unknown format or edition, no template, a size that is not known or too large; in 2005 sizes or
        resolutions that differ.
    """
    from ktpel_capture.records import finger_minutiae_2005 as old, finger_minutiae_2011 as new
    from ktpel_capture.records.finger_codes import IMPRESSION_2005, IMPRESSION_2011, record_impression
    from ktpel_capture.records.minutiae_values import from_template

    editions = {"19794-2": (2005, 2011), "an2k": (2007, 2011)}.get(format.lower().removeprefix("iso/iec "))
    if editions is None:
        raise ValueError(f"format {format!r} holds no minutiae; one of 19794-2, an2k")
    if edition not in editions:
        raise ValueError(f"edition {edition} of {format} is not known; one of {', '.join(map(str, editions))}")
    if not templates:
        raise ValueError("a record holds at least one finger")
    for template in templates:
        if not all(1 <= side <= 16384 for side in template.size):
            raise ValueError(f"a minutiae record needs the image's size, 1..16384 px, not {template.size}")
    if format.lower() == "an2k":
        from ktpel_capture.records.ansi_nist_minutiae import make

        return make(templates, edition, impression, quality, captured)
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
