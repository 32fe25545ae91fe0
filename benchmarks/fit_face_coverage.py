"""Fit the network of ``ktpel_capture.face.coverage``.

``python benchmarks/fit_face_coverage.py draw FOLDER SEED COUNT OUT.npz`` draws coverings on the fitting part of SFHQ's
subset (FOLDER; parts and labels in ``tests/expected/face/sfhq_labels.csv``); run it with a few seeds.
``python benchmarks/fit_face_coverage.py train OUT.onnx DRAWN.npz ...`` fits on them. Only the second needs ``jax``,
``optax`` and ``onnx``, which are no dependencies of the project: give it an environment of its own. Half an hour on
two cores.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np

LABELS = Path(__file__).parents[1] / "tests/expected/face/sfhq_labels.csv"
LAYERS = {
    "half": (3, 6, 16), "quarter": (3, 16, 32), "quarter_again": (3, 32, 32), "eighth": (3, 32, 48),
    "eighth_again": (3, 48, 48), "whole": (3, 48, 64), "whole_again": (3, 64, 64), "eighth_up": (3, 112, 32),
    "quarter_up": (3, 64, 16), "half_up": (1, 32, 16), "half_on": (3, 16, 8), "answer": (1, 8, 1),
}  # fmt: skip
"""Width of the filters, channels in and out."""
HALVING = ("half", "quarter", "eighth", "whole")
BATCH, ROUNDS, RATE = 64, 5, 2e-3


# Drawing


def squares(folder: Path) -> list[Any]:
    """The faces of the fitting part that look ahead, with what is not known or known to be hair."""
    from draw_face_coverings import S, Square, points_of, square_of

    import ktpel_capture as kc
    from ktpel_capture.face import analyse
    from ktpel_capture.quality import Missing

    found = []
    for row in csv.DictReader(LABELS.read_text().splitlines()):
        if row["part"] != "fit" or row["forehead_hidden"] == "unseen":
            continue
        analysis = analyse(kc.FaceSample(cv2.imread(str(folder / row["file"]))[..., ::-1]))
        if isinstance(analysis.aligned, Missing) or isinstance(analysis.mesh, Missing):
            continue
        if isinstance(analysis.pose, Missing) or abs(analysis.pose.yaw) > 0.5:
            continue
        affine = analysis.aligned.to_aligned
        points = points_of(analysis.mesh.points @ affine[:, :2].T + affine[:, 2])
        unknown, hair = np.zeros((S, S), np.uint8), np.zeros((S, S), np.uint8)
        brows = int(points[[105, 334], 1].mean())
        if row["forehead_hidden"] != "0":
            unknown[: brows + 3] = 1
        if row["forehead_hidden"] == "1":
            over = points[[63, 105, 66, 9, 296, 334, 293, 298, 333, 299, 337, 151, 108, 69, 104, 68]]
            cv2.fillConvexPoly(hair, cv2.convexHull(np.round(over).astype(np.int32)), 1)
        if row["lower_hidden"] != "0":
            unknown[int(points[6, 1]) :] = 1
        if row["sunglasses"] != "0":
            unknown[brows : int(points[[119, 348], 1].mean()) + 6] = 1
        found.append(Square(square_of(analysis.aligned.image), points, unknown, hair))
    return found


def draw_many(folder: Path, seed: int, count: int, out: Path) -> None:
    from draw_face_coverings import S, draw, mirror_order

    from ktpel_capture.face.coverage import GRID, SIDE, see

    cv2.setNumThreads(1)
    rng, faces = np.random.default_rng(seed), squares(folder)
    mirrored = mirror_order(faces)
    others = [face.image for face in faces]
    seen = np.zeros((count, SIDE, SIDE, 6), np.float16)
    truth = np.zeros((2, count, GRID, GRID), np.uint8)
    for number in range(count):
        image, points, hidden, weight = draw(faces[rng.integers(len(faces))], others, rng, mirrored)
        small = cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        seen[number] = np.clip(see(small, (points + 0.5) / S), -30, 30)
        for part, picture in enumerate((hidden, weight)):
            truth[part, number] = 255 * cv2.resize(picture, (GRID, GRID), interpolation=cv2.INTER_AREA)
    np.savez(out, seen=seen, hidden=truth[0], weight=truth[1])


# Fitting


def begin() -> dict[str, Any]:
    rng = np.random.default_rng(0)
    weights: dict[str, Any] = {}
    for name, (side, low, high) in LAYERS.items():
        deviation = np.sqrt(2 / (side * side * low))
        weights[name] = rng.normal(0, deviation, (side, side, low, high)).astype(np.float32)
        weights[f"{name}_offset"] = np.zeros(high, np.float32)
    return weights


def answer(weights: dict[str, Any], seen: Any) -> Any:
    """(N, 32, 32) log odds of (N, 64, 64, 6)."""
    import jax
    import jax.numpy as jnp

    def layer(name: str, x: Any) -> Any:
        step = 2 if name in HALVING else 1
        padding = "SAME" if step == 1 else ((0, 1), (0, 1))
        kinds = ("NHWC", "HWIO", "NHWC")
        y = jax.lax.conv_general_dilated(x, weights[name], (step, step), padding, dimension_numbers=kinds)
        y = y + weights[f"{name}_offset"]
        return y if name == "answer" else jnp.maximum(y, 0)

    def beside(coarse: Any, fine: Any) -> Any:
        return jnp.concatenate((jnp.repeat(jnp.repeat(coarse, 2, 1), 2, 2), fine), -1)

    half = layer("half", seen)
    quarter = layer("quarter_again", layer("quarter", half))
    eighth = layer("eighth_again", layer("eighth", quarter))
    whole = layer("whole_again", layer("whole", eighth))
    eighth = layer("eighth_up", beside(whole, eighth))
    quarter = layer("quarter_up", beside(eighth, quarter))
    return layer("answer", layer("half_on", layer("half_up", beside(quarter, half))))[..., 0]


def train(drawn: list[Path], out: Path) -> None:
    import jax
    import jax.numpy as jnp
    import optax

    parts = [np.load(path) for path in drawn]
    seen, hidden, weight = (np.concatenate([part[name] for part in parts]) for name in ("seen", "hidden", "weight"))
    steps = ROUNDS * len(seen) // BATCH
    adam = optax.adamw(optax.cosine_decay_schedule(RATE, steps), weight_decay=1e-4)
    weights = begin()
    state = adam.init(weights)

    def cost(weights: Any, seen: Any, hidden: Any, weight: Any) -> Any:
        odds = answer(weights, seen)
        return ((jnp.logaddexp(0, odds) - odds * hidden) * weight).sum() / weight.sum()

    @jax.jit
    def step(weights: Any, state: Any, seen: Any, hidden: Any, weight: Any) -> Any:
        loss, slope = jax.value_and_grad(cost)(weights, seen, hidden, weight)
        change, state = adam.update(slope, state, weights)
        return optax.apply_updates(weights, change), state, loss

    rng, losses = np.random.default_rng(0), []
    for number in range(steps):
        chosen = rng.integers(0, len(seen), BATCH)
        batch = seen[chosen].astype(np.float32), hidden[chosen] / np.float32(255), weight[chosen] / np.float32(255)
        weights, state, loss = step(weights, state, *batch)
        losses.append(float(loss))
        if number % 200 == 0:
            print(f"{number} of {steps}: {np.mean(losses[-200:]):.4f}", flush=True)
    save({name: np.asarray(value) for name, value in weights.items()}, out)


def save(weights: dict[str, np.ndarray], out: Path) -> None:
    """The network as ONNX, opset 13: convolutions, cut-off, doubling, joining."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    nodes, constants = [], [numpy_helper.from_array(np.array([1, 1, 2, 2], np.float32), "twice")]

    def layer(name: str, source: str) -> str:
        kernel = np.ascontiguousarray(weights[name].transpose(3, 2, 0, 1))
        constants.append(numpy_helper.from_array(kernel, f"{name}.weight"))
        constants.append(numpy_helper.from_array(weights[f"{name}_offset"], f"{name}.offset"))
        side, step = kernel.shape[2], 2 if name in HALVING else 1
        pads = [0] * 4 if side == 1 else [0, 0, 1, 1] if step == 2 else [1] * 4
        inputs, last = [source, f"{name}.weight", f"{name}.offset"], name == "answer"
        nodes.append(helper.make_node("Conv", inputs, [name if last else f"{name}.sum"], strides=[step] * 2, pads=pads))
        if not last:
            nodes.append(helper.make_node("Relu", [f"{name}.sum"], [name]))
        return name

    def beside(coarse: str, fine: str) -> str:
        larger, joined = f"{coarse}.larger", f"{coarse}.beside"
        how = {"mode": "nearest", "nearest_mode": "floor", "coordinate_transformation_mode": "asymmetric"}
        nodes.append(helper.make_node("Resize", [coarse, "", "twice"], [larger], **how))
        nodes.append(helper.make_node("Concat", [larger, fine], [joined], axis=1))
        return joined

    half = layer("half", "seen")
    quarter = layer("quarter_again", layer("quarter", half))
    eighth = layer("eighth_again", layer("eighth", quarter))
    whole = layer("whole_again", layer("whole", eighth))
    eighth = layer("eighth_up", beside(whole, eighth))
    quarter = layer("quarter_up", beside(eighth, quarter))
    last = layer("answer", layer("half_on", layer("half_up", beside(quarter, half))))
    seen = helper.make_tensor_value_info("seen", TensorProto.FLOAT, [1, 6, 64, 64])
    found = helper.make_tensor_value_info(last, TensorProto.FLOAT, [1, 1, 32, 32])
    graph = helper.make_graph(nodes, "face coverage", [seen], [found], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, str(out))


if __name__ == "__main__":
    if sys.argv[1] == "draw":
        draw_many(Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), Path(sys.argv[5]))
    else:
        train([Path(name) for name in sys.argv[3:]], Path(sys.argv[2]))
