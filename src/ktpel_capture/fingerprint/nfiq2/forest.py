"""NIST's random forest: from the 69 native values to the unified quality score."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files

import numpy as np

from ktpel_capture.arrays import F32, I32

MODEL = "nist_plain_tir-ink"
"""NIST's name of the parameters: plain prints from optical and inked capture."""


@dataclass(frozen=True, slots=True, eq=False)
class Forest:
    """All trees in one table of nodes.

    Attributes
    ----------
    names : NIST's identifiers of the inputs, in input order.
    variable : (N,) the input a node looks at, -1 at a leaf.
    threshold : (N,) float32; the left branch is taken at or below it.
    left, right : (N,) node that follows.
    value : (N,) float32, what a leaf adds to the score.
    roots : (100,) first node of each tree.
    """

    names: tuple[str, ...]
    variable: I32
    threshold: F32
    left: I32
    right: I32
    value: F32
    roots: I32


@cache
def forest() -> Forest:
    """NIST's forest, read once."""
    with as_file(files(__package__).joinpath("forest.npz")) as path, np.load(path) as data:
        roots = data["tree_off"].astype(np.int32)
        offset = np.repeat(roots, data["tree_n"])
        return Forest(
            tuple(str(name) for name in data["feature_names"]),
            data["var"].astype(np.int32),
            data["thr"],
            data["left"] + offset,
            data["right"] + offset,
            data["value"],
            roots,
        )


def unified_quality(values: Mapping[str, float]) -> int:
    """The unified quality score 0..100 of the 69 native values.

    Source: NIST NFIQ 2.3, `RandomForestML::evaluate`: the trees' share of votes for a good print, in percent.
    """
    trees = forest()
    inputs = np.array([values[name] for name in trees.names], np.float32)
    node = trees.roots
    inner = trees.variable[node] >= 0
    while inner.any():
        low = inputs[trees.variable[node]] <= trees.threshold[node]
        node = np.where(inner, np.where(low, trees.left[node], trees.right[node]), node)
        inner = trees.variable[node] >= 0
    votes = np.cumsum(trees.value[node], dtype=np.float32)[-1]
    return math.floor(float(votes) / len(trees.roots) * 100 + 0.5)
