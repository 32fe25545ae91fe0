"""Grown writers: seeded people who sign with the movements of a hand.

A signature is a motor plan, a row of strokes each thrown with a lognormal speed profile along an arc of a circle; the
strokes overlap in time and their velocities add up. That is the sigma-lognormal model of the kinematic theory of
human movements (Plamondon 1995; Plamondon and Djioua 2006; for whole signatures O'Reilly and Plamondon 2009). Signing
again draws every parameter of the plan anew around the person's own, as people do.

Strokes of the plan have y up; samples have y down, as everywhere in this library.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, get_args

import numpy as np
from scipy.special import ndtr, ndtri

from ktpel_capture.arrays import F64, Bool
from ktpel_capture.samples import CaptureInfo, SignatureSample

Kind: TypeAlias = Literal["signature", "line", "dot", "scribble", "blank"]
KINDS: tuple[Kind, ...] = get_args(Kind)

Waypoint: TypeAlias = tuple[float, float, float]
"""Where a stroke ends (u from the letter's start, v above the base line, both in x-heights) and how far it turns on the
way there (rad, counter-clockwise)."""

LETTERS: dict[str, tuple[Waypoint, ...]] = {
    "a": ((0.55, 0.95, 0.5), (0.05, 0.45, 1.5), (0.5, 0.3, 1.9), (0.6, 0.95, 0.5), (0.7, 0.0, 0.3)),
    "d": ((0.5, 0.9, 0.5), (0.0, 0.4, 1.6), (0.5, 0.3, 1.8), (0.65, 2.1, 0.2), (0.7, 0.0, 0.2)),
    "e": ((0.6, 0.75, 0.8), (0.3, 0.95, 1.8), (0.55, 0.0, 1.7)),
    "g": ((0.5, 0.9, 0.5), (0.05, 0.45, 1.5), (0.55, 0.9, 1.8), (0.45, -1.4, -0.2), (0.75, 0.1, -2.4)),
    "h": ((0.45, 2.2, 0.9), (0.2, 0.0, 0.7), (0.55, 0.95, -0.9), (0.7, 0.0, -0.5)),
    "i": ((0.35, 1.0, 0.1), (0.45, 0.0, 0.4)),
    "l": ((0.6, 2.0, 0.8), (0.4, 0.0, 1.2)),
    "m": (
        (0.15, 0.95, -0.3),
        (0.2, 0.0, -0.2),
        (0.5, 0.95, -0.8),
        (0.55, 0.0, -0.4),
        (0.9, 0.9, -0.8),
        (1.0, 0.0, 0.1),
    ),
    "n": ((0.15, 0.95, -0.3), (0.2, 0.0, -0.2), (0.55, 0.95, -0.8), (0.65, 0.0, 0.2)),
    "r": ((0.3, 1.1, -0.2), (0.5, 0.85, -0.9), (0.55, 0.0, 0.5)),
    "s": ((0.5, 1.0, -0.2), (0.45, 0.1, -1.5), (0.6, 0.0, 1.2)),
    "t": ((0.45, 1.9, 0.1), (0.45, 0.0, 0.3)),
    "u": ((0.3, 0.95, 0.1), (0.45, 0.05, 0.9), (0.75, 0.95, 0.7), (0.85, 0.0, 0.3)),
    "y": ((0.3, 0.95, 0.1), (0.45, 0.1, 0.9), (0.7, 0.9, 0.7), (0.5, -1.5, -0.2), (0.95, 0.1, -2.3)),
    "~": ((0.5, 0.45, -0.9), (0.9, 0.25, 0.9)),
}
CAPITALS: dict[str, tuple[Waypoint, ...]] = {
    "A": ((0.9, 2.8, 0.4), (1.3, 0.0, -0.2), (0.3, 1.1, 2.2), (1.7, 0.9, 1.4)),
    "D": ((0.3, 2.6, 0.1), (0.2, 0.0, 0.2), (1.5, 1.3, 2.6), (0.1, 2.5, 1.6), (1.6, 2.2, -0.8)),
    "L": ((0.9, 2.7, 1.0), (0.3, 0.1, 1.0), (0.1, 0.5, -2.6), (1.6, 0.1, 0.9)),
    "M": ((0.4, 2.6, 0.2), (0.6, 0.3, -0.2), (1.3, 2.5, 0.4), (1.6, 0.0, -0.2)),
    "O": ((0.2, 2.4, 1.0), (0.1, 0.3, 1.7), (1.4, 0.6, 1.7), (0.8, 2.5, 2.1), (1.8, 2.0, 1.0)),
    "R": ((0.3, 2.6, 0.0), (0.3, 0.1, 0.2), (0.4, 2.4, -0.3), (1.3, 1.8, -1.8), (0.5, 1.3, -1.4), (1.6, 0.0, 0.6)),
    "S": ((1.2, 2.6, 0.7), (0.5, 1.8, 2.2), (1.1, 0.5, -1.8), (0.1, 0.3, -1.9), (1.5, 0.9, 1.8)),
}
PARAPHS: dict[str, tuple[Waypoint, ...]] = {
    "none": (),
    "tail": ((1.8, 0.5, 0.6),),
    "underline": ((0.6, -0.9, -2.2), (-4.5, -1.1, -0.3), (1.5, -1.3, 2.9)),
    "loop": ((1.2, 1.6, 1.1), (-0.6, 1.2, 2.4), (0.6, -1.2, 1.7), (2.6, 0.3, 1.4)),
    "zigzag": ((0.9, -1.2, -0.5), (-2.2, -1.2, -0.4), (0.6, -1.8, 0.5), (-1.6, -2.1, -0.6), (1.8, -1.9, 0.8)),
}


@dataclass(frozen=True, slots=True, eq=False)
class MotorPlan:
    """The strokes a hand throws, one row each, in order of time.

    Attributes
    ----------
    onset : (n,) s, when the command for the stroke is given.
    delay : (n,) the lognormal's mu: natural logarithm of the time, in s, from command to half the way.
    spread : (n,) the lognormal's sigma: response time, larger is slower.
    length : (n,) mm along the arc.
    heading : (n,) rad, direction at the stroke's start, counter-clockwise from x, y up.
    bend : (n,) rad turned on the way.
    lifted : (n,) True where the stroke moves through the air.
    start : (2,) mm, y up, where the pen first touches.
    """

    onset: F64
    delay: F64
    spread: F64
    length: F64
    heading: F64
    bend: F64
    lifted: Bool
    start: F64

    def reached(self, share: float) -> F64:
        """(n,) s, when each stroke has gone this share of its way (0.5: half)."""
        times: F64 = self.onset + np.exp(self.delay + float(ndtri(share)) * self.spread)
        return times

    def positions(self, t: F64) -> F64:
        """(len(t), 2) mm, y up: where the pen is at these times.

        An arc's chord after the share p of the stroke has the length ``D p sinc(bend p / 2)`` and the direction
        ``heading + bend p / 2``: the integral of the model's velocity in closed form.
        """
        since = np.maximum(t[:, None] - self.onset, 1e-9)
        share = ndtr((np.log(since) - self.delay) / self.spread)
        half = self.bend * share / 2
        chord = self.length * share * np.sinc(half / math.pi)
        along = self.heading + half
        moved: F64 = np.stack([(chord * np.cos(along)).sum(1), (chord * np.sin(along)).sum(1)], 1) + self.start
        return moved


@dataclass(frozen=True, slots=True)
class Style:
    """What stays the same in all a person writes.

    Attributes
    ----------
    tempo : 1 usual, greater faster.
    steadiness : 1 usual, greater varies less from signing to signing.
    weight : 0..1, share of the pad's force range the hand usually presses with.
    contrast : 0..1, how much the force follows the speed.
    tremor : mm, amplitude of the hand's own 8..12 Hz tremor.
    """

    tempo: float
    steadiness: float
    weight: float
    contrast: float
    tremor: float


@dataclass(frozen=True, slots=True)
class SignatureTruth:
    """What was really written.

    Attributes
    ----------
    writer : seed of the writer.
    kind : what was asked for.
    strokes : how often the pen came down.
    duration : s, from first touch to last lift.
    outside : share of the inked path beyond the pad's border.
    extent : (width, height) mm of the ink before the pad cut it.
    """

    writer: int
    kind: Kind
    strokes: int
    duration: float
    outside: float
    extent: tuple[float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Writer:
    """One person who signs.

    Attributes
    ----------
    seed : the person's identity.
    plan : the signature as this person means it.
    style : how this person writes.
    """

    seed: int
    plan: MotorPlan
    style: Style

    def capture(
        self,
        *,
        seed: int,
        rate: float = 100.0,
        pad_size: tuple[float, float] = (96.0, 60.0),
        force: bool = True,
        scale: float = 1.0,
        shift: tuple[float, float] = (0.0, 0.0),
        kind: Kind = "signature",
        hover: bool = True,
        noise: float = 0.01,
        dropped: float = 0.0,
        stamp_faults: float = 0.0,
        tremor: float = 0.0,
        pressure: float = 1.0,
    ) -> tuple[SignatureSample, SignatureTruth]:
        """Sign once on a pad.

        Parameters
        ----------
        seed : of this signing; the same seed signs the same.
        rate : points a second.
        pad_size : (width, height) mm; beyond the border the pad holds the coordinate at the border.
        force : whether the pad reports any.
        scale : of the signature's size.
        shift : (x, y) mm, y down, of the signature on the pad.
        kind : the signature; a plain line or a dot, as someone who cannot write makes; a scribble; or no ink at all.
        hover : whether the pad reports the pen near its surface; without, a lift is one point with the pen up.
        noise : mm, standard deviation of the pad's own noise; coordinates come in steps of 0.01 mm.
        dropped : share of points that are lost.
        stamp_faults : share of stamps that repeat or step back.
        tremor : mm, on top of the hand's own.
        pressure : factor on the hand's usual force; 2 and more saturates.
        """
        if kind not in KINDS:
            raise ValueError(f"kind {kind!r} is not known; one of {', '.join(KINDS)}")
        random = np.random.default_rng([0x516, self.seed & 0xFFFF_FFFF, seed & 0xFFFF_FFFF, KINDS.index(kind)])
        plan = _once_more(_plan_of(kind, self, random), self.style, random)
        stamps, down = _pen_times(plan, rate, random)
        path = plan.positions(stamps)
        path = (path - _middle(path[down])) * (1, -1) * scale
        path += _tremble(stamps, self.style.tremor + tremor, random)
        path = path + np.array(pad_size) / 2 + random.normal(0, (2.0, 1.5)) + np.array(shift)
        if kind == "blank":
            stamps, path, down = stamps[:0], path[:0], down[:0]
        truth = _truth(self.seed, kind, stamps, path, down, pad_size)
        pressed = _force(stamps, path, down, self.style, pressure, random) if force else None

        keep = down | hover
        keep[1:] |= down[:-1] & ~down[1:]
        keep &= random.random(len(keep)) >= dropped
        seen = path + random.normal(0, noise, path.shape)
        seen = np.round(np.clip(seen, 0, pad_size), 2)
        stamps = _faulty_stamps(np.round(stamps, 3)[keep], stamp_faults, random)
        sample = SignatureSample(
            t=stamps,
            x=seen[keep, 0],
            y=seen[keep, 1],
            force=None if pressed is None else np.round(pressed[keep] * 1023) / 1023,
            pen_down=down[keep],
            pad_size=pad_size,
            capture=CaptureInfo(device=f"grown writer {self.seed}"),
        )
        return sample, truth

    def imitate(self, other: Writer, *, skill: float = 0.7) -> Writer:
        """This person forging another's signature after practice.

        The shape comes close, the movement less so: a forger draws slower, at an own rhythm and an own force.

        Parameters
        ----------
        skill : 0..1; 1 has the shape exactly.
        """
        random = np.random.default_rng([0xF0, self.seed & 0xFFFF_FFFF, other.seed & 0xFFFF_FFFF])
        slip = 1 - skill
        plan, count = other.plan, len(other.plan.onset)
        slower = math.exp(0.15 + slip * abs(random.normal(0, 0.9)))
        gaps = np.diff(plan.onset, prepend=0.0) * slower * np.exp(random.normal(0, 0.35 * slip + 0.1, count))
        copied = replace(
            plan,
            onset=np.cumsum(gaps),
            delay=plan.delay + math.log(slower) + random.normal(0, 0.2 * slip, count),
            spread=plan.spread * np.exp(random.normal(0, 0.3 * slip + 0.05, count)),
            length=plan.length * np.exp(random.normal(0, 0.35 * slip, count)),
            heading=plan.heading + random.normal(0, 0.3 * slip, count),
            bend=plan.bend + random.normal(0, 0.3 * slip, count),
        )
        return Writer(self.seed, copied, replace(self.style, steadiness=self.style.steadiness * 0.8))


def grow(seed: int) -> Writer:
    """The person of this seed, with a signature and a way of writing of their own."""
    random = np.random.default_rng([0x5160, seed & 0xFFFF_FFFF])
    style = Style(
        tempo=math.exp(random.normal(0, 0.2)),
        steadiness=math.exp(random.normal(0, 0.25)),
        weight=float(np.clip(random.normal(0.5, 0.12), 0.2, 0.85)),
        contrast=float(random.uniform(0.15, 0.5)),
        tremor=float(random.uniform(0.0, 0.03)),
    )
    plan = _throw(*_spell(random), x_height=random.uniform(3.5, 7.0), tempo=style.tempo, random=random)
    return Writer(seed, _fit(plan, random.uniform(35.0, 70.0), 42.0), style)


def _spell(random: np.random.Generator) -> tuple[F64, F64, Bool]:
    """Waypoints (n + 1, 2) in x-heights, y up, the turn (n,) of each stroke between them, and which are in the air."""
    points: list[tuple[float, float]] = [(0.0, 0.0)]
    bends: list[float] = []
    lifted: list[bool] = []
    width, slant = random.uniform(0.7, 1.5), random.normal(0.25, 0.2)
    marks: list[tuple[float, float]] = []
    base = 0.0

    def write(glyph: tuple[Waypoint, ...], start: float) -> float:
        for u, v, bend in glyph:
            u, v = u * width + random.normal(0, 0.06), v * math.exp(random.normal(0, 0.1)) + random.normal(0, 0.05)
            points.append((start + u + slant * v, v + base))
            bends.append(bend + random.normal(0, 0.25))
            lifted.append(False)
        return start + max(0.3, glyph[-1][0]) * width if glyph else start

    def lift(u: float, v: float) -> None:
        points.append((u + slant * v, v + base))
        bends.append(random.normal(0, 0.6))
        lifted.append(True)

    at = 0.0
    for word in range(1 if random.random() < 0.6 else 2):
        if word:
            at += random.uniform(0.2, 0.8)
            base += random.normal(0.0, 0.4)
            lift(at, random.uniform(0.0, 0.5))
        at = write(CAPITALS[str(random.choice(list(CAPITALS)))], at)
        for letter in random.choice(list(LETTERS), random.integers(1, 6)):
            if random.random() < 0.12:
                lift(at + 0.15, random.uniform(0.0, 0.6))
            if letter in "it" and random.random() < 0.6:
                marks.append((at + 0.4 * width, random.uniform(1.5, 2.3)))
            at = write(LETTERS[str(letter)], at)
    write(PARAPHS[str(random.choice(list(PARAPHS)))], at)
    for u, v in marks:
        lift(u, v)
        write(((0.05, v - 0.1, 0.0),) if random.random() < 0.7 else ((0.9, v + 0.1, 0.1),), u - slant * 0.1)
    if random.random() < 0.2:
        lift(at + 0.3, 0.0)
        write(((0.05, -0.05, 0.0),), at + 0.3)
    return np.array(points), np.array(bends), np.array(lifted)


def _throw(
    points: F64, bends: F64, lifted: Bool, *, x_height: float, tempo: float, random: np.random.Generator
) -> MotorPlan:
    """The motor plan that goes through waypoints: longer strokes take longer, but far less than in proportion."""
    steps = np.diff(points * x_height, axis=0)
    chord = np.maximum(np.hypot(steps[:, 0], steps[:, 1]), 0.05)
    direction = np.arctan2(steps[:, 1], steps[:, 0])
    bends = np.clip(bends, -3.0, 3.0)
    pace = (chord / 6.0) ** 0.3 / tempo
    spread = np.clip(random.normal(0.24, 0.03, len(chord)), 0.12, 0.4)
    delay = np.log(0.17 * pace * np.exp(random.normal(0, 0.06, len(chord))))
    gaps = np.maximum(0.1 * pace, 0.035) * np.exp(random.normal(0, 0.1, len(chord)))
    gaps[lifted] += 0.12 / tempo
    gaps[1:][lifted[:-1]] += 0.12 / tempo
    gaps[0] = 0.0
    peaks = np.cumsum(gaps)
    onset = peaks - np.exp(delay)
    return MotorPlan(
        onset=onset - onset.min(),
        delay=delay,
        spread=spread,
        length=chord / np.sinc(bends / (2 * math.pi)),
        heading=direction - bends / 2,
        bend=bends,
        lifted=lifted,
        start=points[0] * x_height,
    )


def _fit(plan: MotorPlan, width: float, height: float) -> MotorPlan:
    """The plan at the size a person chooses on a pad: this width (mm) unless it would grow higher than ``height``."""
    t, down = _pen_times(plan, 100.0, None)
    ink = plan.positions(t)[down]
    spans = np.maximum(np.ptp(ink, axis=0), 1e-6)
    factor = min(width / spans[0], height / spans[1])
    return replace(plan, length=plan.length * factor, start=plan.start * factor)


def _plan_of(kind: Kind, writer: Writer, random: np.random.Generator) -> MotorPlan:
    if kind in ("signature", "blank"):
        return writer.plan
    if kind == "dot":
        points = np.array([(0.0, 0.0), (0.2, -0.2)])
        bends = np.zeros(1)
    elif kind == "line":
        points = np.array([(0.0, 0.0), (random.uniform(25, 55), random.normal(0, 2))])
        bends = np.array([random.normal(0, 0.15)])
    else:
        count = int(random.integers(60, 120))
        side = np.where(np.arange(count) % 2, 1.0, -1.0)
        points = np.column_stack([side * random.uniform(6, 18, count), random.normal(0, 4, count)])
        bends = random.normal(0, 0.6, count - 1)
    lifted = np.zeros(len(bends), dtype=np.bool_)
    return _throw(points, bends, lifted, x_height=1.0, tempo=writer.style.tempo * 0.7, random=random)


def _once_more(plan: MotorPlan, style: Style, random: np.random.Generator) -> MotorPlan:
    """The plan as it comes out this time."""
    loose, count = 1 / style.steadiness, len(plan.onset)
    tempo = math.exp(random.normal(0, 0.06 * loose))
    stretch = math.exp(random.normal(0, 0.04 * loose))
    gaps = np.diff(plan.onset, prepend=0.0)
    return replace(
        plan,
        onset=np.cumsum(gaps * np.exp(random.normal(0, 0.06 * loose, count))) * tempo,
        delay=plan.delay + math.log(tempo) + random.normal(0, 0.03 * loose, count),
        spread=plan.spread * np.exp(random.normal(0, 0.05 * loose, count)),
        length=plan.length * stretch * np.exp(random.normal(0, 0.05 * loose, count)),
        heading=plan.heading + random.normal(0, 0.03 * loose) + random.normal(0, 0.05 * loose, count),
        bend=plan.bend + random.normal(0, 0.07 * loose, count),
    )


def _pen_times(plan: MotorPlan, rate: float, random: np.random.Generator | None) -> tuple[F64, Bool]:
    """Stamps (s, from 0) at the pad's rate with some jitter, and whether the pen touches."""
    early, late = plan.reached(0.02), plan.reached(0.98)
    start, end = float(early[~plan.lifted].min()), float(late[~plan.lifted].max())
    t = np.arange(start, max(end, start + 0.03), 1 / rate)
    down = np.ones(len(t), dtype=np.bool_)
    for at in np.flatnonzero(plan.lifted):
        down &= ~((t > plan.reached(0.05)[at]) & (t < plan.reached(0.95)[at]))
    if random is not None and len(t) > 1:
        t = t + np.clip(random.normal(0, 0.04, len(t)), -0.3, 0.3) / rate
    return t, down


def _middle(points: F64) -> F64:
    middle: F64 = (points.min(0) + points.max(0)) / 2
    return middle


def _tremble(t: F64, amplitude: float, random: np.random.Generator) -> F64:
    frequency = random.uniform(8.0, 12.0, (2, 3))
    phase = random.uniform(0, 2 * math.pi, (2, 3))
    waves = np.sin(2 * math.pi * frequency[:, :, None] * t + phase[:, :, None]).sum(1) / math.sqrt(3)
    shaken: F64 = amplitude * waves.T
    return shaken


def _force(t: F64, path: F64, down: Bool, style: Style, factor: float, random: np.random.Generator) -> F64:
    """0..1: less where the pen is fast, rising after a touch, falling before a lift."""
    if len(t) < 2:
        return np.full(len(t), style.weight)
    step = np.maximum(np.diff(t, prepend=t[0] - (t[1] - t[0])), 1e-4)
    speed = np.hypot(*np.diff(path, axis=0, prepend=path[:1]).T) / step
    relative = speed / max(float(speed.mean()), 1e-9)
    pressed = style.weight * (1 + style.contrast * (1 - np.minimum(relative, 2.5)))
    slow = np.interp(t, np.linspace(t[0], t[-1], 8), np.exp(random.normal(0, 0.08, 8)))
    pressed = pressed * slow * factor * math.exp(random.normal(0, 0.05))
    near = max(1, round(0.03 / float(np.median(step))))
    inside = np.convolve(down, np.ones(2 * near + 1) / (2 * near + 1))[near : near + len(t)]
    edges = np.clip((inside - 0.5) * 2, 0.15, 1)
    rough = random.normal(0, 0.01, len(t))
    return np.where(down, np.clip(pressed * edges + rough, 0.02, 1.0), 0.0)


def _faulty_stamps(t: F64, share: float, random: np.random.Generator) -> F64:
    """Stamps of which some repeat the one before and some step back behind it, as real pads deliver them."""
    faulty = t.copy()
    wrong = np.flatnonzero(random.random(len(t)) < share)
    wrong = wrong[wrong > 0]
    back = random.random(len(wrong)) < 0.3
    faulty[wrong] = faulty[wrong - 1] - 0.01 * back
    return faulty


def _truth(writer: int, kind: Kind, t: F64, path: F64, down: Bool, pad_size: tuple[float, float]) -> SignatureTruth:
    if not down.any():
        return SignatureTruth(writer, kind, 0, 0.0, 0.0, (0.0, 0.0))
    ink = path[down]
    width, height = np.ptp(ink, axis=0)
    beyond = ((ink < 0) | (ink > pad_size)).any(1)
    strokes = int((np.diff(down.astype(np.int8), prepend=0) == 1).sum())
    return SignatureTruth(
        writer, kind, strokes, float(t[down][-1] - t[down][0]), float(beyond.mean()), (float(width), float(height))
    )
