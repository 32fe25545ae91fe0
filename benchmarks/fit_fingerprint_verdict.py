"""Makes the weights of `fingerprint.verdict` anew and shows what they are worth on sets left out.

    python benchmarks/fit_fingerprint_verdict.py FOLDER [--cache FILE] [--write]

FOLDER holds FVC2002's sets (``DB1_B/101_1.tif``: finger, impression; DB2 at 569 ppi, the others at 500). Needs nbis-py
for bozorth3. A pair of prints of one finger fails when its score is not above 99 % of the pairs of different fingers.
The verdict is a logistic regression, with a penalty on squared weights, of these failures on the sum of both prints'
features; every set and comparator has a level of its own.

Measured is the partial area under error versus discard: the false non-match rate when the worst 0 to 20 % of the
pairs are left out (a pair is as good as its worse print), as a share of the rate of all, 1 where discarding is
useless. Each set's figure comes from weights fitted on the other three, the penalty chosen on these three alone.
Intervals: 95 % of draws of fingers with replacement.
"""

import argparse
import itertools
import json
import pickle
from pathlib import Path

import cv2
import nbis
import numpy as np
from scipy.optimize import minimize

from ktpel_capture import fingerprint
from ktpel_capture.fingerprint import verdict as subject
from ktpel_capture.quality import Missing
from ktpel_capture.samples import FingerprintSample

SETS = ("DB1_B", "DB2_B", "DB3_B", "DB4_B")
PPI = {"DB2_B": 569}
PENALTIES = (30.0, 100.0, 300.0, 1000.0)
COMPARATORS = ("bozorth3", "ours")


def look(folder, name):
    """What is needed of one set: features (N, F), NFIQ 2, fingers, pairs of prints, their scores by comparator."""
    settings = nbis.NbisExtractorSettings(
        min_quality=0.0, get_center=False, check_fingerprint=False, compute_nfiq2=False, ppi=500.0
    )
    program = nbis.new_nbis_extractor(settings)
    rows, nfiq2, counts, fingers, ours, theirs = [], [], [], [], [], []
    for path in sorted((folder / name).glob("*.tif")):
        image = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        analysis = fingerprint.analyse(FingerprintSample(image, PPI.get(name, 500)))
        report = fingerprint.assess(analysis)
        values = subject.features(analysis, report.measurements)
        rows.append(None if isinstance(values, Missing) else [values[term] for term in TERMS])
        nfiq2.append(0.0 if isinstance(report.score, Missing) else report.score)
        fingers.append(int(path.stem.split("_")[0]))
        found = analysis.minutiae
        counts.append(0 if isinstance(found, Missing) else len(found))
        ours.append(None if isinstance(found, Missing) else fingerprint.prepare(found))
        theirs.append(program.extract_minutiae(cv2.imencode(".png", image)[1].tobytes()))
    # a print without a verdict is as poor as the poorest
    table = np.array([np.full(len(TERMS), np.nan) if row is None else row for row in rows])
    worst = np.nanmin(table * SIGN, 0) * SIGN
    table = np.where(np.isnan(table), worst, table)
    pairs = np.array(list(itertools.combinations(range(len(fingers)), 2)))
    scores = {
        "bozorth3": np.array([theirs[a].compare(theirs[b]) for a, b in pairs], float),
        "ours": np.array(
            [0.0 if ours[a] is None or ours[b] is None else fingerprint.compare(ours[a], ours[b]) for a, b in pairs]
        ),
    }
    baselines = {"NFIQ 2": np.array(nfiq2), "minutiae count": np.array(counts, float)}
    return table, baselines, np.array(fingers), pairs, scores


TERMS = (
    "log(fingerprint.foreground_area)",
    "fingerprint.minutiae_count",
    "minutiae_quality_sum",
    "fingerprint.orientation_certainty",
    "nfiq2.OF_Bin10_Mean",
    "fingerprint.filled_valleys",
)
SIGN = np.array((1, 1, 1, 1, 1, -1))


def failures(data, comparator):
    """Pairs of one finger (M, 2) and which of them fail (M,)."""
    _, _, fingers, pairs, scores = data
    same = fingers[pairs[:, 0]] == fingers[pairs[:, 1]]
    values = scores[comparator]
    others = np.sort(values[~same])
    limit = others[int(np.ceil(0.99 * len(others))) - 1]
    return pairs[same], (values[same] <= limit).astype(float)


def fit(sets, penalty):
    """Mean and spread of the features, and the weight of each: more is better."""
    everything = np.concatenate([data[0] for data in sets])
    mean, spread = everything.mean(0), everything.std(0)
    sums, failed, level = [], [], []
    for number, (data, comparator) in enumerate(itertools.product(sets, COMPARATORS)):
        pairs, missed = failures(data, comparator)
        scaled = (data[0] - mean) / spread
        sums.append(scaled[pairs[:, 0]] + scaled[pairs[:, 1]])
        failed.append(missed)
        level.append(np.full(len(missed), number))
    sums, failed, level = map(np.concatenate, (sums, failed, level))
    count = int(level.max()) + 1

    def loss(values):
        logit = values[:count][level] + sums @ values[count:]
        off = 1 / (1 + np.exp(-logit)) - failed
        gradient = np.concatenate((np.bincount(level, off, count), sums.T @ off + 2 * penalty * values[count:]))
        return (np.logaddexp(0, logit) - failed * logit).sum() + penalty * (values[count:] ** 2).sum(), gradient

    found = minimize(loss, np.zeros(count + sums.shape[1]), jac=True, method="L-BFGS-B")
    return mean, spread, -found.x[count:]


def quality(data, mean, spread, weight):
    return ((data[0] - mean) / spread) @ weight


def area(data, comparator, qualities, draw=None):
    """Relative partial area under error versus discard, 0 to 20 %; ties count as their mean."""
    pairs, failed = failures(data, comparator)
    fingers = np.unique(data[2], return_inverse=True)[1]
    weight = np.ones(len(failed)) if draw is None else draw[fingers[pairs[:, 0]]]
    worse = qualities[pairs].min(1)
    _, tied = np.unique(worse, return_inverse=True)
    mass, lost = np.bincount(tied, weight), np.bincount(tied, weight * failed)
    total = lost.sum()
    if total == 0:
        return np.nan
    share = np.linspace(0, 0.2, 101)
    gone = np.interp(share, np.append(0, np.cumsum(mass) / mass.sum()), np.append(0, np.cumsum(lost)))
    return float(np.trapezoid((total - gone) / (1 - share) / total, share) / 0.2)


def left_out(sets, penalty):
    """Mean area over sets, each with weights of the others."""
    values = []
    for number, data in enumerate(sets):
        rest = [other for at, other in enumerate(sets) if at != number]
        fitted = quality(data, *fit(rest, penalty))
        values += [area(data, comparator, fitted) for comparator in COMPARATORS]
    return np.nanmean(values)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--write", action="store_true", help="write the weights into the package")
    asked = parser.parse_args()
    if asked.cache and asked.cache.exists():
        data = pickle.loads(asked.cache.read_bytes())
    else:
        data = {name: look(asked.folder, name) for name in SETS}
        if asked.cache:
            asked.cache.write_bytes(pickle.dumps(data))
    held = {}
    for name in SETS:
        rest = [data[other] for other in SETS if other != name]
        penalty = min(PENALTIES, key=lambda value: left_out(rest, value))
        held[name] = quality(data[name], *fit(rest, penalty))
        print(f"{name} left out: penalty {penalty:g}")
    rows = {"verdict": held} | {row: {name: data[name][1][row] for name in SETS} for row in data[SETS[0]][1]}
    random = np.random.default_rng(0)
    draws = [{name: random.multinomial(10, np.full(10, 0.1)) for name in SETS} for _ in range(asked.draws)]
    print("\n| comparator | discarded by | " + " | ".join(SETS) + " | mean |\n|" + "---|" * 7)
    for comparator in COMPARATORS:
        drawn = {}
        for row, qualities in rows.items():
            each = [area(data[name], comparator, qualities[name]) for name in SETS]
            drawn[row] = np.array(
                [np.nanmean([area(data[n], comparator, qualities[n], draw[n]) for n in SETS]) for draw in draws]
            )
            low, high = np.percentile(drawn[row], (2.5, 97.5))
            cells = " | ".join(f"{value:.2f}" for value in each)
            print(f"| {comparator} | {row} | {cells} | {np.mean(each):.3f} ({low:.2f}..{high:.2f}) |")
        less = drawn["verdict"] - drawn["NFIQ 2"]
        low, high = np.percentile(less, (2.5, 97.5))
        print(
            f"{comparator}: verdict less NFIQ 2 {low:.2f}..{high:.2f}, not better in {100 * (less >= 0).mean():.1f} %"
        )
    everything = list(data.values())
    penalty = min(PENALTIES, key=lambda value: left_out(everything, value))
    mean, spread, weight = fit(everything, penalty)
    weight /= np.std(np.concatenate([quality(each, mean, spread, weight) for each in everything]))
    fitted = {
        name: {"mean": round(float(a), 4), "spread": round(float(b), 4), "weight": round(float(c), 3)}
        for name, a, b, c in zip(TERMS, mean, spread, weight)
    }
    text = json.dumps({"made by": "benchmarks/fit_fingerprint_verdict.py", "terms": fitted}, indent=1)
    print(f"all sets: penalty {penalty:g}\n{text}")
    if asked.write:
        (Path(subject.__file__).parent / "verdict.json").write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
