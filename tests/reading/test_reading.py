"""From files to samples: what is read, what is converted, what is refused."""

import io
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image

import ktpel_capture as kc
from ktpel_capture.errors import UnreadableFile
from ktpel_capture.imaging.codecs import MAX_PIXELS
from ktpel_capture.messages import catalogue
from shared import shared_data

WIDTH, HEIGHT = 61, 43


def gradient(channels: int = 0) -> np.ndarray:
    ramp = np.add.outer(np.arange(HEIGHT) * 3, np.arange(WIDTH) * 2) % 256
    if channels == 0:
        return ramp.astype(np.uint8)
    return np.stack([(ramp + 40 * number) % 256 for number in range(channels)], axis=2).astype(np.uint8)


def saved(folder: Path, name: str, picture: Image.Image, **options: object) -> Path:
    path = folder / name
    picture.save(path, **options)
    return path


def ridges(width: int = 240, height: int = 320, period: float = 9.0) -> np.ndarray:
    """Concentric ridges, which no pixel of any real finger went into."""
    y, x = np.mgrid[:height, :width]
    return (127 + 100 * np.cos(2 * np.pi * np.hypot(x - width / 2, y - height / 3) / period)).astype(np.uint8)


@pytest.mark.parametrize("suffix", ["png", "bmp", "pgm", "tiff", "tif"])
def test_grey_pixels_of_lossless_formats_arrive_unchanged(tmp_path, suffix):
    sample = kc.read(saved(tmp_path, f"print.{suffix}", Image.fromarray(gradient())), "fingerprint", ppi=500)
    assert np.array_equal(sample.image, gradient())
    assert sample.capture.edits == ()


@pytest.mark.parametrize("suffix", ["png", "bmp", "ppm", "tiff"])
def test_colour_pixels_of_lossless_formats_arrive_unchanged(tmp_path, suffix):
    sample = kc.read(saved(tmp_path, f"face.{suffix}", Image.fromarray(gradient(3))), "face")
    assert np.array_equal(sample.image, gradient(3))
    assert sample.capture.edits == ()


def test_lossless_jpeg_2000_arrives_unchanged_and_jpeg_nearly(tmp_path):
    exact = kc.read(saved(tmp_path, "a.jp2", Image.fromarray(gradient(3)), irreversible=False), "face")
    assert np.array_equal(exact.image, gradient(3))
    smooth = np.full((HEIGHT, WIDTH, 3), (200, 120, 80), np.uint8)
    near = kc.read(saved(tmp_path, "a.jpg", Image.fromarray(smooth), quality=95), "face")
    assert np.abs(near.image.astype(int) - smooth).max() <= 4


def test_sixteen_bits_are_scaled_to_eight_by_their_full_range(tmp_path):
    wide = (gradient().astype(np.uint16) * 257)[:, ::-1]
    for name in ("a.png", "a.tiff"):
        sample = kc.read(saved(tmp_path, name, Image.fromarray(wide)), "fingerprint", ppi=500)
        assert np.array_equal(sample.image, gradient()[:, ::-1])
        assert sample.capture.edits == ("edit.sixteen_bit_scaled",)


def test_a_palette_is_expanded(tmp_path):
    picture = Image.fromarray(gradient(3)).quantize(64)
    sample = kc.read(saved(tmp_path, "a.png", picture), "face")
    assert np.array_equal(sample.image, np.asarray(picture.convert("RGB")))
    assert sample.capture.edits == ("edit.palette_expanded",)


def test_transparency_is_laid_on_white(tmp_path):
    colour = np.dstack([gradient(3), np.zeros((HEIGHT, WIDTH), np.uint8)])
    colour[:5, :, 3] = 255
    sample = kc.read(saved(tmp_path, "a.png", Image.fromarray(colour, "RGBA")), "face")
    assert np.array_equal(sample.image[:5], gradient(3)[:5])
    assert (sample.image[5:] == 255).all()
    assert sample.capture.edits == ("edit.alpha_flattened",)
    grey = np.dstack([gradient(), np.full((HEIGHT, WIDTH), 255, np.uint8)])
    sample = kc.read(saved(tmp_path, "b.png", Image.fromarray(grey, "LA")), "iris")
    assert np.array_equal(sample.image, gradient())
    assert sample.capture.edits == ("edit.alpha_flattened",)


def test_cmyk_is_converted(tmp_path):
    picture = Image.fromarray(gradient(3)).convert("CMYK")
    sample = kc.read(saved(tmp_path, "a.tiff", picture), "face")
    assert np.array_equal(sample.image, np.asarray(picture.convert("RGB")))
    assert sample.capture.edits == ("edit.cmyk_converted",)


def test_bilevel_is_expanded(tmp_path):
    picture = Image.fromarray(gradient()).convert("1", dither=Image.Dither.NONE)
    for name in ("a.png", "a.tiff", "a.pbm"):
        sample = kc.read(saved(tmp_path, name, picture), "fingerprint", ppi=500)
        assert set(np.unique(sample.image)) == {0, 255}
        assert np.array_equal(sample.image == 255, gradient() >= 128)
        assert sample.capture.edits == ("edit.bilevel_expanded",)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["png", "jpg", "tiff"])
def test_exif_orientation_is_undone_as_pillow_undoes_it(tmp_path, orientation, suffix):
    from PIL import ImageOps

    exif = Image.Exif()
    exif[0x0112] = orientation
    path = saved(tmp_path, f"a.{suffix}", Image.fromarray(gradient(3)), exif=exif)
    sample = kc.read(path, "face")
    with Image.open(path) as stored:
        upright = stored if suffix == "tiff" else ImageOps.exif_transpose(stored)
        upright.load()
    assert np.array_equal(sample.image, np.asarray(upright))
    assert sample.image.shape[:2] == ((WIDTH, HEIGHT) if orientation >= 5 else (HEIGHT, WIDTH))
    assert sample.capture.edits == (() if orientation == 1 else ("edit.exif_rotated",))


def test_modalities_take_the_channels_they_need(tmp_path):
    colour = saved(tmp_path, "c.png", Image.fromarray(gradient(3)))
    grey = saved(tmp_path, "g.png", Image.fromarray(gradient()))
    assert kc.read(colour, "iris").capture.edits == ("edit.colour_to_grey",)
    face = kc.read(grey, "face")
    assert face.capture.edits == ("edit.grey_to_colour",)
    assert (face.image == gradient()[..., None]).all()


@pytest.mark.parametrize("suffix", ["png", "jpg", "tiff", "bmp"])
@pytest.mark.parametrize("ppi", [500, 569, 1000])
def test_the_resolution_comes_from_the_file(tmp_path, suffix, ppi):
    sample = kc.read(saved(tmp_path, f"a.{suffix}", Image.fromarray(gradient()), dpi=(ppi, ppi)), "fingerprint")
    assert sample.ppi == ppi
    assert "edit.resolution_assumed" not in sample.capture.edits


@pytest.mark.parametrize("suffix", ["png", "jpg", "tiff", "bmp", "pgm"])
def test_a_resolution_that_is_missing_or_a_screens_is_assumed_and_said_so(tmp_path, suffix):
    for number, options in enumerate(({}, {"dpi": (72, 72)}, {"dpi": (96, 96)})):
        path = saved(tmp_path, f"{number}.{suffix}", Image.fromarray(gradient()), **options)
        sample = kc.read(path, "fingerprint")
        assert sample.ppi == 500
        assert "edit.resolution_assumed" in sample.capture.edits
        assert kc.read(path, "fingerprint", ppi=1000).ppi == 1000
        assert "edit.resolution_assumed" not in kc.read(path, "fingerprint", ppi=1000).capture.edits


def test_pixels_that_are_not_square_are_made_square(tmp_path):
    sample = kc.read(saved(tmp_path, "a.png", Image.fromarray(gradient()), dpi=(500, 250)), "fingerprint")
    assert sample.image.shape == (2 * HEIGHT, WIDTH)
    assert sample.ppi == 500
    assert sample.capture.edits == ("edit.pixels_squared",)


def test_given_facts_are_stronger_than_the_file(tmp_path):
    path = saved(tmp_path, "a.png", Image.fromarray(gradient()), dpi=(500, 500))
    assert kc.read(path, "fingerprint", ppi=1000, position="left_thumb").ppi == 1000
    assert kc.read(path, "fingerprint", position="left_thumb").position == "left_thumb"
    assert kc.read(path, "iris", eye="left").eye == "left"
    for wrong in ({"kind": "palm"}, {"position": "thumb"}, {"eye": "third"}, {"ppi": -1}):
        with pytest.raises(ValueError, match="known|must"):
            kc.read(path, **{"kind": "fingerprint", **wrong})


def test_the_same_bytes_give_the_same_digest(tmp_path):
    path = saved(tmp_path, "a.jpg", Image.fromarray(gradient(3)))
    assert kc.read(path, "face").digest == kc.read(path, "face").digest
    assert kc.read_bytes(path.read_bytes(), "face")[0].digest == kc.read(path, "face").digest


def refused(path: Path, code: str, **options: object) -> UnreadableFile:
    with pytest.raises(UnreadableFile) as caught:
        kc.read(path, **options)
    error = caught.value
    assert error.code == code
    assert str(path) in str(error)
    assert error.remedy
    assert error.path == path
    return error


def test_what_is_no_file_is_refused_by_name(tmp_path):
    refused(tmp_path / "gone.png", "file.missing")
    refused(tmp_path, "file.is_directory")
    (tmp_path / "empty.png").write_bytes(b"")
    refused(tmp_path / "empty.png", "file.empty")
    (tmp_path / "zeros.png").write_bytes(bytes(4096))
    refused(tmp_path / "zeros.png", "file.empty")
    (tmp_path / "letter.png").write_text("Kepada Yth. Bapak Camat")
    refused(tmp_path / "letter.png", "file.unknown_format")
    (tmp_path / "noise.png").write_bytes(bytes(range(256)) * 8)
    refused(tmp_path / "noise.png", "file.unknown_format")
    saved(tmp_path, "moving.gif", Image.fromarray(gradient()))
    assert "GIF" in str(refused(tmp_path / "moving.gif", "file.unsupported"))


def test_one_pixel_shows_nothing(tmp_path):
    for kind in ("fingerprint", "iris", "face"):
        refused(saved(tmp_path, "one.png", Image.new("L", (1, 1))), "file.too_small", kind=kind)


def png_that_claims(width: int, height: int) -> bytes:
    """A PNG of one pixel whose header says otherwise, with a right checksum."""
    import zlib

    stream = io.BytesIO()
    Image.new("L", (1, 1)).save(stream, "PNG")
    data = bytearray(stream.getvalue())
    data[16:24] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    return bytes(data)


@pytest.mark.parametrize(("width", "height"), [(20_000, 10_000), (MAX_PIXELS + 1, 1), (60_000, 60_000)])
def test_too_many_pixels_are_refused_before_decoding(tmp_path, width, height):
    path = tmp_path / "bomb.png"
    path.write_bytes(png_that_claims(width, height))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        refused(path, "file.too_large", kind="fingerprint")


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp", "pgm", "ppm", "tiff", "jp2"])
def test_no_truncated_image_is_read(tmp_path, suffix, capfd):
    pixels = gradient() if suffix == "pgm" else gradient(3)
    picture = Image.fromarray(pixels[:, : WIDTH - 1])  # rows without padding: each missing byte is a missing pixel
    data = saved(tmp_path, f"whole.{suffix}", picture).read_bytes()
    path = tmp_path / f"part.{suffix}"
    for length in {1, 2, 8, 20, 40, len(data) // 3, len(data) // 2, len(data) * 9 // 10, len(data) - 1}:
        path.write_bytes(data[:length])
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with pytest.raises(UnreadableFile):
                kc.read(path, "face")
    assert capfd.readouterr() == ("", "")


SMALL = {}
for _suffix in ("PNG", "JPEG", "BMP", "PPM", "TIFF", "JPEG2000"):
    _stream = io.BytesIO()
    Image.fromarray(gradient(3)).save(_stream, _suffix)
    SMALL[_suffix] = _stream.getvalue()


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(SMALL)), st.data())
def test_damaged_bytes_give_a_sample_or_a_typed_error_and_nothing_else(name, data):
    damaged = bytearray(SMALL[name])
    for _ in range(data.draw(st.integers(1, 6))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            (sample,) = kc.read_bytes(bytes(damaged), "face")
        except UnreadableFile as error:
            assert error.code.startswith("file.")
        else:
            assert set(sample.capture.edits) <= set(catalogue("en"))


STARTS = (b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"BM", b"II*\0", b"P5 9 9 255\n", b"\xff\xa0", b"FIR\x00020\0")


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(STARTS), st.binary(max_size=80))
def test_bytes_behind_a_known_beginning_give_a_typed_error_or_a_sample(start, rest):
    try:
        samples = kc.read_bytes(start + rest, "face")
    except UnreadableFile as error:
        assert error.code.startswith(("file.", "record."))
    else:
        assert start.startswith(b"P5")
        assert len(samples) == 1


def test_ridges_are_guessed_as_a_fingerprint_at_their_resolution(tmp_path):
    for ppi in (500, 1000):
        picture = Image.fromarray(ridges(period=9 * ppi / 500))
        assert isinstance(kc.read(saved(tmp_path, "a.png", picture, dpi=(ppi, ppi))), kc.FingerprintSample)


@pytest.mark.parametrize("level", [0, 255, 128])
def test_an_image_of_nothing_is_not_guessed(tmp_path, level):
    path = saved(tmp_path, "plain.png", Image.new("L", (300, 200), level))
    assert "--as" in refused(path, "file.unsure_kind").remedy
    rng = np.random.default_rng(5)
    noise = rng.integers(0, 256, (200, 300, 3), dtype=np.uint8)
    refused(saved(tmp_path, "noise.png", Image.fromarray(noise)), "file.unsure_kind")


@pytest.mark.parametrize(
    ("folder", "pattern", "kind"),
    [
        ("fingerprint/nfiq2", "*.pgm", kc.FingerprintSample),
        ("fingerprint/nist_images", "[abs]*.png", kc.FingerprintSample),
        ("iris/irex", "*.pgm", kc.IrisSample),
        ("face/sfhq", "Face_Pose__looking_straight*.jpg", kc.FaceSample),
    ],
)
def test_real_images_are_guessed(folder, pattern, kind):
    for path in sorted(shared_data(folder).glob(pattern)):
        assert isinstance(kc.read(path), kind), path.name


def test_grown_eyes_are_guessed_and_a_grey_portrait_is_no_eye(tmp_path):
    from ktpel_capture.iris.synthesis import grow

    for seed in range(3):
        eye, _truth = grow(seed).capture(seed=seed)
        assert isinstance(kc.read(saved(tmp_path, "eye.png", Image.fromarray(eye.image))), kc.IrisSample)
    for path in sorted(shared_data("face/sfhq").glob("Face_Pose__looking_straight*.jpg")):
        with Image.open(path) as portrait:
            grey = saved(tmp_path, "grey.png", portrait.convert("L"))
        assert isinstance(kc.read(grey), kc.FaceSample), path.name


def test_records_say_what_they_are():
    folder = shared_data("records/mosip/Default")
    finger = kc.read(folder / "Registration/Left_Index.iso")
    assert (finger.position, finger.ppi, finger.impression) == ("left_index", 500, "unknown")
    assert kc.read(folder / "Auth/Right_Iris.iso").eye == "right"
    assert isinstance(kc.read(folder / "Auth/Face.iso"), kc.FaceSample)
    refused(folder / "Auth/Face.iso", "file.wrong_kind", kind="iris")
    assert kc.read(folder / "Registration/Left_Index.iso", position="left_thumb").position == "left_thumb"


def test_every_edit_has_its_sentence_in_both_languages():
    for language in ("id", "en"):
        for name in ("resolution_assumed", "pixels_squared", "flip_undone", "record_deviates", "few_bits_scaled"):
            assert catalogue(language)[f"edit.{name}"]


def test_signatures_are_read_from_csv_and_inkml(tmp_path):
    csv, ink = tmp_path / "a.csv", tmp_path / "a.inkml"
    csv.write_text("t,x,y,force\n0.0,1.0,2.0,0.5\n0.01,1.5,2.5,0.6\n")
    ink.write_text('<ink xmlns="http://www.w3.org/2003/InkML"><trace>1 2, 3 4, 5 6</trace></ink>')
    assert kc.read(csv).t.size == 2
    assert kc.read(ink).x.size == 3
    refused(csv, "file.wrong_kind", kind="face")
    refused(ink, "file.wrong_kind", kind="fingerprint")


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("a.csv", "name,age\nBudi,17\n", "file.bad_signature"),
        ("a.csv", "t,x,y\n0,1\n", "file.bad_signature"),
        ("a.csv", "t,x,y\n0,1,nan\n", "file.bad_signature"),
        ("a.inkml", "<ink><trace>1 2", "file.bad_signature"),
        ("a.inkml", '<!DOCTYPE ink SYSTEM "file:///etc/passwd"><ink><trace>1 2</trace></ink>', "file.bad_signature"),
        ("a.txt", "t,x,y\n0,1,2\n", "file.unknown_format"),
        ("a.xml", "<letter/>", "file.unknown_format"),
    ],
)
def test_bad_signature_files_are_refused_by_name(tmp_path, name, text, code):
    (tmp_path / name).write_text(text)
    refused(tmp_path / name, code)


def test_every_page_of_a_tiff_is_a_sample(tmp_path):
    pages = [Image.fromarray(gradient()), Image.fromarray(gradient()[::-1])]
    path = saved(tmp_path, "pages.tiff", pages[0], save_all=True, append_images=pages[1:], dpi=(500, 500))
    samples = kc.read_all(path, "fingerprint")
    assert [np.asarray(page).tolist() for page in pages] == [sample.image.tolist() for sample in samples]
    assert all(sample.ppi == 500 for sample in samples)
    refused(path, "file.several_samples", kind="fingerprint")


def test_adobes_cmyk_jpeg_and_sixteen_bit_colour_are_converted(tmp_path):
    smooth = np.full((HEIGHT, WIDTH, 3), (200, 120, 80), np.uint8)
    sample = kc.read(saved(tmp_path, "a.jpg", Image.fromarray(smooth).convert("CMYK"), quality=95), "face")
    assert np.abs(sample.image.astype(int) - smooth).max() <= 6
    assert sample.capture.edits == ("edit.cmyk_converted",)
    import cv2

    assert cv2.imwrite(str(tmp_path / "wide.png"), (smooth[..., ::-1].astype(np.uint16) * 257))
    wide = kc.read(tmp_path / "wide.png", "face")
    assert np.abs(wide.image.astype(int) - smooth).max() <= 1
    assert wide.capture.edits == ("edit.sixteen_bit_scaled",)
