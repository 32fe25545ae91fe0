"""Records of ISO/IEC 19794 from samples."""

from __future__ import annotations

from collections import Counter

from ktpel_capture.quality import Missing
from ktpel_capture.records.blocks import CaptureDevice
from ktpel_capture.records.coding import Record
from ktpel_capture.records.orders import ENCODINGS, Order, Pairs, origin, quality_of, whole_ppi


def finger_2011(pairs: Pairs, order: Order) -> Record:
    from ktpel_capture.records.finger_codes import COMPRESSION_2011, IMPRESSION_2011, record_impression
    from ktpel_capture.records.finger_image_2011 import FingerImageRecord2011, FingerImageRepresentation

    COMPRESSION_2011.code(order.encoding)
    seen: Counter[str] = Counter()
    representations = []
    for sample, report in pairs:
        height, width = sample.image.shape
        rate = whole_ppi(sample), whole_ppi(sample)
        captured, device = origin(sample.capture)
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
                quality=quality_of(sample, report, order),
            )
        )
        seen[sample.position] += 1
    return FingerImageRecord2011(tuple(representations))


def finger_2005(pairs: Pairs, order: Order) -> Record:
    from ktpel_capture.records.finger_codes import COMPRESSION_2005, IMPRESSION_2005, record_impression
    from ktpel_capture.records.finger_image_2005 import QUALITY_UNDEFINED, FingerImageRecord2005, FingerImageView

    compression = "jpeg2000" if order.encoding.startswith("jpeg2000") else order.encoding
    COMPRESSION_2005.code(compression)
    rates = {whole_ppi(sample) for sample, _ in pairs}
    if len(rates) > 1:
        raise ValueError(f"a 2005 finger record has one resolution, the samples have {sorted(rates)} ppi")
    views = Counter(sample.position for sample, _ in pairs)
    seen: Counter[str] = Counter()
    images = []
    for sample, report in pairs:
        seen[sample.position] += 1
        height, width = sample.image.shape
        quality = quality_of(sample, report, order)
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


def iris_2011(pairs: Pairs, order: Order, *, image_type: str | None = None) -> Record:
    from ktpel_capture.records.iris_codes import image_type_of
    from ktpel_capture.records.iris_image_2011 import IrisImageRecord2011, IrisImageRepresentation

    form = {"raw": "mono_raw", "png": "mono_png", "jpeg": "mono_jpeg"}.get(order.encoding, "mono_jpeg2000")
    if order.encoding == "wsq":
        raise ValueError("an iris record holds no WSQ")
    representations = []
    for number, (sample, report) in enumerate(pairs, 1):
        height, width = sample.image.shape
        captured, device = origin(sample.capture)
        representations.append(
            IrisImageRepresentation(
                sample.eye,
                image_type or image_type_of(sample),
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
                quality=quality_of(sample, report, order),
            )
        )
    eyes = {sample.eye for sample, _ in pairs}
    return IrisImageRecord2011(tuple(representations), 0 if "unknown" in eyes else len(eyes))


def iris_2005(pairs: Pairs, order: Order) -> Record:
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
        quality = quality_of(sample, report, order)
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


def face_2011(pairs: Pairs, order: Order, *, face_image_type: str = "basic") -> Record:
    from ktpel_capture.records.face_codes import DATA_TYPE_2011
    from ktpel_capture.records.face_image_2011 import FaceImageRecord2011, FaceImageRepresentation

    DATA_TYPE_2011.code(order.encoding)
    representations = []
    for sample, report in pairs:
        height, width = sample.image.shape[:2]
        captured, device = origin(sample.capture)
        representations.append(
            FaceImageRepresentation(
                face_image_type,
                order.encoding,
                width,
                height,
                order.image(sample),
                captured=captured,
                device=device,
                quality=quality_of(sample, report, order),
            )
        )
    return FaceImageRecord2011(tuple(representations), 0 if len(pairs) == 1 else 1)


def face_2005(pairs: Pairs, order: Order, *, face_image_type: str = "basic") -> Record:
    from ktpel_capture.records.face_image_2005 import FaceImage2005, FaceImageRecord2005

    form = {"jpeg": "jpeg", "jpeg2000_lossy": "jpeg2000", "jpeg2000_lossless": "jpeg2000"}.get(order.encoding)
    if form is None:
        raise ValueError(f"a 2005 face record holds no {order.encoding}")
    images = []
    for sample, report in pairs:
        height, width = sample.image.shape[:2]
        quality = quality_of(sample, report, order)
        score = quality[0].score if quality else 0
        images.append(
            FaceImage2005(
                face_image_type,
                form,
                width,
                height,
                order.image(sample),
                quality=0 if isinstance(score, Missing) else score,
                device_type=origin(sample.capture)[1].type,
            )
        )
    return FaceImageRecord2005(tuple(images))


def signature(pairs: Pairs, order: Order) -> Record:
    from ktpel_capture.records.signature_series import from_sample

    if len(pairs) > 1:
        raise ValueError("a signature record holds one signature")
    return from_sample(pairs[0][0])
