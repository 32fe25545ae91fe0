"""Error rates of `fingerprint.compare` on sets that one brings oneself, tuned crosswise.

    python benchmarks/eer_fingerprint.py FOLDER [--cache FILE] [--sets DB1_B DB2_B DB3_B DB4_B]

FOLDER holds FVC2002's sets (``DB1_B/101_1.tif``: finger, impression; DB2 at 569 ppi, the others at 500). The few free
parameters of the comparison are chosen from a small grid on the first and third set and reported on the second and
fourth, then the reverse; the means are over the four reported figures. Intervals: 95 % of draws of fingers with
replacement. Also prints what the parameters in the package give, and NIST's bozorth3 on mindtct's minutiae where
nbis-py is there.
"""

import argparse
import itertools
import pickle
from pathlib import Path

import cv2
import numpy as np

from ktpel_capture import fingerprint
from ktpel_capture.fingerprint import comparison as subject
from ktpel_capture.samples import FingerprintSample

GRID = {"_REACH": (60.0, 75.0, 90.0), "_REACH_OF_MATCH": (14.0, 18.0, 22.0), "_TOLERANCE": (0.75, 1.0, 1.35)}
PPI = {"DB2_B": 569}


def templates(folder, name):
    """(finger, impression) -> our minutiae and NIST's template, None without nbis-py."""
    try:
        import nbis

        settings = nbis.NbisExtractorSettings(
            min_quality=0.0, get_center=False, check_fingerprint=False, compute_nfiq2=False, ppi=500.0
        )
        program = nbis.new_nbis_extractor(settings)
    except ImportError:
        program = None
    found, theirs = {}, {}
    for path in sorted((folder / name).glob("*.tif")):
        finger, impression = map(int, path.stem.split("_"))
        image = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        found[finger, impression] = fingerprint.minutiae(FingerprintSample(image, PPI.get(name, 500)))
        if program is not None:
            theirs[finger, impression] = program.extract_minutiae(cv2.imencode(".png", image)[1].tobytes())
    keys = list(found)
    scores = [theirs[a].compare(theirs[b]) for a, b in itertools.combinations(keys, 2)] if theirs else None
    return found, scores


def with_parameters(values):
    for name, value in values.items():
        setattr(subject, name, value)
    subject._cells.cache_clear()


def scores_of(found):
    ready = {key: fingerprint.prepare(template) for key, template in found.items()}
    return np.array([fingerprint.compare(ready[a], ready[b]) for a, b in itertools.combinations(found, 2)])


def pairs_of(found):
    """Finger numbers (from 0) of each pair: (N, 2)."""
    names = {finger: number for number, finger in enumerate(sorted({finger for finger, _ in found}))}
    return np.array([(names[a[0]], names[b[0]]) for a, b in itertools.combinations(found, 2)])


def rates(scores, pairs, draw=None):
    """Equal error rate, FNMR at FMR 1 % and 0.1 %, percent; ``draw`` is how often each finger counts."""
    same = pairs[:, 0] == pairs[:, 1]
    counts = np.ones(pairs.max() + 1) if draw is None else draw
    weight = np.where(same, counts[pairs[:, 0]], counts[pairs[:, 0]] * counts[pairs[:, 1]])
    order = np.argsort(scores, kind="stable")
    level, last = scores[order], np.append(scores[order][1:] != scores[order][:-1], True)
    missed = np.cumsum(weight[order] * same[order]) / (weight * same).sum()
    passed = 1 - np.cumsum(weight[order] * ~same[order]) / (weight * ~same).sum()
    missed, passed, level = missed[last], passed[last], level[last]
    missed, passed = np.append(0, missed), np.append(1, passed)
    at = np.abs(missed - passed).argmin()
    fnmr = [missed[np.flatnonzero(passed <= limit + 1e-12)[0]] for limit in (0.01, 0.001)]
    return 100 * np.array(((missed[at] + passed[at]) / 2, *fnmr))


def loss(scores, pairs):
    """What the tuning makes small: both figures of the issue in one."""
    equal, _, strict = rates(scores, pairs)
    return equal + strict / 3


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sets", nargs=4, default=["DB1_B", "DB2_B", "DB3_B", "DB4_B"])
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--draws", type=int, default=500)
    asked = parser.parse_args()
    if asked.cache and asked.cache.exists():
        data = pickle.loads(asked.cache.read_bytes())
    else:
        data = {name: templates(asked.folder, name) for name in asked.sets}
        if asked.cache:
            asked.cache.write_bytes(pickle.dumps(data))
    pairs = {name: pairs_of(found) for name, (found, _) in data.items()}
    shipped = {name: getattr(subject, name) for name in GRID}
    tried = {}
    for values in itertools.product(*GRID.values()):
        with_parameters(dict(zip(GRID, values)))
        tried[values] = {name: scores_of(found) for name, (found, _) in data.items()}
        print(values, [rates(tried[values][name], pairs[name]).round(2).tolist() for name in asked.sets], flush=True)
    with_parameters(shipped)

    tuned = {}
    for fit, report in ((asked.sets[::2], asked.sets[1::2]), (asked.sets[1::2], asked.sets[::2])):
        best = min(tried, key=lambda values: sum(loss(tried[values][name], pairs[name]) for name in fit))
        print(f"tuned on {', '.join(fit)}: {dict(zip(GRID, best))}")
        tuned |= {name: tried[best][name] for name in report}
    rows = {"tuned crosswise": tuned, "as packaged": tried[tuple(shipped.values())]}
    if all(theirs is not None for _, theirs in data.values()):
        rows["mindtct and bozorth3"] = {name: np.array(theirs, float) for name, (_, theirs) in data.items()}
    random = np.random.default_rng(0)
    draws = {
        name: [random.multinomial(10, np.full(10, 0.1)).astype(float) for _ in range(asked.draws)]
        for name in asked.sets
    }
    print("\n| | " + " | ".join(asked.sets) + " | mean | FNMR at FMR 1 % | FNMR at FMR 0.1 % |\n|" + "---|" * 8)
    for row, scores in rows.items():
        each = np.array([rates(scores[name], pairs[name]) for name in asked.sets])
        drawn = np.array([[rates(scores[name], pairs[name], draw) for draw in draws[name]] for name in asked.sets])
        low, high = np.percentile(drawn.mean(0), (2.5, 97.5), axis=0)
        means = [f"{mean:.2f} ({a:.1f}..{b:.1f})" for mean, a, b in zip(each.mean(0), low, high)]
        print(f"| {row} | " + " | ".join(f"{equal:.2f}" for equal in each[:, 0]) + " | " + " | ".join(means) + " |")


if __name__ == "__main__":
    main()
