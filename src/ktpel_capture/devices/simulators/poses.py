"""How a person presents to each kind of device, as plain numbers, and how advice changes them.

A pose is what the picture depends on besides the person. ``0`` or ``1`` of each field is how it should be; `reaction`
says what a person does on hearing a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Literal, TypeAlias

import numpy as np

from ktpel_capture.samples import Modality


@dataclass(frozen=True, slots=True)
class FingerPose:
    """Fingers on the glass: rotation (rad), right and down (mm), pressure and moisture (0..1), dirt of the glass."""

    rotation: float = 0.0
    right: float = 0.0
    down: float = 0.0
    pressure: float = 0.5
    moisture: float = 0.5
    dirt: float = 0.0
    light_finger: float = 0.0
    """Above 0.5 the outermost finger of a slap hardly touches."""
    wrong_hand: float = 0.0
    """Above 0.5 the other hand, or the neighbouring finger, lies there."""


@dataclass(frozen=True, slots=True)
class EyePose:
    """Eyes before an iris scanner; units as in `iris.synthesis`, shifts as shares of the picture."""

    scale: float = 1.0
    right: float = 0.0
    down: float = 0.0
    defocus: float = 0.0
    motion: float = 0.0
    lid_opening: float = 1.0
    gaze_right: float = 0.0
    gaze_up: float = 0.0
    roll: float = 0.0
    exposure: float = 1.0
    dilation: float = 0.4
    spectacles: float = 0.0


@dataclass(frozen=True, slots=True)
class FacePose:
    """A face before the camera; units as in `face.synthesis`, shifts as shares of the picture."""

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    right: float = 0.0
    down: float = 0.0
    distance: float = 1.0
    exposure: float = 1.0
    backlight: float = 0.0
    blur: float = 0.0
    warm: float = 0.0
    """Colour cast of the room's lamps: above 0 yellow, below 0 blue."""
    eyes_closed: float = 0.0
    mouth_open: float = 0.0
    spectacles: float = 0.0
    someone_behind: float = 0.0


@dataclass(frozen=True, slots=True)
class PenPose:
    """A signing hand: scale of the signature, right and down (mm), pressure (factor), tremor (mm)."""

    scale: float = 1.0
    right: float = 0.0
    down: float = 0.0
    pressure: float = 1.0
    tremor: float = 0.0
    line: float = 0.0
    """Above 0.5 only a line is drawn; above 1.5 only a dot."""


Pose: TypeAlias = FingerPose | EyePose | FacePose | PenPose

NEUTRAL: Mapping[Modality, Pose] = MappingProxyType(
    {"fingerprint": FingerPose(), "iris": EyePose(), "face": FacePose(), "signature": PenPose()}
)
_BOUNDS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "pressure": (0.02, 2.5),
        "moisture": (0.0, 1.0),
        "dirt": (0.0, 1.0),
        "lid_opening": (0.0, 1.2),
        "scale": (0.3, 2.5),
        "distance": (0.4, 3.0),
        "yaw": (-0.5, 0.5),
        "pitch": (-0.5, 0.5),
        "exposure": (0.1, 4.0),
        "dilation": (0.15, 0.75),
        "defocus": (0.0, 12.0),
        "motion": (0.0, 20.0),
        "blur": (0.0, 12.0),
        "backlight": (0.0, 1.0),
        "eyes_closed": (0.0, 1.0),
        "mouth_open": (0.0, 1.0),
        "tremor": (0.0, 2.0),
    }
)
_ROUGHNESS: Mapping[Modality, Mapping[str, float]] = MappingProxyType(
    {
        "fingerprint": {"rotation": 0.05, "right": 1.0, "down": 1.2, "pressure": 0.06, "moisture": 0.04},
        "iris": {"right": 0.015, "down": 0.02, "scale": 0.02, "roll": 0.02, "gaze_right": 0.02, "gaze_up": 0.02},
        "face": {"yaw": 0.02, "pitch": 0.02, "roll": 0.012, "right": 0.006, "down": 0.006, "distance": 0.015},
        "signature": {"right": 1.5, "down": 1.5, "scale": 0.04},
    }
)
"""Standard deviation of each field from one presentation to the next."""

Move: TypeAlias = tuple[Literal["to", "by", "times", "mend", "again"], str, float]
"""``to`` a value, ``by`` a difference, ``times`` a factor, ``mend``: share of the way to how it should be."""

# What a word in a message key makes a person do. The first rule whose pattern is found in the key applies.
_REACTIONS: Mapping[Modality, tuple[tuple[str, tuple[Move, ...]], ...]] = MappingProxyType(
    {
        "fingerprint": (
            (r"lotion|dry|moist", (("by", "moisture", 0.22),)),
            (r"wet|sweat|wipe_(the_)?(finger|hand)|dry_the", (("by", "moisture", -0.25),)),
            (r"harder|firm|more_pressure|too_light|faint", (("by", "pressure", 0.18), ("mend", "light_finger", 1.0))),
            (r"lighter|soft|less_pressure|gentl|smudg|smear|dark", (("by", "pressure", -0.2),)),
            (r"clean|glass|platen|dirt|latent|alcohol", (("to", "dirt", 0.0),)),
            (r"straight|rotat|turn|tilt", (("mend", "rotation", 0.8),)),
            (r"left$|_left_", (("by", "right", -3.0),)),
            (r"right$|_right_", (("by", "right", 3.0),)),
            (r"up$|forward|further", (("by", "down", -3.0),)),
            (r"down$|back$", (("by", "down", 3.0),)),
            (r"centre|center|middle|whole|flat|cut|edge|move", (("mend", "right", 0.8), ("mend", "down", 0.8))),
            (r"wrong|swap|other|hand|finger|all", (("mend", "wrong_hand", 1.0), ("mend", "light_finger", 1.0))),
        ),
        "iris": (
            (r"pupil|dilat", (("mend", "dilation", 0.8),)),
            (r"closer|too_far|small", (("times", "scale", 1.15), ("mend", "defocus", 0.6))),
            (
                r"further|farther|back$|too_close|too_near|large",
                (("times", "scale", 1 / 1.15), ("mend", "defocus", 0.6)),
            ),
            (r"open|wide|lid|lash|closed|hidden|eye_not_seen|little_seen", (("to", "lid_opening", 1.05),)),
            (r"look|gaze|straight_at", (("mend", "gaze_right", 0.85), ("mend", "gaze_up", 0.85))),
            (r"still|motion|mov(ed|ing)|shak", (("mend", "motion", 0.9),)),
            (r"focus|sharp|blur", (("mend", "defocus", 0.75), ("mend", "motion", 0.5), ("mend", "scale", 0.6))),
            (r"spectacle|glasses|reflect|glare|lens", (("to", "spectacles", 0.0),)),
            (r"bright|light|dark|shade|sun|exposure", (("mend", "exposure", 0.8),)),
            (r"head|tilt|upright|level|roll", (("mend", "roll", 0.85),)),
            (r"left|right|up$|down$|centre|center|middle|cut", (("mend", "right", 0.8), ("mend", "down", 0.8))),
        ),
        "face": (
            (r"closer|too_far|small", (("times", "distance", 1 / 1.15),)),
            (r"farther|further|back$|too_close|too_near|large|cheeks|out_of_picture", (("times", "distance", 1.15),)),
            (r"backlight|backlit|behind_light|window|counter", (("mend", "backlight", 0.9), ("mend", "exposure", 0.5))),
            (r"someone|background|alone|behind|more_than_one|second", (("to", "someone_behind", 0.0),)),
            (r"spectacle|glasses|glare", (("to", "spectacles", 0.0),)),
            (r"eye", (("to", "eyes_closed", 0.0), ("mend", "yaw", 0.4))),
            (r"mouth|smile|neutral", (("to", "mouth_open", 0.0),)),
            (r"chin|raise|lower|nod|pitch", (("mend", "pitch", 0.8),)),
            (r"tilt|level|upright|roll|straighten", (("mend", "roll", 0.85),)),
            (r"turn|face_the|yaw|straight|look|front", (("mend", "yaw", 0.8), ("mend", "pitch", 0.5))),
            (r"still|blur|sharp|focus|motion", (("mend", "blur", 0.85),)),
            (r"colou?r|cast|white_balance|yellow|blue|tint", (("mend", "warm", 0.8),)),
            (r"light|bright|dark|exposure|shad|contrast", (("mend", "exposure", 0.7), ("mend", "backlight", 0.6))),
            (r"left|right|up$|down$|centre|center|middle|cut|frame", (("mend", "right", 0.8), ("mend", "down", 0.8))),
        ),
        "signature": (
            (r"larger|bigger|small", (("times", "scale", 1.3), ("mend", "line", 1.0))),
            (r"smaller|large|big", (("times", "scale", 1 / 1.3),)),
            (
                r"clip|inside|edge|border|within|cut",
                (("mend", "right", 0.9), ("mend", "down", 0.9), ("mend", "scale", 0.7)),
            ),
            (r"harder|firm", (("by", "pressure", 0.3),)),
            (r"lighter|soft", (("by", "pressure", -0.3),)),
            (r"slow|steady|trem", (("mend", "tremor", 0.7),)),
            (r"sign|line|dot|short|stroke|again|ink|empty|whole", (("mend", "line", 1.0), ("mend", "scale", 0.5))),
        ),
    }
)
_CAREFUL: tuple[Move, ...] = (("again", "", 0.5),)
"""What a person does on a sentence that names nothing particular: present again, with more care."""


def bounded(name: str, value: float) -> float:
    least, most = _BOUNDS.get(name, (-60.0, 60.0))
    return min(most, max(least, value))


def changed(pose: Pose, **values: float) -> Pose:
    """The pose with some fields set; an unknown field is a `TypeError` that names those there are."""
    known = tuple(each.name for each in fields(pose))
    for name in values:
        if name not in known:
            raise TypeError(f"{type(pose).__name__} has no field {name!r}; it has {', '.join(known)}")
    return type(pose)(**{**values_of(pose), **{name: bounded(name, float(value)) for name, value in values.items()}})


def values_of(pose: Pose) -> dict[str, float]:
    return {each.name: getattr(pose, each.name) for each in fields(pose)}


def toward(pose: Pose, aim: Pose, share: float) -> Pose:
    """Part of the way from one pose to another."""
    here, there = values_of(pose), values_of(aim)
    return type(pose)(**{name: here[name] + share * (there[name] - here[name]) for name in here})


def distance_between(pose: Pose, aim: Pose) -> float:
    """The largest difference of a field, in units of its own spread."""
    here, there = values_of(pose), values_of(aim)
    return max(abs(here[name] - there[name]) / max(0.05, abs(there[name])) for name in here)


def placed(modality: Modality, aim: Pose, random: np.random.Generator, roughness: float) -> Pose:
    """The aim as it comes out this time: nobody puts a hand down twice alike."""
    spread = _ROUGHNESS[modality]
    here = values_of(aim)
    return changed(aim, **{name: here[name] + roughness * random.normal(0, width) for name, width in spread.items()})


def reaction(modality: Modality, key: str) -> tuple[Move, ...]:
    """What a person tries to do on hearing the sentence of this key."""
    name = key.partition(".")[2] or key
    for pattern, moves in _REACTIONS[modality]:
        if re.search(pattern, name):
            return moves
    return _CAREFUL


def moved(modality: Modality, pose: Pose, moves: tuple[Move, ...], effort: float) -> Pose:
    """The pose aimed at after a reaction; ``effort`` 1 is exactly as told, less too timid, negative the wrong way."""
    neutral = values_of(NEUTRAL[modality])
    for how, name, amount in moves:
        here = values_of(pose)
        match how:
            case "by":
                pose = changed(pose, **{name: here[name] + amount * effort})
            case "times":
                pose = changed(pose, **{name: here[name] * amount**effort})
            case "to":
                pose = changed(pose, **{name: here[name] + (amount - here[name]) * min(1.0, max(0.0, effort))})
            case "mend":
                share = min(1.0, amount * effort)
                pose = changed(pose, **{name: here[name] + (neutral[name] - here[name]) * share})
            case "again":
                pose = toward(pose, NEUTRAL[modality], min(1.0, max(0.0, amount * effort)))
    return pose
