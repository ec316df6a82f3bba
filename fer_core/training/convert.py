"""A keras network -> the TFLite file that serves: the candidates, measured on validation, and the choice."""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np

from fer_core.errors import ModelError
from fer_core.faces import FACE_SIZE
from fer_core.model import Network
from fer_core.splits import Faces
from fer_core.training.float_ends import with_float_ends

PRECISIONS: Final = ("float32", "float16", "int8")
"""Of the weights; activations stay float32. int8: dynamic range, quantised as the graph runs; see `float_ends`."""
MAX_ACCURACY_LOSS: Final = 0.003
MIN_AGREEMENT: Final = 0.995
_SPEED_MARGIN: Final = 0.9  # a smaller file is preferred unless a larger one needs under 90 % of its time
# Faces that are timed, MAX_BATCH at a time; in cards from before 22 November 2026 all at once.
_MANY: Final = 64


@dataclass(frozen=True)
class Candidate:
    """One conversion and what was measured of it: accuracy on validation, share of equal labels, milliseconds."""

    precision: str
    content: bytes
    accuracy: float
    agreement: float
    ms_one_face: float
    ms_batch: float

    @property
    def record(self) -> dict[str, Any]:
        """The card's line."""
        return {
            "bytes": len(self.content),
            "validation_accuracy": self.accuracy,
            "label_agreement": self.agreement,
            "ms_one_face": round(self.ms_one_face, 3),
            f"ms_{_MANY}_faces": round(self.ms_batch, 2),
        }


def convert(network: keras.Model, precision: str) -> bytes:
    """TFLite bytes with (N, 48, 48) uint8 in and (N, 7) logits out.

    `network` must have been built under float32 (see `as_float32`): mixed precision does not convert.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    if keras.backend.backend() != "tensorflow":
        return _convert_elsewhere(network, precision)
    import tensorflow as tf

    def serve(faces: Any) -> Any:
        return network(tf.cast(faces, tf.float32)[..., tf.newaxis], training=False)

    holder = tf.Module()  # the converter takes weights only from variables that such an object holds
    holder.variables_of_network = [variable.value for variable in network.variables]
    signature = tf.TensorSpec((None, FACE_SIZE, FACE_SIZE), tf.uint8, name="faces")
    holder.serve = tf.function(serve, input_signature=[signature], autograph=False)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([holder.serve.get_concrete_function()], holder)
    if precision != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if precision == "float16":
        converter.target_spec.supported_types = [tf.float16]
    content = bytes(converter.convert())
    return with_float_ends(content, convert(network, "float32")) if precision == "int8" else content


def _convert_elsewhere(network: keras.Model, precision: str) -> bytes:
    """In a process of its own: the converter is TensorFlow's, and keras' backend is for a process's whole life."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = os.path.join(folder, "model.keras"), os.path.join(folder, "model.tflite")
        network.save(source)
        command = [sys.executable, "-m", "fer_core.training.convert", source, precision, target]
        root = Path(__file__).resolve().parent.parent.parent
        done = subprocess.run(
            command, cwd=root, env=os.environ | {"KERAS_BACKEND": "tensorflow"}, capture_output=True, text=True
        )
        if done.returncode:
            raise ModelError(f"the network does not convert: {done.stderr.strip()[-500:]}")
        return Path(target).read_bytes()


def as_float32(build: Any, network: keras.Model) -> keras.Model:
    """`network` itself, or, if it was trained in mixed precision, the same network rebuilt in float32 by `build()`."""
    if all(layer.compute_dtype == "float32" for layer in network.layers):
        return network
    keras.config.set_dtype_policy("float32")
    rebuilt: keras.Model = build()
    rebuilt.set_weights(network.get_weights())
    return rebuilt


def choose(
    network: keras.Model, validation: Faces, precision: str = "auto"
) -> tuple[Candidate, Candidate, dict[str, Any]]:
    """The file that ships, the float32 one that it is measured against, and the card's record of all candidates.

    Admissible is a file that loses at most 0.3 points on validation and gives the same label as float32 for at least
    99.5 % of the faces. Of those the fastest on one face wins; within a tenth of it, the smallest.
    """
    names = PRECISIONS if precision == "auto" else tuple(dict.fromkeys(("float32", precision)))
    candidates: dict[str, Candidate] = {}
    reference: np.ndarray[Any, Any] | None = None
    for name in names:
        content = convert(network, name)
        runtime = Network(content)
        labels = runtime.logits(validation.faces).argmax(axis=1)
        reference = labels if reference is None else reference
        candidates[name] = Candidate(
            name, content, float((labels == validation.labels).mean()), float((labels == reference).mean()),
            _milliseconds(runtime, validation.faces[:1], 15), _milliseconds(runtime, _repeat(validation.faces), 5),
        )  # fmt: skip
    base = candidates["float32"]
    good = [
        c
        for c in candidates.values()
        if c is base or (c.accuracy >= base.accuracy - MAX_ACCURACY_LOSS and c.agreement >= MIN_AGREEMENT)
    ]
    if precision != "auto":
        good = [candidates[precision]]
    fastest = min(c.ms_one_face for c in good)
    chosen = min((c for c in good if c.ms_one_face * _SPEED_MARGIN <= fastest), key=lambda c: len(c.content))
    records = {c.precision: c.record for c in candidates.values()}
    return chosen, base, {"chosen": chosen.precision, "candidates": records}


def multiply_adds(content: bytes) -> int:
    """Multiply-adds of one face, counted from the TFLite graph: convolutions and dense layers."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    plain = Interpreter(
        model_content=content, experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    )
    plain.allocate_tensors()
    shapes = {d["index"]: d["shape"] for d in plain.get_tensor_details()}
    total = 0
    for op in plain._get_ops_details():  # no public way to walk the graph
        if op["op_name"] in ("CONV_2D", "FULLY_CONNECTED", "DEPTHWISE_CONV_2D"):
            weights, output = shapes[op["inputs"][1]], shapes[op["outputs"][0]]
            # a filter's taps for every value that comes out; depthwise filters are (1, h, w, channels)
            taps = np.prod(weights[1:3]) if op["op_name"] == "DEPTHWISE_CONV_2D" else np.prod(weights[1:])
            total += int(np.prod(output) * taps)
    if not total:
        raise ModelError("the network has no convolution or dense layer.")
    return total


def save_keras(network: keras.Model) -> bytes:
    """The bytes of a .keras file, for further training."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.keras")
        network.save(path)
        with open(path, "rb") as file:
            return file.read()


def _milliseconds(runtime: Network, faces: np.ndarray[Any, Any], repeats: int) -> float:
    runtime.logits(faces)
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        runtime.logits(faces)
        times.append(time.perf_counter() - started)
    return float(np.median(times)) * 1000


def _repeat(faces: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.resize(faces, (_MANY, FACE_SIZE, FACE_SIZE))


if __name__ == "__main__":  # SOURCE PRECISION TARGET, from `_convert_elsewhere`
    import fer_core.training.architectures
    import fer_core.training.backbones  # noqa: F401  (both: keras finds their layers by name)

    Path(sys.argv[3]).write_bytes(convert(keras.saving.load_model(sys.argv[1], compile=False), sys.argv[2]))
