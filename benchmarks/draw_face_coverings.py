"""Drawn coverings for fitting ``ktpel_capture.face.coverage``: scarves, veils, masks, hands, hair, brims, things.

Everything is drawn on a 128x128 square of the aligned face (the square that the network sees), with truth.
Other code than ``ktpel_capture.face.coverings``, on purpose: what is fitted here is tested on those.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ktpel_capture.face.coverage import LEFT, SPAN, TOP
from ktpel_capture.face.scenery import FACE_OVAL

S = 128
KINDS = (
    "bare", "bare", "proper", "chin", "cheek", "forehead", "low", "veil", "mask", "mask", "hand", "hand", "fringe",
    "side hair", "thing", "brim",
)  # fmt: skip
YY, XX = np.mgrid[0:S, 0:S].astype(np.float32)
Rng = np.random.Generator


@dataclass(frozen=True)
class Square:
    """A face to draw on.

    Attributes
    ----------
    image : (128, 128, 3) RGB.
    points : (468, 2) landmarks, px of it.
    unknown : (128, 128) uint8, 1 where hair or a hat may hide skin and nobody drew the border.
    hair : (128, 128) uint8, 1 where real hair hides the forehead, by our labels.
    """

    image: np.ndarray
    points: np.ndarray
    unknown: np.ndarray
    hair: np.ndarray


def square_of(aligned: np.ndarray) -> np.ndarray:
    return cv2.resize(aligned[TOP : TOP + SPAN, LEFT : LEFT + SPAN], (S, S), interpolation=cv2.INTER_AREA)


def points_of(aligned_points: np.ndarray) -> np.ndarray:
    return (aligned_points[:468] - [LEFT, TOP] + 0.5) / SPAN * S - 0.5


def filled(outline: np.ndarray) -> np.ndarray:
    mask = np.zeros((S, S), np.uint8)
    cv2.fillPoly(mask, [np.round(outline * 16).astype(np.int32)], 1, cv2.LINE_8, 4)
    return mask.astype(np.float32)


def clouds(rng: Rng, cells: int, strength: float = 1.0) -> np.ndarray:
    return cv2.resize(rng.normal(0, strength, (cells, cells)).astype(np.float32), (S, S), interpolation=cv2.INTER_CUBIC)


def between(value: float, low: float, high: float) -> int:
    return int(np.clip(value, low, high))


# Cloth


def some_colour(rng: Rng, skin: np.ndarray) -> np.ndarray:
    """Dark, white, near the skin, grey, or anything."""
    kind = rng.random()
    if kind < 0.36:
        levels = rng.integers(5, 45, 3) if kind < 0.18 else rng.integers(190, 255, 3)
        return levels.mean() * 0.7 + levels * 0.3
    if kind < 0.55:
        return np.clip(skin * rng.uniform(0.6, 1.5) + rng.normal(0, 14, 3), 3, 252)
    if kind < 0.7:
        return np.clip(rng.integers(40, 200) + rng.normal(0, 8, 3), 3, 252)
    return rng.integers(5, 250, 3) * 1.0


def some_cloth(rng: Rng, skin: np.ndarray, others: list[np.ndarray]) -> np.ndarray:
    """(128, 128, 3) one colour, a part of another picture, stripes or checks; with folds and grain."""
    kind = rng.random()
    if kind < 0.62:
        cloth = np.ones((S, S, 3), np.float32) * some_colour(rng, skin)
    elif kind < 0.85:
        size = int(rng.integers(14, 90))
        y, x = rng.integers(0, S - size, 2)
        part = others[rng.integers(len(others))][y : y + size, x : x + size]
        cloth = cv2.resize(part, (S, S), interpolation=cv2.INTER_LINEAR).astype(np.float32)
    else:
        first, second = some_colour(rng, skin), some_colour(rng, skin)
        turn, pitch = rng.uniform(0, np.pi), rng.uniform(0.15, 1.2)
        wave = np.sin((XX * np.cos(turn) + YY * np.sin(turn)) * pitch)
        if rng.random() < 0.5:
            wave = wave * np.sin((XX * np.sin(turn) - YY * np.cos(turn)) * pitch)
        stripe = (wave > rng.uniform(-0.3, 0.6)).astype(np.float32)[..., None]
        cloth = first * stripe + second * (1 - stripe)
    shade = 1 + clouds(rng, int(rng.integers(3, 9)), rng.uniform(0, 0.12))
    if rng.random() < 0.6:
        for _ in range(int(rng.integers(1, 4))):
            turn = rng.uniform(0, np.pi)
            along = XX * np.cos(turn) + YY * np.sin(turn) + clouds(rng, 4, 6)
            shade = shade + rng.uniform(0.02, 0.12) * np.sin(along * rng.uniform(0.05, 0.5) + rng.uniform(0, 6))
    if rng.random() < 0.4:
        cloth = cloth + rng.normal(0, rng.uniform(1, 7), (S, S, 1))
    return np.clip(cloth * shade[..., None], 0, 255).astype(np.float32)


def laid(image: np.ndarray, mask: np.ndarray, colours: np.ndarray, rng: Rng) -> tuple[np.ndarray, np.ndarray]:
    """The picture with something before it that throws a shadow and is lit as the face is; and how much of it hides."""
    soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), rng.uniform(0.3, 1.1))
    below = image.astype(np.float32)
    if rng.random() < 0.7:
        across, down = rng.normal(0, 2.5, 2)
        down = abs(down) if rng.random() < 0.6 else down
        moved = cv2.warpAffine(mask.astype(np.float32), np.float32([[1, 0, across], [0, 1, down]]), (S, S))
        shadow = cv2.GaussianBlur(moved, (0, 0), rng.uniform(1, 5))
        below = below * (1 - rng.uniform(0.05, 0.5) * shadow)[..., None]
    if rng.random() < 0.7:
        light = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
        light = cv2.GaussianBlur(light, (0, 0), rng.uniform(9, 20))
        light = np.clip(light / max(light.mean(), 1), 0.3, 1.8)
        colours = colours * (1 + 0.6 * rng.random() * (light - 1))[..., None]
    return np.clip(below * (1 - soft[..., None]) + colours * soft[..., None], 0, 255).astype(np.uint8), soft


# What is worn or held


def middle_of(points: np.ndarray) -> np.ndarray:
    return points[[10, 152, 234, 454]].mean(0)


def opening(points: np.ndarray, rng: Rng, top: float, bottom: float, left: float, right: float) -> np.ndarray:
    """Outline of what a scarf leaves bare: shares of the way from the middle of the face to its edge."""
    away = points[list(FACE_OVAL)] - middle_of(points)
    angle = np.arctan2(away[:, 1], away[:, 0])
    across, down = np.cos(angle), np.sin(angle)
    share = np.where(across > 0, right, left) * across**2 + np.where(down > 0, bottom, top) * down**2
    waves = rng.normal(0, 0.03) * np.sin(2 * angle + rng.uniform(0, 6))
    waves = waves + rng.normal(0, 0.015) * np.sin(3 * angle + rng.uniform(0, 6))
    return middle_of(points) + away * (share * (1 + waves))[:, None]


def with_scarf(image, points, rng, skin, others, kind):
    top, bottom, left, right = rng.uniform(0.9, 1.12, 4)
    match kind:
        case "chin":
            bottom = rng.uniform(0.35, 0.85)
        case "cheek" if rng.random() < 0.5:
            left = rng.uniform(0.3, 0.75)
        case "cheek":
            right = rng.uniform(0.3, 0.75)
        case "forehead":
            top = rng.uniform(0.28, 0.72)
        case "low":
            bottom = rng.uniform(-0.05, 0.5)
            left = min(left, rng.uniform(0.8, 1.1))
        case "veil":
            top, bottom = rng.uniform(0.4, 1), rng.uniform(-0.25, 0.12)
            left = right = rng.uniform(0.85, 1.1)
    if kind in ("chin", "cheek", "forehead") and rng.random() < 0.25:
        bottom, top = min(bottom, rng.uniform(0.5, 1)), min(top, rng.uniform(0.5, 1))
    outline = opening(points, rng, top, bottom, left, right)
    bare = filled(outline)
    if kind == "veil" or bottom < 0.1:  # a straight lower edge
        bare = filled(opening(points, rng, top, 1.0, left, right))
        middle = middle_of(points)[1]
        edge = middle + bottom * (points[152, 1] - middle)
        bare[edge + rng.normal(0, 0.05) * (XX - 64) + rng.normal(0, 0.0025) * (XX - 64) ** 2 < YY] = 0
    image, hidden = laid(image, 1 - bare, some_cloth(rng, skin, others), rng)
    if rng.random() < 0.3:  # a second layer, or an inner cap
        centre = points[[10, 152]].mean(0)
        wider = filled(centre + (outline - centre) * rng.uniform(1.03, 1.2))
        image, _ = laid(image, np.minimum(1 - bare, 1 - wider), some_cloth(rng, skin, others), rng)
    return image, hidden


def with_mask(image, points, rng, skin, others):
    nudge = rng.normal(0, 2, 2)
    top = points[[6, 197, 195, 5, 4, 1]][rng.integers(0, 6)] + nudge
    right, left = ((234, 454), (227, 447), (93, 323))[rng.integers(3)]
    jaw = points[[172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397]]
    jaw = points[1] + (jaw - points[1]) * (rng.uniform(0.7, 0.95) if rng.random() < 0.15 else rng.uniform(0.96, 1.2))
    sides = points[[left, right]]
    if rng.random() < 0.5:
        sides[0] = sides[0] * 0.7 + points[4] * 0.3
    hull = cv2.convexHull(np.vstack((top, sides, jaw)).astype(np.float32))[:, 0]
    mask = filled(hull)
    mask[: max(0, int(top[1]))] = 0
    cloth = some_cloth(rng, skin, others)
    if rng.random() < 0.5:
        pleats = np.sin(YY * rng.uniform(0.3, 1.1) + 0.002 * (XX - 64) ** 2)
        cloth = np.clip(cloth * (1 + rng.uniform(0.02, 0.12) * pleats)[..., None], 0, 255)
    return laid(image, mask, cloth, rng)


def with_hand(image, points, rng, skin):
    about = points[[152, 50, 280, 13, 4, 10, 205, 425][rng.integers(8)]]
    at = points[list(FACE_OVAL)].mean(0) * 0.3 + about * 0.7 + rng.normal(0, 6, 2)
    angle, fingers, width = rng.uniform(0, 2 * np.pi), int(rng.integers(1, 5)), rng.uniform(8, 14)
    along = np.array([np.cos(angle), np.sin(angle)])
    beside = np.array([-along[1], along[0]])
    tone = skin * rng.uniform(0.75, 1.25) + rng.normal(0, 6, 3)
    parts = []
    if rng.random() < 0.6:
        palm = np.zeros((S, S), np.uint8)
        centre, axes = at - along * rng.uniform(8, 30), width * rng.uniform(1.6, 2.5, 2)
        cv2.ellipse(palm, centre.astype(int).tolist(), axes.astype(int).tolist(), np.degrees(angle), 0, 360, 1, -1)
        parts.append(palm)
    for finger in range(fingers):
        shape = np.zeros((S, S), np.uint8)
        base = at + beside * (finger - (fingers - 1) / 2) * width * rng.uniform(0.98, 1.25)
        line = np.int32([
            base + along * rng.uniform(4, 26), base + beside * rng.normal(0, 2), base - along * rng.uniform(40, 140)
        ])  # fmt: skip
        cv2.polylines(shape, [line], False, 1, max(2, int(width * rng.uniform(0.85, 1))))
        parts.append(shape)
    hidden = np.zeros((S, S), np.float32)
    for part in parts:
        depth = np.sqrt(np.clip(cv2.distanceTransform(part, cv2.DIST_L2, 3) / (width * 0.5), 0, 1))
        rim = rng.uniform(0.55, 0.9)
        shade = (rim + (1 - rim) * depth) * (1 + clouds(rng, 5, 0.06))
        image, soft = laid(image, part.astype(np.float32), (tone * shade[..., None]).astype(np.float32), rng)
        hidden = np.maximum(hidden, soft)
    return image, hidden


def with_hair(image, points, rng, skin, where):
    above = image[: max(4, int(points[10, 1])), 40:88].reshape(-1, 3)
    colour = np.median(above, 0) if rng.random() < 0.5 else some_colour(rng, skin * 0.5)
    colour = np.clip(colour * rng.uniform(0.5, 1.1), 4, 230)
    drawn, mask, t = image.copy(), np.zeros((S, S), np.uint8), np.linspace(0, 1, 9)
    right, left, top = points[234, 0], points[454, 0], points[10, 1]
    middle, lean = (right + left) / 2, rng.normal(0, 20)
    start, end = ((right, left), (right, middle), (middle, left), (right + 8, left - 8))[rng.integers(4)]
    low = top + (points[159, 1] - top) * rng.uniform(0.35, 1.15)
    at_right, inwards = rng.random() < 0.5, rng.uniform(0.05, 0.55) * (left - right)
    for _ in range(int(rng.integers(40, 200)) if rng.random() < 0.8 else int(rng.integers(8, 40))):
        if where == "fringe":
            y = top - rng.uniform(2, 30)
            x = rng.uniform(start - 6, end + 6) + lean * t**1.5 + rng.normal(0, 4) * t**2
            strand = np.column_stack((x, y + (low + rng.normal(0, 4) - y) * t))
        else:
            u, y = rng.random(), top - 20 + rng.uniform(-10, 30)
            x = (right + inwards * u - 8 * (1 - u)) if at_right else (left - inwards * u + 8 * (1 - u))
            x = x + rng.normal(0, 2) + rng.normal(0, 5) * np.sin(t * rng.uniform(1, 5))
            strand = np.column_stack((x, y + (S + 5 - y) * t))
        width, shade = int(rng.integers(1, 4)), np.clip(colour * rng.uniform(0.55, 1.45), 0, 255).tolist()
        cv2.polylines(drawn, [np.round(strand * 8).astype(np.int32)], False, shade, width, cv2.LINE_AA, 3)
        cv2.polylines(mask, [np.round(strand * 8).astype(np.int32)], False, 1, width, cv2.LINE_8, 3)
    dense = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 1.5) > 0.45
    return drawn, dense.astype(np.float32)


def with_thing(image, points, rng, skin, others):
    mask, size = np.zeros((S, S), np.uint8), rng.uniform(8, 30)
    centre = points[list(FACE_OVAL)].mean(0) + rng.normal(0, 24, 2)
    sides, turn = size * np.array([rng.uniform(0.6, 1.3), rng.uniform(0.4, 1)]), float(rng.uniform(0, 180))
    if rng.random() < 0.5:
        cv2.ellipse(mask, centre.astype(int).tolist(), sides.astype(int).tolist(), turn, 0, 360, 1, -1)
    else:
        corners = cv2.boxPoints((tuple(centre.tolist()), tuple((2 * sides).tolist()), turn))
        cv2.fillPoly(mask, [corners.astype(np.int32)], 1)
    return laid(image, mask.astype(np.float32), some_cloth(rng, skin, others), rng)


def with_brim(image, points, rng, skin, others):
    """A hat down to somewhere between hair and brows, and the shadow of its brim, which hides nothing."""
    y = points[10, 1] + (points[66, 1] - points[10, 1]) * rng.uniform(-0.1, 1.1)
    edge = y + rng.normal(0, 0.08) * (XX - 64) + rng.normal(0, 0.003) * (XX - 64) ** 2
    image, hidden = laid(image, (edge > YY).astype(np.float32), some_cloth(rng, skin, others), rng)
    if rng.random() < 0.7:
        shade = cv2.GaussianBlur((y + rng.uniform(4, 30) > YY).astype(np.float32), (0, 0), rng.uniform(1, 6))
        image = np.clip(image * (1 - rng.uniform(0.1, 0.75) * shade * (1 - hidden))[..., None], 0, 255).astype(np.uint8)
    return image, hidden


# Light and camera


def with_shadow(image, points, rng):
    """A hard or soft edge, spots, or a dark lower chin: none of them hides anything."""
    kind, strength = rng.random(), rng.uniform(0.1, 0.8)
    if kind < 0.4:
        turn, origin = rng.uniform(0, 2 * np.pi), points[list(FACE_OVAL)].mean(0) + rng.normal(0, 15, 2)
        across = (XX - origin[0]) * np.cos(turn) + (YY - origin[1]) * np.sin(turn)
        shade = 1 / (1 + np.exp(-across / rng.uniform(0.6, 18)))
    elif kind < 0.7:
        spots = (clouds(rng, int(rng.integers(3, 7))) > 0.3).astype(np.float32)
        shade = cv2.GaussianBlur(spots, (0, 0), rng.uniform(0.7, 6))
    else:
        y = points[152, 1] - rng.uniform(0, 35)
        shade = 1 / (1 + np.exp(-(YY - y - 0.004 * (XX - 64) ** 2) / rng.uniform(0.8, 6)))
    return np.clip(image * (1 - strength * shade)[..., None], 0, 255).astype(np.uint8)


def photographed(image, rng):
    """Other light, colours, sharpness, noise and compression; now and then without colour or from few pixels."""
    light = image.astype(np.float32)
    if rng.random() < 0.15:
        grey = light.mean(2, keepdims=True)
        light = grey + (light - grey) * rng.uniform(0, 0.7)
    gain, tint = 2 ** rng.uniform(-1.2, 0.5), 2 ** rng.normal(0, 0.12, 3)
    light = 255 * np.clip(light / 255, 0, 1) ** rng.uniform(0.75, 1.35) * gain * tint
    if rng.random() < 0.3:
        light = light + rng.uniform(0, 25)
    if rng.random() < 0.5:
        turn = rng.uniform(0, 2 * np.pi)
        slope = ((XX - 64) * np.cos(turn) + (YY - 64) * np.sin(turn)) / 64
        light = light * np.clip(1 + rng.uniform(0, 0.6) * slope, 0.15, 2)[..., None]
    if rng.random() < 0.5:
        light = cv2.GaussianBlur(light, (0, 0), rng.uniform(0.4, 2.2))
    levels = np.clip(light + rng.normal(0, rng.uniform(0, 5), light.shape), 0, 255).astype(np.uint8)
    if rng.random() < 0.3:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 85))]
        levels = cv2.imdecode(cv2.imencode(".jpg", levels, quality)[1], cv2.IMREAD_COLOR)
    if rng.random() < 0.12:
        few = int(rng.integers(26, 60))
        levels = cv2.resize(levels, (few, few), interpolation=cv2.INTER_AREA)
        levels = cv2.resize(levels, (S, S), interpolation=cv2.INTER_LINEAR)
    return levels


def mirror_order(faces: list[Square]) -> np.ndarray:
    """Which landmark stands where another stood once the picture is mirrored."""
    mean = np.mean([face.points for face in faces], 0)
    mean = mean - mean[[10, 152, 1]].mean(0)
    return np.linalg.norm((mean * [-1, 1])[:, None] - mean[None], axis=2).argmin(1)


def moved(square: Square, rng: Rng, mirrored: np.ndarray) -> Square:
    """Perhaps mirrored; turned, scaled, stretched and shifted a little."""
    parts = [square.image, square.unknown, square.hair]
    points = square.points
    if rng.random() < 0.5:
        parts = [np.ascontiguousarray(part[:, ::-1]) for part in parts]
        points = points[mirrored] * [-1, 1] + [S - 1, 0]
    affine = cv2.getRotationMatrix2D((64, 64), rng.normal(0, 3), rng.uniform(0.93, 1.08))
    affine[:, 2] += rng.normal(0, 2.5, 2)
    affine[0] *= 1 + rng.normal(0, 0.035)
    image = cv2.warpAffine(parts[0], affine, (S, S), borderMode=cv2.BORDER_REPLICATE)
    others = [cv2.warpAffine(part, affine, (S, S)) for part in parts[1:]]
    return Square(image, points @ affine[:, :2].T + affine[:, 2], *others)


def draw(square, others, rng, mirrored):
    """A covered or bare face: picture, landmarks as they may be found, what is hidden (0..1), weight of that truth.

    Parameters
    ----------
    square : the face.
    others : squares of other faces, as cloth.
    mirrored : from `mirror_order`.
    """
    square = moved(square, rng, mirrored)
    image, points, unknown = square.image, square.points, square.unknown
    kind = KINDS[rng.integers(len(KINDS))]
    spots = [(between(x, 3, S - 4), between(y, 3, S - 4)) for x, y in points[[50, 280, 5]]]
    near = [image[y - 3 : y + 4, x - 3 : x + 4].reshape(-1, 3) for x, y in spots]
    skin = np.median(np.concatenate(near), 0).astype(np.float32)
    if rng.random() < 0.35:
        image = with_shadow(image, points, rng)
    hidden = np.zeros((S, S), np.float32)
    match kind:
        case "proper" | "chin" | "cheek" | "forehead" | "low" | "veil":
            image, hidden = with_scarf(image, points, rng, skin, others, kind)
        case "mask":
            image, hidden = with_mask(image, points, rng, skin, others)
        case "hand":
            image, hidden = with_hand(image, points, rng, skin)
        case "fringe" | "side hair":
            image, hidden = with_hair(image, points, rng, skin, kind)
        case "thing":
            image, hidden = with_thing(image, points, rng, skin, others)
        case "brim":
            image, hidden = with_brim(image, points, rng, skin, others)
    if kind != "bare" and rng.random() < 0.12:
        more = (with_thing, with_mask)[rng.integers(2)]
        image, second = more(image, points, rng, skin, others)
        hidden = np.maximum(hidden, second)
    if rng.random() < 0.25:
        image = with_shadow(image, points, rng)
    image = photographed(image, rng)
    outside = np.zeros((S, S), np.uint8)
    if rng.random() < 0.2:  # a face that the picture's edge cuts
        centre = points[list(FACE_OVAL)].mean(0) + rng.normal(0, 5, 2)
        sides = float(rng.uniform(75, 170)), float(rng.uniform(80, 170))
        outside[:] = 1
        corners = cv2.boxPoints((tuple(centre.tolist()), sides, float(rng.normal(0, 12))))
        cv2.fillPoly(outside, [np.round(corners).astype(np.int32)], 0)
        image = image * (1 - outside[..., None])
    hidden = np.maximum(hidden, 0.92 * square.hair)
    jitter = cv2.getRotationMatrix2D((64, 64), rng.normal(0, 2), rng.uniform(0.96, 1.04))
    jitter[:, 2] += rng.normal(0, 1.5, 2)
    found = points @ jitter[:, :2].T + jitter[:, 2]
    if hidden.any() and rng.random() < 0.5:  # what is hidden is guessed
        low = found[:, 1] > found[4, 1]
        found[low, 1] = found[4, 1] + (found[low, 1] - found[4, 1]) * rng.uniform(0.9, 1.12)
    near = cv2.dilate(filled(found[list(FACE_OVAL)]).astype(np.uint8), np.ones((9, 9), np.uint8)).astype(np.float32)
    weight = 0.15 + 0.85 * cv2.GaussianBlur(near, (0, 0), 2)
    weight[(unknown > 0) & (square.hair == 0) & (hidden < 0.5) | (outside > 0)] = 0
    return image, found, hidden, weight
