"""Pictures that nobody should take: each is named, none is a crash, and no printed face is taken for the sitter."""

import cv2
import numpy as np
import pytest
from PIL import Image

import ktpel_capture as kc
from ktpel_capture.face import analyse, assess
from ktpel_capture.face.synthesis import grow
from ktpel_capture.quality import Missing, present
from shared import shared_data


@pytest.fixture(scope="module")
def ktpel():
    return kc.load_profile("ktpel")


def portrait(seed=3, size=(900, 1200), **condition):
    sample, truth = grow(seed).capture(seed=1, size=size, **condition)
    return np.array(sample.image), truth


def printed_face(size):
    return cv2.resize(portrait(5, (300, 400), backdrop="white")[0], size, interpolation=cv2.INTER_AREA)


def advice_of(image, ktpel):
    return [finding.advice.key for finding in ktpel.judge(assess(kc.FaceSample(image)), {"backdrop": "red"}).findings]


@pytest.mark.parametrize(
    ("place", "distance"), [(np.s_[870:1130, 350:545], 1.35), (np.s_[970:1190, 345:510], 1.0)], ids=["far", "near"]
)
def test_a_face_on_a_shirt_is_neither_the_sitter_nor_somebody_else(place, distance, ktpel):
    image, truth = portrait(distance=distance)
    here = analyse(kc.FaceSample(image))
    image[place] = printed_face((place[1].stop - place[1].start, place[0].stop - place[0].start))
    there = analyse(kc.FaceSample(image))
    assert np.linalg.norm(there.landmarks - here.landmarks, axis=1).mean() < 0.05 * here.head.inter_eye_distance
    assert np.linalg.norm(there.landmarks - truth.landmarks, axis=1).mean() < 0.1 * here.head.inter_eye_distance
    assert len(analyse(kc.FaceSample(image), thorough=True).faces) == 1
    watcher = kc.face.watch(kc.FaceRequest())
    said = [watcher.see(kc.Frame(image, number, number / 15)) for number in range(4)][-1]
    assert "face.someone_else" not in {hint.key for hint in said}


def test_a_poster_behind_is_another_face(ktpel):
    image, truth = portrait(distance=1.2)
    image[30:270, 15:195] = printed_face((180, 240))
    assert "face.someone_else" in advice_of(image, ktpel)
    assert abs(analyse(kc.FaceSample(image)).landmarks - truth.landmarks).mean() < 20


@pytest.mark.parametrize("hidden", [0.3, 0.5, 0.65])
def test_a_person_half_hidden_behind_the_sitter_is_somebody(hidden, ktpel):
    sitter, truth = portrait(distance=1.25)
    other, _ = portrait(7, distance=1.5)
    shown = np.roll(other, (-190, -int(900 * (0.32 - 0.18 * hidden))), (0, 1))
    soft = cv2.GaussianBlur(truth.person_mask.astype(np.float32), (0, 0), 1.0)[..., None]
    image = (sitter * soft + shown * (1 - soft)).astype(np.uint8)
    assert "face.someone_else" in advice_of(image, ktpel)


def test_two_people_side_by_side(ktpel):
    image = np.hstack([portrait(0, (600, 800))[0], portrait(5, (600, 800))[0]])
    assert advice_of(image, ktpel)[0] == "face.someone_else"


def test_a_folded_cloth_is_nobody():
    for seed in range(0, 10, 3):
        for backdrop in ("red", "blue", "cluttered"):
            assert (
                len(analyse(kc.FaceSample(portrait(seed, (450, 600), backdrop=backdrop)[0]), thorough=True).faces) == 1
            )


@pytest.mark.long
def test_a_second_face_is_seldom_seen_where_there_is_none():
    """On the shared portraits of single people; two do show another face, three a print, a statue or a reflection."""
    folder = shared_data("face/sfhq")
    several = 0
    for file in sorted(folder.glob("*.jpg")):
        faces = analyse(kc.FaceSample(cv2.imread(str(file))[..., ::-1]), thorough=True).faces
        several += not isinstance(faces, Missing) and len(faces) > 1
    assert several <= 8


def test_a_thumbnail_is_too_small(ktpel):
    image = cv2.resize(portrait()[0], (100, 100), interpolation=cv2.INTER_AREA)
    assert "face.more_pixels" in advice_of(image, ktpel)


def test_a_grey_picture_has_no_colour(ktpel):
    grey = cv2.cvtColor(portrait()[0], cv2.COLOR_RGB2GRAY)
    assert "face.grey_picture" in advice_of(np.repeat(grey[..., None], 3, 2), ktpel)


def test_a_head_seen_from_the_side_is_asked_to_turn(ktpel):
    folder = shared_data("face/sfhq")
    for file in sorted(folder.glob("Face_Pose__profile_view__*.jpg")):
        keys = advice_of(cv2.imread(str(file))[..., ::-1], ktpel)
        assert {"face.turned_away", "face.turn_left", "face.turn_right", "face.no_face"} & set(keys), file.name


def test_a_drawing_is_answered():
    image = np.full((800, 600, 3), (230, 60, 60), np.uint8)
    cv2.ellipse(image, (300, 400), (150, 200), 0, 0, 360, (245, 205, 170), -1)
    for x in (240, 360):
        cv2.ellipse(image, (x, 360), (28, 18), 0, 0, 360, (255, 255, 255), -1)
        cv2.circle(image, (x, 360), 11, (60, 40, 20), -1)
    cv2.ellipse(image, (300, 490), (60, 22), 0, 0, 180, (170, 40, 50), -1)
    report = assess(kc.FaceSample(image))
    assert present(report.score) or report.score.reason.startswith("face.")


@pytest.fixture
def files(tmp_path):
    """The same portrait in every dress that files wear."""
    image = portrait(size=(450, 600))[0]
    Image.fromarray(image).save(tmp_path / "plain.png")
    Image.fromarray(image).convert("CMYK").save(tmp_path / "cmyk.jpg", quality=95)
    turned = Image.Exif()
    turned[274] = 6
    Image.fromarray(np.ascontiguousarray(np.rot90(image))).save(tmp_path / "exif.jpg", exif=turned, quality=95)
    Image.fromarray(np.dstack([image, np.full(image.shape[:2], 200, np.uint8)])).save(tmp_path / "alpha.png")
    return {path.stem: path for path in tmp_path.iterdir()}


def test_the_dress_of_a_file_changes_nothing_of_the_face(files):
    expected = analyse(kc.read(files["plain"], "face")).landmarks
    for name in ("cmyk", "exif", "alpha"):
        found = analyse(kc.read(files[name], "face")).landmarks
        assert np.linalg.norm(found - expected, axis=1).mean() < 2.0, name


@pytest.mark.long
def test_a_hundred_megapixels_are_one_face_too(ktpel):
    image = cv2.resize(portrait()[0], (9000, 12000))
    analysis = analyse(kc.FaceSample(image))
    assert len(analysis.faces) == 1
    assert analysis.head.inter_eye_distance > 1500
