"""All figures of the fingerprint documentation in one run:

OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/ratios_fingerprint.py

Each row is beside its peer from nbis-py in the same run on the same print, turn by turn, one thread, processor time,
the least of many repeats; the ratio is what to quote. Then time and memory from a quarter to four megapixels.
"""

import resource
import time
import tracemalloc
from pathlib import Path

import cv2
import nbis
import numpy as np

from ktpel_capture import fingerprint
from ktpel_capture.fingerprint import live, synthesis
from ktpel_capture.fingerprint.nfiq2.features import nfiq2_features
from ktpel_capture.requests import FingerRequest, Frame
from ktpel_capture.samples import FingerprintSample

PRINT = Path(__file__).parents[1] / ".." / "shared" / "data" / "fingerprint" / "nfiq2" / "SFinGe_Test01.pgm"


def least(*tasks, repeats=25):
    """Least processor time of each task, taken in turn."""
    best = [float("inf")] * len(tasks)
    for _ in range(repeats):
        for number, task in enumerate(tasks):
            start = time.process_time()
            task()
            best[number] = min(best[number], time.process_time() - start)
    return best


def program(*, nfiq2):
    settings = nbis.NbisExtractorSettings(
        min_quality=0.0, get_center=False, check_fingerprint=False, compute_nfiq2=nfiq2, ppi=500.0
    )
    return nbis.new_nbis_extractor(settings)


def the_print():
    if PRINT.exists():
        return cv2.imread(str(PRINT), cv2.IMREAD_GRAYSCALE)
    return synthesis.grow(1).capture(seed=1, pressure=0.9)[0].image


def beside_peers(image):
    png = cv2.imencode(".png", image)[1].tobytes()
    whole, mindtct = program(nfiq2=True), program(nfiq2=False)
    report, nist, values, minutiae, nist_minutiae = least(
        lambda: fingerprint.assess(FingerprintSample(image, 500)),
        lambda: whole.extract_minutiae(png),
        lambda: nfiq2_features(image),
        lambda: fingerprint.minutiae(FingerprintSample(image, 500)),
        lambda: mindtct.extract_minutiae(png),
    )
    print(f"whole report : one nbis-py call with NFIQ 2      1 : {nist / report:.1f}   ({report * 1e3:.1f} ms)")
    print(f"65 values : NIST's NFIQ 2 share of that call     1 : {(nist - nist_minutiae) / values:.1f}")
    print(f"minutiae : mindtct                               1 : {nist_minutiae / minutiae:.1f}")
    samples = [synthesis.grow(seed).capture(seed=take)[0] for seed, take in ((1, 1), (1, 2), (2, 1))]
    ours = [fingerprint.prepare(sample) for sample in samples]
    theirs = [mindtct.extract_minutiae(cv2.imencode(".png", sample.image)[1].tobytes()) for sample in samples]
    for name, other in (("genuine", 1), ("impostor", 2)):
        one, bozorth3 = least(
            lambda other=other: fingerprint.compare(ours[0], ours[other]),
            lambda other=other: theirs[0].compare(theirs[other]),
            repeats=60,
        )
        print(f"comparison, {name:8} : bozorth3                  1 : {bozorth3 / one:.1f}   ({one * 1e3:.2f} ms)")


def by_itself():
    slap, _ = synthesis.slap(synthesis.grow_hand(1), "right_four", seed=1, rotation=0.3)
    half = cv2.resize(slap.image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    watcher = live.watch(FingerRequest("right_four"))
    finger = synthesis.grow(1)
    seeds = iter(range(10_000, 20_000))
    for name, task, repeats in (
        ("slap 1600x1500 into fingers", lambda: fingerprint.segment(slap), 15),
        ("live frame of it, half size", lambda: watcher.see(Frame(half, 1, 0.0, 0.5)), 40),
        ("growing a finger", lambda: synthesis.grow(next(seeds)), 4),
        ("a further impression", lambda: finger.capture(seed=1), 15),
    ):
        print(f"{name:48} {least(task, repeats=repeats)[0] * 1e3:.1f} ms")


def by_area(image):
    """The same print again and again on white ground, 64 pixels apart, so that every size is as full of ridges."""
    print("megapixels   report  65 values  minutiae   (ms a megapixel)   traced MB, report")
    fingerprint.assess(FingerprintSample(image, 500))
    cell = np.pad(image, ((0, 64), (0, 64)), constant_values=255)
    for height, width in ((512, 512), (800, 1000), (1000, 1500), (2000, 2000)):
        picture = np.ascontiguousarray(np.tile(cell, (4, 5))[:height, :width])
        limited = np.ascontiguousarray(picture[:1000, :800])
        area = picture.size / 1e6
        limited = np.ascontiguousarray(picture[:1000, :800])
        report, values, minutiae = least(
            lambda picture=picture: fingerprint.assess(FingerprintSample(picture, 500)),
            lambda limited=limited: nfiq2_features(limited),
            lambda picture=picture: fingerprint.minutiae(FingerprintSample(picture, 500)),
            repeats=5,
        )
        tracemalloc.start()
        fingerprint.assess(FingerprintSample(picture, 500))
        peak = tracemalloc.get_traced_memory()[1] / 1e6
        tracemalloc.stop()
        times = f"{report / area * 1e3:8.0f}{values / limited.size * 1e9:11.0f}{minutiae / area * 1e3:10.0f}"
        print(f"{area:10.2f} {times} {'':20}{peak:8.1f}")


def memory(image):
    """What NumPy asks for is traced; OpenCV's own buffers show in the resident set alone."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    tracemalloc.start()
    fingerprint.assess(FingerprintSample(image, 500))
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1e3
    print(f"memory of a report on {image.shape[1]} x {image.shape[0]}: {peak:.1f} MB traced at the peak; ", end="")
    print(f"the process grew by {grown:.0f} MB with everything loaded, OpenCV's buffers included")


def main():
    cv2.setNumThreads(1)
    image = the_print()
    print(f"OpenCV {cv2.__version__}, NumPy {np.__version__}")
    fingerprint.assess(FingerprintSample(np.full((300, 260), 255, np.uint8), 500))  # loads everything
    memory(image)
    beside_peers(image)
    by_itself()
    by_area(image)


if __name__ == "__main__":
    main()
