"""The packaged neural networks, each loaded once a thread.

OpenCV's ``dnn`` runs them; where the extra ``litert`` is installed LiteRT does, about twice as fast and with the same
results (landmarks within 2e-4 px, blendshapes within 1e-6). A ``cv2.dnn`` network must never be shared between
threads: four threads on one network ended the process.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache
from importlib.resources import as_file, files
from importlib.util import find_spec
from typing import Any, Literal, TypeAlias

import cv2
import numpy as np

from ktpel_capture.arrays import F32, U8

NetworkName: TypeAlias = Literal[
    "face_detection_short_range",
    "face_detection_full_range",
    "face_landmarks_detector",
    "face_blendshapes",
    "selfie_segmentation",
]
Runtime: TypeAlias = Literal["opencv", "litert"]
Network: TypeAlias = Callable[[F32], tuple[F32, ...]]
"""From a (1, height, width, channels) or (1, points, 2) float32 to the outputs, each a row of float32."""

_OUTPUTS: dict[NetworkName, tuple[str, ...]] = {
    "face_detection_short_range": ("regressors", "classificators"),
    "face_detection_full_range": ("reshaped_regressor_face_4", "reshaped_classifier_face_4"),
    "face_landmarks_detector": ("Identity", "Identity_1"),
    "face_blendshapes": ("StatefulPartitionedCall:0",),
    "selfie_segmentation": ("activation_10",),
}
_loaded = threading.local()


@cache
def runtime() -> Runtime:
    """What runs the networks here: ``litert`` where the extra is installed, else ``opencv``."""
    return "litert" if find_spec("ai_edge_litert") else "opencv"


def network(name: NetworkName, using: Runtime | None = None) -> Network:
    """The network of this thread, loaded at its first use.

    Parameters
    ----------
    name : file name of the model without its ending.
    using : the runtime, or None for `runtime`.
    """
    chosen = using or runtime()
    ours: dict[tuple[str, str], Network] = _loaded.__dict__.setdefault("networks", {})
    if (chosen, name) not in ours:
        ours[chosen, name] = _LOADERS[chosen](name)
    return ours[chosen, name]


@cache
def model_bytes(file_name: str) -> bytes:
    """A file of the package's ``models`` folder."""
    return files(__package__).joinpath("models", file_name).read_bytes()


def _opencv_network(name: NetworkName) -> Network:
    if hasattr(cv2.dnn, "ENGINE_CLASSIC"):
        # OpenCV 5's default engine drops all outputs but one, and from a buffer it takes that engine whatever is asked.
        with as_file(files(__package__).joinpath("models", f"{name}.tflite")) as path:
            net = cv2.dnn.readNetFromTFLite(str(path), engine=cv2.dnn.ENGINE_CLASSIC)
    else:
        model: U8 = np.frombuffer(model_bytes(f"{name}.tflite"), np.uint8)
        net = cv2.dnn.readNetFromTFLite(model)
    names = _OUTPUTS[name]
    if name == "selfie_segmentation":
        return _with_last_step(net)

    def run(batch: F32) -> tuple[F32, ...]:
        net.setInput(np.ascontiguousarray(batch.transpose(0, 3, 1, 2)) if batch.ndim == 4 else batch)
        outputs = net.forward(names)
        return tuple(np.asarray(output, np.float32).ravel() for output in outputs)

    return run


def _with_last_step(net: Any) -> Network:
    """Segmentation with its last layer as one matrix product: OpenCV 5.0 takes longer for that layer than for the rest.

    The layer is a transposed convolution of 2x2 px at steps of 2, so its outputs do not overlap. ``einsum`` and not
    ``@``: for so small a product OpenBLAS wakes all its threads, which then spin and halve the speed of what follows.
    """
    kernel, offset = (np.asarray(net.getParam("segment", number), np.float32) for number in (0, 1))
    weights: F32 = np.ascontiguousarray(kernel.reshape(-1, 4).T)

    def run(batch: F32) -> tuple[F32, ...]:
        net.setInput(np.ascontiguousarray(batch.transpose(0, 3, 1, 2)))
        features = net.forward(["add_13__xeno_compat__1"])[0]
        depth, rows, columns = features.shape[1:]
        quarters: F32 = np.einsum("qd,dp->qp", weights, features.reshape(depth, -1)).reshape(2, 2, rows, columns)
        logits = quarters.transpose(2, 0, 3, 1).ravel() + offset.ravel()[0]
        return (1 / (1 + np.exp(-np.clip(logits, -80, 80))),)

    return run


def _litert_network(name: NetworkName) -> Network:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=model_bytes(f"{name}.tflite"), num_threads=1)
    interpreter.allocate_tensors()
    source = interpreter.get_input_details()[0]["index"]
    found = {detail["name"].removesuffix(":0"): detail["index"] for detail in interpreter.get_output_details()}
    targets = [found[output.removesuffix(":0")] for output in _OUTPUTS[name]]

    def run(batch: F32) -> tuple[F32, ...]:
        interpreter.set_tensor(source, np.ascontiguousarray(batch, np.float32))
        interpreter.invoke()
        return tuple(np.asarray(interpreter.get_tensor(index), np.float32).ravel() for index in targets)

    return run


_LOADERS: dict[Runtime, Callable[[NetworkName], Network]] = {"opencv": _opencv_network, "litert": _litert_network}
