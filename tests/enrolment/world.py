"""A station without devices: captures that take no time, for tests of everything around them."""

from datetime import date
from pathlib import Path

import numpy as np

import ktpel_capture as kc
from ktpel_capture.quality import QualityReport, QualityScore, ReportFacts
from ktpel_capture.samples import modality_of
from ktpel_enrolment.domain.nik import Nik
from ktpel_enrolment.domain.persons import Pupil
from ktpel_enrolment.station.officers import Officer
from ktpel_enrolment.station.station import Station
from ktpel_enrolment.store.journal import Store
from ktpel_enrolment.visit import handover, recording
from ktpel_enrolment.visit.capturing import CaptureNotes
from ktpel_enrolment.visit.recording import Recorder
from ktpel_enrolment.visit.register import BALANGAN, SimulatedRegister

PROFILE = kc.Profile("none", (), kc.Advice("", "", ""))


def pupil(row=2, born=date(2008, 6, 14), name="Rahmat Contoh", status="single"):
    nik = f"631101{born.day:02}{born.month:02}{born.year % 100:02}{9900 + row:04}"
    card = f"6311010101129{row:03}"
    return Pupil(row, Nik(nik), card, name, "Paringin", born, "male", "XII", status)


def finger(position, who, press=0):
    """An impression that says in its first pixels whose finger it is; `same` reads it."""
    image = np.full((9, 7), 200, np.uint8)
    image[0, :3] = (who % 251, kc.FINGERS.index(position), press)
    return kc.FingerprintSample(image, 500, position)


def same(one, other):
    return 100.0 if (one.image[0, :2] == other.image[0, :2]).all() else 3.0


class Table:
    """The desk of a test: agrees to everything, says nothing, and knows who sits there."""

    def __init__(self):
        self.who = 1
        self.told = []
        self.photos_refused = 0
        self.read = []
        self.cloths = []
        self.swaps = {}
        self.vouching = []
        self.alike = False

    def tell(self, advice):
        self.told.append(advice)

    def mend(self, role, error, spare):
        pass

    def hangs_cloth(self, colour):
        self.cloths.append(colour)

    def confirms_biodata(self, lines):
        self.read.append(lines)
        return True

    def approves_photo(self, portrait):
        self.photos_refused -= 1
        return self.photos_refused < 0

    def vouches(self, doubt):
        self.told.append(doubt)
        return self.vouching.pop(0)

    def take(self, request):
        """The samples of one presentation."""
        match request:
            case kc.FaceRequest():
                return {"face": kc.FaceSample(np.full((8, 6, 3), self.who, np.uint8))}
            case kc.SignatureRequest():
                t = np.arange(5.0)
                return {"signature": kc.SignatureSample(t, t, t * self.who)}
            case kc.IrisRequest():
                return {eye: kc.IrisSample(np.full((5, 6), self.who, np.uint8), eye) for eye in request.expected}
        fingers = {}
        for position in request.expected:
            lies_there = self.swaps.get(position, position)
            sample = finger(lies_there, self.who)
            fingers[position] = kc.FingerprintSample(sample.image, 500, position)
        return fingers


def notes_of(samples):
    reports = {
        name: QualityReport((QualityScore("test", 70.0),), {}, ReportFacts(modality_of(sample), sample.digest))
        for name, sample in samples.items()
    }
    verdicts = {name: kc.Verdict("none", True, ()) for name in samples}
    return CaptureNotes(True, dict(samples), reports, verdicts, device="test")


def install(monkeypatch, table, moment=lambda name: None):
    """Replace captures and comparison; ``moment`` is called before and after each capture."""

    def capture(station, role, request, profile, desk, **_):
        moment("before capture")
        notes = notes_of(table.take(request))
        moment("after capture")
        return notes

    for module in (recording, handover):
        monkeypatch.setattr(module, "capture", capture)
        monkeypatch.setattr(module, "likeness", same)
    monkeypatch.setattr(kc, "Session", Memory)
    monkeypatch.setattr(
        recording, "looks_the_same", lambda one, other: (one.image == other.image).all() and table.alike
    )


class Memory:
    """A session that compares the table's made-up fingers."""

    def __init__(self):
        self.kept = {}

    def keep(self, samples):
        several = samples.values() if isinstance(samples, dict) else samples
        self.kept |= {sample.position: sample for sample in several if isinstance(sample, kc.FingerprintSample)}

    def forget(self, *parts):
        for name in parts:
            self.kept.pop(name, None)

    def mistakes(self, samples):
        fresh = {name: sample for name, sample in samples.items() if isinstance(sample, kc.FingerprintSample)}
        known = {**self.kept, **fresh}
        return {
            name: (
                kc.Finding("session.same_finger", 99.0, None, 24.0, "reject", kc.Advice("session.same_finger", "", "")),
            )
            for name in fresh
            if any(other != name and same(known[name], known[other]) > 40 for other in known)
        }


class Proved(Officer):
    def prove(self, station, desk):
        return 99.0


def recorder(store: Store, table: Table, pupils, deviations=None, clock=None) -> Recorder:
    clock = clock or kc.VirtualClock()
    officer = Proved("Operator Uji", finger("right_index", 99))
    register = SimulatedRegister(tuple(pupils), deviations)
    return Recorder(store, Station({}, clock=clock), register, PROFILE, table, officer, BALANGAN)


def fresh(folder: Path) -> Store:
    return Store(folder / "store")
