"""A folder of files played as a capture device."""

import numpy as np
import pytest
from PIL import Image

import ktpel_capture as kc


def save(path, image, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path, **options)


@pytest.fixture
def prints(tmp_path):
    random = np.random.default_rng(1)
    for name in ("right_index", "left index", "x-right_four"):
        save(tmp_path / f"{name}.png", random.integers(0, 255, (60, 40), np.uint8), dpi=(500, 500))
    return tmp_path


def test_the_file_of_the_position_is_played(prints):
    with kc.open_fingerprint_scanner(f"folder:{prints}?kind=fingerprint", clock=kc.VirtualClock()) as scanner:
        assert set(scanner.info.takes) == {"right_index", "left_index", "right_four"}
        for position in scanner.info.takes:
            (sample,) = kc.capture(scanner, kc.FingerRequest(position), timeout=5)
            name = {"left_index": "left index", "right_four": "x-right_four"}.get(position, position)
            assert np.array_equal(sample.image, np.asarray(Image.open(prints / f"{name}.png")))
            assert sample.position == position
            assert round(sample.ppi) == 500
        with pytest.raises(kc.RequestUnsupported):
            kc.capture(scanner, kc.FingerRequest("left_four"), timeout=5)


def test_files_without_positions_are_played_round_and_round(tmp_path):
    for number in range(3):
        save(tmp_path / f"{number}.png", np.full((9, 7, 3), number, np.uint8))
    with kc.open_face_camera(f"folder:{tmp_path}?kind=face", clock=kc.VirtualClock()) as camera:
        shown = [kc.capture(camera, kc.FaceRequest(), timeout=5)[0].image[0, 0, 0] for _ in range(4)]
    assert shown == [0, 1, 2, 0]


def test_both_eyes_come_from_their_files(tmp_path):
    for eye, level in (("left", 10), ("right", 20)):
        save(tmp_path / f"iris_{eye}.png", np.full((48, 64), level, np.uint8))
    with kc.open_iris_scanner(f"folder:{tmp_path}?kind=iris", clock=kc.VirtualClock()) as scanner:
        samples = kc.capture(scanner, kc.IrisRequest(), timeout=5)
    assert [(sample.eye, int(sample.image[0, 0])) for sample in samples] == [("right", 20), ("left", 10)]


def test_a_live_view_shows_the_file_at_half_size(prints):
    with kc.open_fingerprint_scanner(f"folder:{prints}", clock=kc.VirtualClock()) as scanner:
        with scanner.present(kc.FingerRequest("right_index"), timeout=5) as presentation:
            frame = next(iter(presentation))
        assert frame.image.shape == (30, 20)
        assert frame.scale == 0.5


def test_a_signature_is_played_point_by_point(tmp_path):
    rows = "\n".join(f"{number / 100},{number},{2 * number},0.5,1" for number in range(120))
    (tmp_path / "a.csv").write_text(f"t,x,y,force,pen_down\n{rows}\n")
    with kc.open_signature_pad(f"folder:{tmp_path}?kind=signature", clock=kc.VirtualClock()) as pad:
        with pad.present(kc.SignatureRequest(), timeout=30) as presentation:
            points = 0
            for frame in presentation:
                points += frame.x.size
                if points == 120:
                    presentation.take()
        (sample,) = presentation.samples
    assert sample.x.tolist() == list(range(120))


def test_a_print_without_a_resolution_says_that_500_was_assumed(tmp_path):
    save(tmp_path / "a.png", np.zeros((60, 40), np.uint8))
    with kc.open_fingerprint_scanner(f"folder:{tmp_path}", clock=kc.VirtualClock()) as scanner:
        (sample,) = kc.capture(scanner, kc.FingerRequest("right_index"), timeout=5)
    assert sample.ppi == 500
    assert sample.capture.edits == ("edit.resolution_assumed",)


def test_a_damaged_file_is_named(tmp_path):
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n, and no more")
    with (
        kc.open_fingerprint_scanner(f"folder:{tmp_path}", clock=kc.VirtualClock()) as scanner,
        pytest.raises(kc.DeviceFault, match=r"a\.png cannot be played"),
    ):
        kc.capture(scanner, kc.FingerRequest("right_index"), timeout=5)


def test_a_file_that_declares_too_many_pixels_is_named_not_decoded(tmp_path):
    (tmp_path / "a.pgm").write_bytes(b"P5 99999 99999 255\n" + bytes(100))
    scanner = kc.open_fingerprint_scanner(f"folder:{tmp_path}", clock=kc.VirtualClock())
    with scanner, pytest.raises(kc.DeviceFault, match="a.pgm.*megapixels"):
        kc.capture(scanner, kc.FingerRequest("right_index"), timeout=5)


def test_what_was_done_to_a_file_is_said(tmp_path):
    sixteen = np.random.default_rng(2).integers(0, 65535, (60, 40), np.uint16)
    save(tmp_path / "a.png", sixteen)
    with kc.open_face_camera(f"folder:{tmp_path}?kind=face", clock=kc.VirtualClock()) as camera:
        (sample,) = kc.capture(camera, kc.FaceRequest(), timeout=5)
    assert sample.capture is not None
    assert "edit.sixteen_bit_scaled" in sample.capture.edits
    assert np.abs(sample.image[..., 1] - sixteen / 257.0).max() <= 1


def test_a_folder_that_is_not_there_or_empty(tmp_path):
    for folder in (tmp_path / "no", tmp_path):
        with pytest.raises(kc.DeviceNotFound):
            kc.open_face_camera(f"folder:{folder}?kind=face")


def test_a_folder_decides_itself_where_asked(prints):
    address = f"folder:{prints}?trigger=device"
    with kc.open_fingerprint_scanner(address, clock=kc.VirtualClock()) as scanner:
        with scanner.present(kc.FingerRequest("right_index"), timeout=5) as presentation:
            assert len(list(presentation)) > 0
        assert len(presentation.samples) == 1


def test_a_folder_plays_the_kind_that_is_opened(tmp_path):
    Image.fromarray(np.zeros((90, 120, 3), np.uint8)).save(tmp_path / "a.png")
    with kc.open_face_camera(f"folder:{tmp_path}") as camera:
        assert isinstance(kc.capture(camera, kc.FaceRequest(), timeout=5)[0], kc.FaceSample)
    with kc.open_iris_scanner(f"folder:{tmp_path}") as scanner:
        assert scanner.info.kind.value == "iris-scanner"
