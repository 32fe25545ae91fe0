"""One bad driver for each check of the conformance kit; the check must fail on it.

A mutant is a good simulated device with one promise broken. `kills` notes which check it is for.
"""

from contextlib import contextmanager

from ktpel_capture.cancel import NEVER
from ktpel_capture.devices.testing import (
    BackupVolumeKit,
    CardPrinterKit,
    CardReaderKit,
    FaceCameraKit,
    FingerprintScannerKit,
    IrisScannerKit,
    SignaturePadKit,
    SimulatedRig,
    UplinkKit,
)

ADDRESSES = {
    FingerprintScannerKit: "sim:fingerprint?sensor=fap10&rate=15",
    IrisScannerKit: "sim:iris",
    FaceCameraKit: "sim:face?sensor=webcam",
    SignaturePadKit: "sim:signature",
    CardReaderKit: "sim:card-reader",
    CardPrinterKit: "sim:card-printer",
    BackupVolumeKit: "sim:backup",
    UplinkKit: "sim:uplink",
}
KILLS = {}
"""(kit, check) -> (mutant, address)."""


def kills(check, kit=FingerprintScannerKit, address=None):
    def note(mutant):
        assert (kit, check) not in KILLS
        KILLS[kit, check] = (mutant, address or ADDRESSES[kit])
        return mutant

    return note


class Good:
    """Passes everything on: not a mutant yet."""

    def __init__(self, inner, clock, rig):
        self.inner, self.clock, self.rig = inner, clock, rig
        self.closed = False

    def __getattr__(self, name):
        return getattr(self.inner, name)

    @property
    def info(self):
        return self.inner.info

    def status(self):
        return self.inner.status()

    def close(self):
        self.closed = True
        self.inner.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def present(self, request, *, timeout, cancel=NEVER):
        inner = self.inner.present(request, timeout=timeout, cancel=cancel)
        return self.presenting(inner, request, timeout, cancel)

    @contextmanager
    def presenting(self, inner, request, timeout, cancel):
        with inner as presentation:
            yield self.shown(presentation)

    def shown(self, presentation):
        return Shown(self, presentation)


class Shown:
    """A presentation that passes everything on."""

    def __init__(self, device, inner):
        self.device, self.inner = device, inner
        self.count = 0

    def __iter__(self):
        return self

    def __next__(self):
        self.count += 1
        return self.frame(next(self.inner))

    def frame(self, frame):
        return frame

    def take(self):
        self.inner.take()

    @property
    def samples(self):
        return tuple(self.sample(sample) for sample in self.inner.samples)

    def sample(self, sample):
        return sample


class MutantRig(SimulatedRig):
    """Opens the mutant instead of the good device."""

    def __init__(self, mutant, address):
        super().__init__(address)
        self.mutant = mutant

    def open(self):
        return self.mutant(super().open(), self.clock, self)

    def open_for_a_cycle(self):
        return self.mutant(super().open_for_a_cycle(), self.clock, self)

    def open_to_unplug(self):
        return self.mutant(super().open_to_unplug(), self.clock, self)

    def stall(self):
        return self.mutant(super().stall(), self.clock, self)

    def exhaust(self):
        return self.mutant(super().exhaust(), self.clock, self)


def sampling(name, change):
    """A mutant whose samples are changed."""

    class Sampling(Good):
        def shown(self, presentation):
            class Changed(Shown):
                def sample(self, sample):
                    return change(self.device, sample)

            return Changed(self, presentation)

    Sampling.__name__ = name
    return Sampling


def framing(name, change):
    """A mutant whose frames are changed: change(presentation, frame)."""

    class Framing(Good):
        def shown(self, presentation):
            class Changed(Shown):
                def frame(self, frame):
                    return change(self, frame)

            return Changed(self, presentation)

    Framing.__name__ = name
    return Framing
