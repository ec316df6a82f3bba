"""A keras network -> a TFLite file, in one of three precisions."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import keras

from fer_core.errors import ModelError
from fer_core.image import FACE_SIZE
from fer_core.utils.files import CHECKOUT

PRECISIONS: Final = ("float32", "float16", "int8")
"""Of the weights; activations stay float32. int8: dynamic range, quantised as the graph runs."""


def convert(network: keras.Model, precision: str) -> bytes:
    """TFLite bytes with (N, 48, 48) uint8 in and (N, 7) logits out.

    int8 is as the converter writes it; what ships goes through `float_ends`. `network` must have been built under
    float32 (see `as_float32`): mixed precision does not convert.
    """
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
    return bytes(converter.convert())


def _convert_elsewhere(network: keras.Model, precision: str) -> bytes:
    """In a process of its own: the converter is TensorFlow's, and keras' backend is for a process's whole life."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = os.path.join(folder, "model.keras"), os.path.join(folder, "model.tflite")
        network.save(source)
        command = [sys.executable, "-m", "fer_core.training.export.convert", source, precision, target]
        done = subprocess.run(
            command, cwd=CHECKOUT, env=os.environ | {"KERAS_BACKEND": "tensorflow"}, capture_output=True, text=True
        )
        if done.returncode:
            raise ModelError(f"the network does not convert: {done.stderr.strip()[-500:]}")
        return Path(target).read_bytes()


def as_float32(build: Callable[[], keras.Model], network: keras.Model) -> keras.Model:
    """`network` itself, or, if it was trained in mixed precision, the same network rebuilt in float32 by `build()`."""
    if all(layer.compute_dtype == "float32" for layer in network.layers):
        return network
    keras.config.set_dtype_policy("float32")
    rebuilt = build()
    rebuilt.set_weights(network.get_weights())
    return rebuilt


def save_keras(network: keras.Model) -> bytes:
    """The bytes of a .keras file, for further training."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.keras")
        network.save(path)
        with open(path, "rb") as file:
            return file.read()


if __name__ == "__main__":  # SOURCE PRECISION TARGET, from `_convert_elsewhere`
    import fer_core.training.layers  # noqa: F401  (keras finds its layers by name)

    loaded = keras.saving.load_model(sys.argv[1], compile=False)
    Path(sys.argv[3]).write_bytes(convert(loaded, sys.argv[2]))
