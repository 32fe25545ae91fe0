"""The one door to image codecs: bytes to pixels and back, for files and for the images inside records.

Nothing is decoded before its header was read and its size allowed; nothing but `ImageError` comes out of it, no warning
and no line on stderr. Every conversion that changes what a pixel means is named, as a key of the message catalogue
``edit``.
"""

from __future__ import annotations

import io
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np

from ktpel_capture.arrays import U8
from ktpel_capture.errors import ImageError
from ktpel_capture.imaging import wsq
from ktpel_capture.imaging.jpeg2000 import JP2_SIGNATURE, SOC_SIZ, read_codestream_header
from ktpel_capture.imaging.wsq_encoding import USUAL_RATE

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

ImageFormat: TypeAlias = Literal["png", "jpeg", "bmp", "pnm", "tiff", "jpeg2000", "wsq"]
FORMATS: tuple[ImageFormat, ...] = get_args(ImageFormat)

MAX_PIXELS = 128_000_000
"""A larger image is refused before it is decoded."""
MIN_SIDE = 2
MAX_PAGES = 100
MAX_JPEG_SCANS = 1000
"""A progressive JPEG with more scans is refused: real ones hold about ten, each costs a pass over the whole image."""

_MAGIC: tuple[tuple[bytes, ImageFormat], ...] = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"BM", "bmp"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"II+\x00", "tiff"),
    (b"MM\x00+", "tiff"),
    (JP2_SIGNATURE, "jpeg2000"),
    (SOC_SIZ, "jpeg2000"),
    (b"\xff\xa0", "wsq"),
)
_STRANGERS = (
    (0, b"GIF8", "GIF"),
    (8, b"WEBP", "WebP"),
    (4, b"ftypavif", "AVIF"),
    (4, b"ftyphei", "HEIC"),
    (4, b"ftypmif1", "HEIC"),
    (0, b"8BPS", "Photoshop"),
    (0, b"%PDF", "PDF"),
    (0, b"\x00\x00\x01\x00", "icon"),
    (0, b"PK\x03\x04", "ZIP archive"),
)
_EXPECTED = "PNG, JPEG, BMP, PGM, TIFF, JPEG 2000 or WSQ"


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """What an encoded image says of itself before it is decoded.

    Attributes
    ----------
    format : how it is encoded.
    width, height : pixels, as stored (before any EXIF rotation).
    channels : 1 grey, 3 or more colour.
    depth : bits of a channel.
    ppi : pixels per inch (across, down) as the file states it, None where it does not; unchecked.
    lossless : whether the encoding loses nothing; None where that cannot be told (JPEG 2000 with the reversible
        wavelet counts as lossless, though it may have been cut to a rate).
    """

    format: ImageFormat
    width: int
    height: int
    channels: int
    depth: int
    ppi: tuple[float, float] | None
    lossless: bool | None


@dataclass(frozen=True, slots=True, eq=False)
class DecodedImage:
    """Pixels that came through the door.

    Attributes
    ----------
    pixels : (height, width) grey or (height, width, 3) RGB uint8, upright.
    header : what the encoded image said of itself.
    edits : what was done to the pixels, keys of the message catalogue.
    """

    pixels: U8
    header: ImageHeader
    edits: tuple[str, ...]

    @property
    def ppi(self) -> tuple[float, float] | None:
        """Resolution (across, down) of the upright pixels."""
        return self.header.ppi

    def __repr__(self) -> str:
        height, width = self.pixels.shape[:2]
        return f"DecodedImage({self.header.format}, {width}x{height} px)"


def format_of(data: bytes) -> ImageFormat | None:
    """Which image format the bytes begin like; None for none that is read here."""
    for magic, name in _MAGIC:
        if data.startswith(magic):
            return name
    if data[:1] == b"P" and data[1:2] in b"123456" and data[2:3].isspace():
        return "pnm"
    return None


def read_header(data: bytes) -> ImageHeader:
    """Size, depth and resolution of an encoded image, without decoding it.

    Raises
    ------
    ImageError : no known format, damaged, too small or too large.
    """
    return _describe(data)[0]


def page_count(data: bytes) -> int:
    """How many images a file holds: the pages of a TIFF, at most `MAX_PAGES`; 1 for every other format.

    Raises
    ------
    ImageError : as `read_header`.
    """
    header, picture = _describe(data)
    if header.format != "tiff" or picture is None:
        return 1
    with _as_image_error(header.format), _quiet, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for page in range(1, MAX_PAGES):
            try:
                picture.seek(page)
            except EOFError:
                return page
    return MAX_PAGES


def decode_image(data: bytes, page: int = 0) -> DecodedImage:
    """Grey or RGB pixels of an encoded image, turned upright; ``page`` chooses one of a TIFF with several.

    16-bit, palette, transparent, CMYK and bilevel images are converted and the conversions named in ``edits``.

    Raises
    ------
    ImageError : no known format, truncated, damaged, or refused for its size.
    """
    header, picture = _describe(data, page)
    if header.format == "wsq":
        return DecodedImage(wsq.decode(data), header, ())
    assert picture is not None
    _refuse_truncated(header, data)
    edits: list[str] = []
    with _as_image_error(header.format):
        orientation = _orientation(picture)
        picture.load()
    pixels = _to_eight_bits(picture, header, edits)
    if header.format != "tiff":  # Pillow turns a TIFF itself while loading
        pixels = _upright(pixels, orientation)
    if orientation != 1:
        edits.append("edit.exif_rotated")
        if orientation >= 5 and header.ppi is not None:
            header = _turned(header)
    return DecodedImage(pixels, header, tuple(edits))


def encode_image(
    pixels: U8,
    format: ImageFormat,
    *,
    ppi: float | None = None,
    quality: int = 95,
    ratio: float | None = None,
    lossless: bool = False,
) -> bytes:
    """Encode grey or RGB pixels.

    Parameters
    ----------
    pixels : (height, width) or (height, width, 3) uint8.
    format : the encoding; WSQ takes grey only.
    ppi : written into the file where the format has a place for it.
    quality : of JPEG, 1..100.
    ratio : how many times smaller than the raw pixels JPEG 2000 or WSQ should become; the achieved ratio follows from
        the length of the result. WSQ without one has the FBI's rate, 0.75 bit a pixel.
    lossless : JPEG 2000 with the reversible wavelet and no rate limit.

    Raises
    ------
    ValueError : the format cannot hold these pixels or does not know this option.
    """
    from PIL.Image import fromarray

    if pixels.dtype != np.uint8 or pixels.ndim not in (2, 3) or (pixels.ndim == 3 and pixels.shape[2] != 3):
        raise ValueError(f"pixels are (height, width) or (height, width, 3) uint8, not {pixels.dtype} {pixels.shape}")
    if lossless and format in ("jpeg", "wsq"):
        raise ValueError(f"{format} is never lossless")
    if format == "wsq":
        rate = USUAL_RATE if ratio is None else 8 / ratio
        return wsq.encode(pixels, ppi=500.0 if ppi is None else ppi, rate=rate)
    picture = fromarray(pixels)
    options: dict[str, Any] = {}
    if ppi is not None and format in ("png", "jpeg", "bmp", "tiff"):
        options["dpi"] = (ppi, ppi)
    if format == "jpeg":
        options |= {"quality": quality, "subsampling": 0}
    if format == "jpeg2000":
        options |= {"irreversible": not lossless}
        if not lossless:
            options |= {"quality_mode": "rates", "quality_layers": [10.0 if ratio is None else ratio]}
    stream = io.BytesIO()
    name = {"pnm": "PPM", "jpeg2000": "JPEG2000"}.get(format, format.upper())
    picture.save(stream, name, **options)
    return stream.getvalue()


@dataclass(frozen=True, slots=True)
class EncodedImage:
    """An encoding held to a number of bytes.

    Attributes
    ----------
    data : the encoded image.
    ratio : raw pixels over encoded bytes: how many times smaller it became.
    """

    data: bytes
    ratio: float

    def __repr__(self) -> str:
        return f"EncodedImage({len(self.data)} bytes, {self.ratio:.1f}:1)"


def encode_within(pixels: U8, format: ImageFormat, max_bytes: int, *, ppi: float | None = None) -> EncodedImage:
    """The best lossy encoding that fits into so many bytes.

    JPEG 2000 is cut to the rate, JPEG takes the highest quality and WSQ the highest rate that fits. ``ppi`` is
    written into the file where the format has a place for it.

    Raises
    ------
    ValueError : the format is lossless, or even its worst quality does not fit.
    """
    if format == "jpeg2000":
        ratio = max(1.0, pixels.size / max_bytes)
        for _ in range(12):
            data = encode_image(pixels, format, ppi=ppi, ratio=ratio)
            if len(data) <= max_bytes:
                return EncodedImage(data, pixels.size / len(data))
            ratio *= max(1.005, len(data) / max_bytes)
    elif format == "jpeg":
        least, most, best = 1, 100, b""
        while least <= most:
            quality = (least + most) // 2
            data = encode_image(pixels, format, ppi=ppi, quality=quality)
            if len(data) <= max_bytes:
                best, least = data, quality + 1
            else:
                most = quality - 1
        if best:
            return EncodedImage(best, pixels.size / len(best))
    elif format == "wsq":
        data = wsq.encode_within(pixels, max_bytes, ppi=500.0 if ppi is None else ppi)
        if data:
            return EncodedImage(data, pixels.size / len(data))
    else:
        raise ValueError(f"{format} is lossless and cannot be held to a number of bytes")
    height, width = pixels.shape[:2]
    raise ValueError(f"{width}x{height} pixels do not fit into {max_bytes} bytes as {format}")


# How Pillow is entered: one plugin by name, never `Image.open`, whose bomb check warns on stderr and is global.

_quiet = threading.Lock()


def _describe(data: bytes, page: int = 0) -> tuple[ImageHeader, ImageFile | None]:
    name = format_of(data)
    if name is None:
        raise _stranger(data)
    if name == "wsq":
        facts = wsq.read_header(data)
        header = ImageHeader(
            "wsq", facts.width, facts.height, 1, 8, None if facts.ppi is None else (facts.ppi, facts.ppi), False
        )
        _refuse_size(header)
        return header, None
    with _as_image_error(name), _quiet, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # held only while the header is read
        picture = _plugin(name)(io.BytesIO(data))
        if page:
            picture.seek(page)
        header = _header(name, picture, data)
    _refuse_size(header)
    return header, picture


_PLUGINS: dict[ImageFormat, tuple[str, str]] = {
    "png": ("PngImagePlugin", "PngImageFile"),
    "jpeg": ("JpegImagePlugin", "JpegImageFile"),
    "bmp": ("BmpImagePlugin", "BmpImageFile"),
    "pnm": ("PpmImagePlugin", "PpmImageFile"),
    "tiff": ("TiffImagePlugin", "TiffImageFile"),
    "jpeg2000": ("Jpeg2KImagePlugin", "Jpeg2KImageFile"),
}


def _plugin(name: ImageFormat) -> Any:
    module, plugin = _PLUGINS[name]
    return getattr(import_module(f"PIL.{module}"), plugin)


@contextmanager
def _as_image_error(name: ImageFormat) -> Iterator[None]:
    try:
        yield
    except ImageError:
        raise
    except Exception as error:  # a codec may raise nearly anything for damaged bytes
        reason = str(error) or type(error).__name__
        truncated = any(word in reason.lower() for word in ("truncat", "not enough", "end of file", "premature"))
        raise _damaged(name, reason, truncated) from error


def _damaged(name: str, reason: str, truncated: bool) -> ImageError:
    if truncated:
        return ImageError(f"the {name} image is truncated", remedy="Copy or export it again.", code="image.truncated")
    return ImageError(f"the {name} image cannot be decoded ({reason})", remedy="Export it again.", code="image.damaged")


def _stranger(data: bytes) -> ImageError:
    if not data:
        return ImageError("empty, 0 bytes", remedy="Copy or export it again.", code="image.empty")
    for at, magic, name in _STRANGERS:
        if data[at : at + len(magic)] == magic:
            return ImageError(f"{name} is not read", remedy=f"Save it as {_EXPECTED}.", code="image.unsupported")
    return ImageError("not an image of a known format", remedy=f"Give {_EXPECTED}.", code="image.unknown_format")


def _refuse_size(header: ImageHeader) -> None:
    width, height = header.width, header.height
    if width * height > MAX_PIXELS:
        raise ImageError(
            f"{width}x{height} pixels are {width * height / 1e6:.0f} megapixels, more than {MAX_PIXELS // 10**6}",
            remedy="Give a smaller image.",
            code="image.too_large",
        )
    if min(width, height) < MIN_SIDE:
        raise ImageError(f"{width}x{height} pixels show nothing", remedy="Capture it again.", code="image.too_small")


def _refuse_truncated(header: ImageHeader, data: bytes) -> None:
    """Formats with an end mark must hold it: decoders take a missing tail for grey or black."""
    if header.format == "png":
        complete = b"IEND\xaeB`\x82" in data  # the last chunk is always these octets
    elif header.format == "jpeg":
        complete = data.rfind(b"\xff\xd9") > data.rfind(b"\xff\xda")
        if data.count(b"\xff\xda") > MAX_JPEG_SCANS:
            raise ImageError("the jpeg image has too many scans", remedy="Export it again.", code="image.damaged")
    elif header.format == "jpeg2000":
        facts = read_codestream_header(data)
        complete = facts is not None and facts.complete
    else:
        return
    if not complete:
        raise _damaged(header.format, "no end mark", truncated=True)


def _header(name: ImageFormat, picture: ImageFile, data: bytes) -> ImageHeader:
    width, height = picture.size
    channels = {"1": 1, "L": 1, "I": 1, "F": 1, "P": 3, "LA": 2, "PA": 4}.get(picture.mode, len(picture.getbands()))
    depth = 16 if picture.mode.startswith("I") else 1 if picture.mode == "1" else 8
    lossless: bool | None = name != "jpeg"
    if name == "png":
        depth = data[24]
    elif name == "tiff":
        bits = picture.tag_v2.get(258, (depth,))  # type: ignore[attr-defined]
        depth = max(bits) if isinstance(bits, tuple) else int(bits)
        lossless = picture.info.get("compression") not in ("jpeg", "tiff_jpeg", "old-jpeg", "webp")
    elif name == "jpeg2000":
        facts = read_codestream_header(data)
        if facts is None:
            raise _damaged(name, "no code-stream header", truncated=False)
        # what the code-stream says is what would be decoded, whatever the box around it says
        if (facts.width, facts.height) != (width, height):
            raise _damaged(name, f"its boxes say {width}x{height}, its code-stream otherwise", truncated=False)
        depth, lossless = facts.depth, facts.reversible
    return ImageHeader(name, width, height, 3 if channels >= 3 else 1, depth, _stated_ppi(name, picture), lossless)


def _stated_ppi(name: ImageFormat, picture: ImageFile) -> tuple[float, float] | None:
    """Resolution as the file states it.

    JPEG 2000's resolution box is left aside: common encoders write 1000 ppi whatever the image is.
    """
    stated = picture.info.get("dpi")
    if name in ("jpeg2000", "pnm") or not isinstance(stated, tuple) or len(stated) != 2:
        return None
    across, down = (float(value) for value in stated)
    if not (0 < across < 1e6 and 0 < down < 1e6):  # false for NaN too
        return None
    return _whole(across), _whole(down)


def _whole(ppi: float) -> float:
    """500 for the 499.9998 that pixels a metre make of it."""
    return float(round(ppi)) if abs(ppi - round(ppi)) < 0.05 else ppi


def _orientation(picture: ImageFile) -> int:
    with _quiet, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            value = picture.getexif().get(0x0112, 1)
        except Exception:  # damaged EXIF says nothing
            return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _upright(pixels: U8, orientation: int) -> U8:
    """Undo the EXIF orientation (CIPA DC-008, tag 0x0112)."""
    if orientation >= 5:
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return pixels


def _turned(header: ImageHeader) -> ImageHeader:
    return header if header.ppi is None else replace(header, ppi=header.ppi[::-1])


def _to_eight_bits(picture: ImageFile, header: ImageHeader, edits: list[str]) -> U8:
    """Grey or RGB uint8, naming what was converted."""
    mode = picture.mode
    if header.depth > 8 and mode != "F":
        edits.append("edit.sixteen_bit_scaled")
    if mode == "1":
        edits.append("edit.bilevel_expanded")
        return np.asarray(picture.convert("L"))
    if mode.startswith("I"):
        return _scaled(np.asarray(picture), picture)
    converted: Image
    with _as_image_error(header.format):
        if mode in ("P", "PA"):
            edits.append("edit.palette_expanded")
            transparent = mode == "PA" or "transparency" in picture.info
            converted = picture.convert("RGBA" if transparent else "RGB")
        elif mode in ("L", "RGB") and "transparency" in picture.info:
            converted = picture.convert("RGBA")
        elif mode == "CMYK":
            edits.append("edit.cmyk_converted")
            converted = picture.convert("RGB")
        elif mode in ("YCbCr", "RGBX"):
            converted = picture.convert("RGB")
        elif mode in ("La", "RGBa"):
            converted = picture.convert(mode.upper())
        elif mode in ("L", "RGB", "LA", "RGBA"):
            converted = picture
        else:
            raise ImageError(
                f"pixels of kind {mode} are not read", remedy=f"Save it as 8-bit {_EXPECTED}.", code="image.unsupported"
            )
    pixels: U8 = np.asarray(converted)
    if converted.mode in ("LA", "RGBA"):
        edits.append("edit.alpha_flattened")
        pixels = _on_white(pixels)
        if mode == "L":
            pixels = pixels[..., 0]
    return pixels


def _scaled(values: Any, picture: ImageFile) -> U8:
    if values.dtype.kind not in "ui" or values.size == 0:
        raise ImageError("pixels of this kind are not read", remedy="Save it as 8-bit PNG.", code="image.unsupported")
    if int(values.min()) < 0 or int(values.max()) > 65535:
        raise ImageError("32-bit pixels are not read", remedy="Save it as 8-bit PNG.", code="image.unsupported")
    wide: Any = values.astype(np.uint32)
    return ((wide * 255 + 32767) // 65535).astype(np.uint8)  # type: ignore[no-any-return]


def _on_white(pixels: U8) -> U8:
    colour: Any = pixels[..., :-1].astype(np.uint16)
    alpha: Any = pixels[..., -1:].astype(np.uint16)
    flat: U8 = ((colour * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)
    return flat[..., 0] if flat.shape[2] == 1 else flat
