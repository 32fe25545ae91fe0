"""Makes the weights of `iris.evidence` anew and shows what they are worth on sets left out.

    python benchmarks/fit_iris_evidence.py --eyes FOLDER --eyes FOLDER --prints FOLDER [--every 2] [--cache FILE]

Every ``--eyes`` folder is a public set of near-infrared eyes (any depth of folders), ``--prints`` one of fingerprints;
``--every n`` takes each n-th file of a set. Grown eyes whose pair was found right, and the shared eyes, fingerprints
and faces are always there. What is no eye is taken as it is, at half size, cropped and blurred.

A logistic regression with a penalty on squared weights; every set counts the same among those of its kind. Its figures
come from weights fitted without the set that is looked at.
"""

import argparse
import pickle
from pathlib import Path

import cv2
import numpy as np
from scipy.optimize import minimize

from ktpel_capture.iris import evidence as subject, synthesis
from ktpel_capture.iris.circles import shrunk, without_reflections
from ktpel_capture.iris.pairs import find_pair

SHARED = Path(__file__).parents[1] / "../shared/data"
ENDINGS = (".png", ".bmp", ".tif", ".jpg", ".pgm")
PENALTY = 1.0


def look(image):
    """The signs of the likeliest pair in a picture and the pair, None where there is none or mere noise."""
    small, scale = shrunk(image, 320)
    filled, _ = without_reflections(small)
    pair = find_pair(filled)
    if pair is None or subject.evidence(small, filled, pair) == -np.inf:
        return None
    return subject.signs(small, filled, pair), pair, scale


def pictures(folder, every):
    for path in sorted(path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS)[::every]:
        image = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        if image is not None:
            yield image


def spoiled(image, rng):
    """A picture of something else as it is, at half size, cropped and blurred."""
    height, width = image.shape
    yield image
    yield cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    wide, high = int(width * rng.uniform(0.35, 0.7)), int(height * rng.uniform(0.35, 0.7))
    left, top = rng.integers(0, width - wide), rng.integers(0, height - high)
    yield np.ascontiguousarray(image[top : top + high, left : left + wide])
    yield cv2.GaussianBlur(image, (0, 0), 2)


def grown_eyes(count):
    """Eyes under every condition, of which the pair was found where it is."""
    for seed in range(5000, 5000 + count):
        rng = np.random.default_rng(seed)
        width, height = ((640, 480), (320, 240))[seed % 2]
        sample, truth = synthesis.grow(seed).capture(
            seed=seed,
            size=(width, height),
            dilation=rng.uniform(0.15, 0.75),
            lid_opening=rng.uniform(0.45, 1.1),
            scale=rng.uniform(0.6, 1.3),
            shift=tuple(rng.uniform(-0.08, 0.08, 2)),
            roll=rng.uniform(-0.3, 0.3),
            defocus=rng.uniform(0, 2.5) * width / 640,
            exposure=rng.uniform(0.5, 1.3),
            spectacles=bool(rng.random() < 0.2),
        )
        seen = look(sample.image)
        if seen is None:
            continue
        signs, pair, scale = seen
        middle, reach = truth.pupil.mean(0) * scale, np.ptp(truth.limbus[:, 0]) * scale / 2
        off = np.hypot(pair.pupil.x - middle[0], pair.pupil.y - middle[1])
        if off < 5 and abs(pair.limbus.radius - reach) < 6:
            yield signs


def gather(eyes, prints, every):
    """Signs of each set, (N, 7), and which of them are eyes."""
    rng = np.random.default_rng(1)
    eyes_of = {folder.name: pictures(folder, every) for folder in eyes} | {"irex": pictures(SHARED / "iris/irex", 1)}
    others_of = {folder.name: pictures(folder, every) for folder in prints} | {
        "cards": pictures(SHARED / "fingerprint/nist_images", 1),
        "records": pictures(SHARED / "fingerprint/nist_records", 1),
        "synthetic": pictures(SHARED / "fingerprint/nfiq2", 1),
        "faces": pictures(SHARED / "face/sfhq", 4),
    }
    sets = {"grown": (list(grown_eyes(160)), True)}
    for name, images in eyes_of.items():
        sets[name] = [seen[0] for seen in map(look, images) if seen], True
    for name, images in others_of.items():
        varied = (each for image in images for each in spoiled(image, rng))
        sets[name] = [seen[0] for seen in map(look, varied) if seen], False
    return {name: (np.array(rows), eye) for name, (rows, eye) in sets.items() if rows}


def fit(sets):
    """Weights and bias."""
    signs = np.vstack([rows for rows, _ in sets.values()])
    truth = np.concatenate([np.full(len(rows), eye) for rows, eye in sets.values()]).astype(float)
    kinds = {True: 0, False: 0}
    for _, eye in sets.values():
        kinds[eye] += 1
    weights = np.concatenate([np.full(len(rows), 200 / len(rows) / kinds[eye]) for rows, eye in sets.values()])
    middle, spread = signs.mean(0), signs.std(0)
    columns = np.column_stack([(signs - middle) / spread, np.ones(len(signs))])

    def loss(given):
        odds = columns @ given
        slope = columns.T @ (weights * (1 / (1 + np.exp(-odds)) - truth)) + PENALTY * np.append(given[:-1], 0)
        return weights @ np.logaddexp(0, -(2 * truth - 1) * odds) + PENALTY * given[:-1] @ given[:-1] / 2, slope

    found = minimize(loss, np.zeros(columns.shape[1]), jac=True, method="L-BFGS-B").x
    own = found[:-1] / spread
    return own, found[-1] - own @ middle


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--eyes", type=Path, action="append", default=[])
    parser.add_argument("--prints", type=Path, action="append", default=[])
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--cache", type=Path)
    given = parser.parse_args()
    if given.cache and given.cache.exists():
        sets = pickle.loads(given.cache.read_bytes())
    else:
        sets = gather(given.eyes, given.prints, given.every)
        if given.cache:
            given.cache.write_bytes(pickle.dumps(sets))
    weights, bias = fit(sets)
    print("set, taken for an eye: fitted without it, fitted with all, as shipped")
    for name, (rows, eye) in sets.items():
        without, level = fit({other: kept for other, kept in sets.items() if other != name})
        shares = [
            np.mean(rows @ each + base > 0)
            for each, base in ((without, level), (weights, bias), (subject.WEIGHTS, subject.BIAS))
        ]
        print(f"{name:>20} {'eye' if eye else '   '} {len(rows):5d}", " ".join(f"{share:7.3f}" for share in shares))
    print("weights", np.round(weights, 2).tolist(), "bias", round(float(bias), 2))


if __name__ == "__main__":
    main()
