"""What leaves the station as standard records: of each applicant a CBEFF set, and the signature beside it.

The set holds the portrait, every single finger and both irises (cropped) as MOSIP's registration takes them, and an
exception for each finger and eye that was not captured. MOSIP's rules know no signature, so it is a file of its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import ktpel_capture as kc
from ktpel_enrolment.store.blobs import Sample
from ktpel_enrolment.store.journal import Store
from ktpel_enrolment.visit.recording import SLAPS

RULES = "mosip-registration"
"""The rules a set is held against, those of ``ktpel record validate --profile mosip-registration``."""
_CAPTURES = ("photo", *SLAPS, *(f"{slap}_again" for slap in SLAPS), "irises")
_EYES: tuple[kc.Eye, ...] = ("left", "right")


@dataclass(frozen=True, slots=True)
class Exported:
    """The records of one applicant.

    Attributes
    ----------
    documents : content by file name.
    content : what the store notes of them: per file its length, checksum and every violation; who is missing, and why.
    """

    documents: dict[str, bytes]
    content: dict[str, Any]


def export(store: Store, nik: str) -> Exported:
    """An applicant's captures as records, held against their rules.

    A violation does not keep a set back: what was captured leaves, and what stands against it is noted.
    """
    captured = {sample_name(sample): (sample, report) for sample, report in _captured(store, nik)}
    unavailable = _unavailable(store, nik, set(captured))
    samples, reports = [], []
    for sample, report in captured.values():
        samples.append(_as_exchanged(sample))
        reports.append(report)
    number = store.steps(nik)["recorded"].content["number"]
    documents: dict[str, bytes] = {}
    files: dict[str, Any] = {}
    if samples:
        record = kc.records.from_samples(samples, format="cbeff", reports=reports, unavailable=unavailable)
        _add(documents, files, f"{number:03}.xml", kc.records.encode(record), RULES)
    signature = store.samples(nik, "signature").get("signature")
    if signature is not None:
        record = kc.records.from_samples([signature], format="19794-7")
        _add(documents, files, f"{number:03}-signature.iso", kc.records.encode(record), None)
    content = {
        "files": files,
        "fingers": sum(isinstance(sample, kc.FingerprintSample) for sample in samples),
        "irises": sum(isinstance(sample, kc.IrisSample) for sample in samples),
        "unavailable": [{"position": item.position, "reason": item.reason} for item in unavailable],
        "valid": all(not file["violations"] for file in files.values()),
    }
    return Exported(documents, content)


def _add(documents: dict[str, bytes], files: dict[str, Any], name: str, data: bytes, rules: str | None) -> None:
    checked = kc.records.validate(data, rules)
    documents[name] = data
    files[name] = {
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "format": checked.format,
        "rules": checked.profile,
        "violations": [str(item) for item in checked.violations],
    }


def sample_name(sample: Sample) -> str:
    """What a sample shows, in the words of `ktpel_capture.Unavailable`; ``face`` for a portrait."""
    match sample:
        case kc.FingerprintSample():
            return sample.position
        case kc.IrisSample():
            return f"{sample.eye}_eye"
    return "face"


def _captured(store: Store, nik: str) -> Iterator[tuple[Sample, kc.QualityReport]]:
    """The samples in the order of the steps, with the scores noted when they were captured."""
    steps = store.steps(nik)
    for name in _CAPTURES:
        for part, sample in store.samples(nik, name).items() if name in steps else ():
            noted = steps[name].content.get("scores", {}).get(part)
            modality = kc.modality_of(sample)
            value = kc.Missing("quality.no_score") if noted is None else noted
            score = kc.QualityScore(getattr(kc, modality).ALGORITHM, value)
            yield sample, kc.QualityReport((score,), {}, kc.ReportFacts(modality, sample.digest))


def _unavailable(store: Store, nik: str, captured: set[str]) -> tuple[kc.Unavailable, ...]:
    """Every finger and eye that was not captured: as declared, or for another reason where nobody had declared it."""
    declared = {item["position"]: item["reason"] for item in store.steps(nik)["biodata"].content["unavailable"]}
    wanted = (*kc.FINGERS, *(f"{eye}_eye" for eye in _EYES))
    return tuple(kc.Unavailable(name, declared.get(name, "other")) for name in wanted if name not in captured)


def _as_exchanged(sample: Sample) -> Sample:
    """An iris cropped as registration wants it, or as it is where no iris is found in it; everything else as it is."""
    if not isinstance(sample, kc.IrisSample):
        return sample
    cropped = kc.iris.cropped(kc.analyse(sample))
    return sample if isinstance(cropped, kc.Missing) else cropped
