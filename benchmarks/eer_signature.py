"""Equal error rates of `signature.compare` on SUSIG, a public corpus that one brings oneself, or on grown writers.

    python benchmarks/eer_signature.py [FOLDER] [--references 3] [--seeds 3]

FOLDER holds ``BlindSubCorpus`` and ``VisualSubCorpus`` (Sabanci University, .sig files). References are drawn at random
from a writer's first session; everything else of the writer is genuine, the corpus's imitations are skilled forgeries,
one signing each of ten other writers random ones.
"""

import argparse
from collections import defaultdict
from pathlib import Path

import numpy as np

from ktpel_capture.samples import SignatureSample
from ktpel_capture.signature import compare, grow
from ktpel_capture.signature.comparison import ANOTHER


def read_sig(path):
    rows = [line.split() for line in path.read_text("latin-1").splitlines()]
    table = np.array([row for row in rows if len(row) == 5 and row[0].lstrip("-").isdigit()], float)
    x, y, t, pressure, up = table.T
    force = pressure / pressure.max() if pressure.max() > 0 else None
    return SignatureSample(t / 1000, x / 100, -y / 100, force, up == 0)  # the scale does not count


def susig(folder):
    """By sub-corpus and writer: (genuine signings with their session, imitations)."""
    corpora = defaultdict(lambda: defaultdict(lambda: ([], [])))
    for path in sorted(folder.rglob("*.sig")):
        corpus = next((name for name in ("Blind", "Visual") if f"{name}SubCorpus" in path.parts), None)
        writer, session, _ = path.stem.split("_")
        if corpus is None or (sample := read_sig(path)).t.size < 10:
            continue
        genuine, forged = corpora[corpus][writer]
        if "FORGERY" in path.parts:
            forged.append(sample)
        else:
            genuine.append((session, sample))
    return corpora


def grown(count=60):
    writers = [grow(seed) for seed in range(count)]
    return {
        "grown": {
            str(at): (
                [("1", writer.capture(seed=seed)[0]) for seed in range(8)],
                [writers[(at + step) % count].imitate(writer).capture(seed=step)[0] for step in range(1, 6)],
            )
            for at, writer in enumerate(writers)
        }
    }


def equal_error_rate(genuine, others):
    thresholds = np.sort(np.concatenate([genuine, others]))
    missed = np.searchsorted(np.sort(genuine), thresholds) / len(genuine)
    passed = 1 - np.searchsorted(np.sort(others), thresholds) / len(others)
    at = np.abs(missed - passed).argmin()
    return 50 * (missed[at] + passed[at])


def trials(writers, references, seed):
    random = np.random.default_rng(seed)
    names = list(writers)
    genuine, skilled, others = [], [], []
    for name in names:
        signed, forged = writers[name]
        first = [at for at, (session, _) in enumerate(signed) if session == signed[0][0]]
        chosen = set(random.choice(first, references, replace=False).tolist())
        known = [signed[at][1] for at in chosen]
        genuine += [compare(known, sample) for at, (_, sample) in enumerate(signed) if at not in chosen]
        skilled += [compare(known, sample) for sample in forged]
        for other in random.choice([one for one in names if one != name], 10, replace=False):
            drawn = writers[other][0]
            others.append(compare(known, drawn[random.integers(len(drawn))][1]))
    return tuple(map(np.array, (genuine, skilled, others)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--references", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=1)
    asked = parser.parse_args()
    corpora = susig(asked.folder) if asked.folder else grown()
    for corpus, writers in corpora.items():
        for seed in range(asked.seeds):
            genuine, skilled, others = trials(writers, asked.references, seed)
            rates = [equal_error_rate(genuine, scores) for scores in (skilled, others)]
            below = [100 * (scores < ANOTHER).mean() for scores in (genuine, skilled, others)]
            print(
                f"{corpus}, {len(writers)} writers, {asked.references} references, draw {seed}: "
                f"equal error rate skilled {rates[0]:.2f} %, random {rates[1]:.2f} %; "
                f"below {ANOTHER:g} genuine {below[0]:.2f} %, skilled {below[1]:.1f} %, random {below[2]:.2f} %",
                flush=True,
            )


if __name__ == "__main__":
    main()
