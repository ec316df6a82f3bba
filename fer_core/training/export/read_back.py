"""A bundle's float weights, read back from its model.tflite where its model.keras is lost, so that training can go on.

    python -m fer_core.training.export.read_back models/cnn --like models/everyday --data fer2013.csv

The converter has folded every batch normalisation into the convolution before it. Here its scale and shift are chosen
so that the network computes what the file does, and its statistics are estimated anew on faces of the training part, so
that it can be trained as if it had never been converted.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from numpy.typing import NDArray

import fer_core.training.layers  # noqa: F401 - keras finds its layers by name
from fer_core.bundle import MODEL_NAME, Network, read_card, read_file
from fer_core.datasets import read_dataset, split_dataset
from fer_core.errors import FerError, ModelError
from fer_core.training.export.convert import save_keras
from fer_core.training.export.half_precision import KERAS_NAME, ship_weights
from fer_core.utils.files import atomic_write

FACES: Final = 1024
"""Faces on which the statistics are estimated."""
_BATCH: Final = 64
_KINDS: Final = {"CONV_2D": (1, 2, 3, 0), "DEPTHWISE_CONV_2D": (1, 2, 3, 0), "FULLY_CONNECTED": (1, 0)}
"""Operations with weights, and the order of their axes in keras."""


@dataclass(eq=False)
class _Folded:
    """Weights of an operation as keras has them, and the bias that a batch normalisation was folded into."""

    kernel: NDArray[np.float32]
    bias: NDArray[np.float32]


def read_back(content: bytes, network: keras.Model, faces: NDArray[np.uint8]) -> None:
    """Give `network` the weights of a TFLite file of the same architecture. Raises ModelError where it is another.

    faces: (N, 48, 48) uint8, for the statistics of the batch normalisations.
    """
    folded = list(_folded(content))
    normalised: list[tuple[Any, NDArray[np.float32]]] = []
    for layer in _with_weights(network):
        if _is_normalisation(layer):
            continue
        kernel, *bias = layer.weights
        found = next((f for f in folded if f.kernel.shape == tuple(kernel.shape)), None)
        if found is None:
            raise ModelError(f"{MODEL_NAME} has no weights of {tuple(kernel.shape)}: it is another network.")
        folded.remove(found)
        kernel.assign(found.kernel)
        if bias:
            bias[0].assign(found.bias)
        else:
            normalised.append((_next_layer(layer), found.bias))
    if folded:
        raise ModelError(f"{MODEL_NAME} has {len(folded)} more operations with weights: it is another network.")
    _normalise(network, normalised, faces)


def _folded(content: bytes) -> Iterator[_Folded]:
    """The weights of a TFLite file, in the order in which they are used, in float32."""
    plain = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    interpreter = Interpreter(model_content=content, experimental_op_resolver_type=plain)
    interpreter.allocate_tensors()
    tensors = {detail["index"]: detail for detail in interpreter.get_tensor_details()}
    operations = interpreter._get_ops_details()
    halves = {int(op["outputs"][0]): int(op["inputs"][0]) for op in operations if op["op_name"] == "DEQUANTIZE"}

    def value(index: int) -> NDArray[np.float32]:
        index = halves.get(index, index)
        stored, parameters = interpreter.get_tensor(index), tensors[index]["quantization_parameters"]
        scales = parameters["scales"]
        if not len(scales):
            return np.asarray(stored, np.float32)
        shape = [1] * stored.ndim
        if len(scales) > 1:
            shape[parameters["quantized_dimension"]] = len(scales)
        return np.asarray(stored.astype(np.float32) * scales.reshape(shape))

    for operation in operations:
        axes = _KINDS.get(operation["op_name"])
        if axes:
            _, kernel, bias = (int(index) for index in operation["inputs"])
            weights = value(kernel)
            # the converter leaves out a bias of zeros
            zeros = np.zeros(weights.shape[-1 if weights.shape[0] == 1 else 0], np.float32)
            yield _Folded(np.transpose(weights, axes), value(bias) if bias >= 0 else zeros)


def _with_weights(network: Any) -> Iterator[Any]:
    """The layers that have weights of their own, in order; those of a network in a network too."""
    for layer in network.layers:
        if hasattr(layer, "layers"):
            yield from _with_weights(layer)
        elif layer.weights:
            yield layer


def _next_layer(layer: Any) -> Any:
    """The batch normalisation that a layer without a bias goes into. Raises ModelError where there is none."""
    following = layer._outbound_nodes[0].operation
    if not _is_normalisation(following):
        raise ModelError(f"{layer.name} has no bias, and {following.name} after it is no batch normalisation.")
    return following


def _is_normalisation(layer: Any) -> bool:
    return hasattr(layer, "moving_variance")


def _normalise(network: keras.Model, layers: list[tuple[Any, NDArray[np.float32]]], faces: NDArray[np.uint8]) -> None:
    """Set the batch normalisations: what they compute is the bias, what they hold is what their inputs are like."""
    seen = {layer.path: _Sums() for layer, _ in layers}

    def watch(layer: Any) -> None:
        computed = layer.call

        def call(inputs: Any, *args: Any, **options: Any) -> Any:
            seen[layer.path].add(keras.ops.convert_to_numpy(inputs))
            return computed(inputs, *args, **options)

        layer.call = call

    for layer, bias in layers:
        _assign(layer, np.ones_like(bias), bias, np.zeros_like(bias), np.full_like(bias, 1 - layer.epsilon))
        watch(layer)
    for first in range(0, len(faces), _BATCH):
        network(faces[first : first + _BATCH, ..., np.newaxis].astype(np.float32), training=False)
    for layer, bias in layers:
        del layer.call
        mean, variance = seen[layer.path].moments()
        _assign(layer, np.sqrt(variance + layer.epsilon), bias + mean, mean, variance)


class _Sums:
    """Mean and variance of each channel, added up batch by batch."""

    def __init__(self) -> None:
        self._count, self._sum, self._squares = 0, np.float64(0), np.float64(0)

    def add(self, values: NDArray[np.float32]) -> None:
        axes = tuple(range(values.ndim - 1))
        self._count += values[..., 0].size
        self._sum = self._sum + values.sum(axis=axes, dtype=np.float64)
        self._squares = self._squares + np.square(values).sum(axis=axes, dtype=np.float64)

    def moments(self) -> tuple[Any, Any]:
        mean = self._sum / self._count
        return mean, np.maximum(0, self._squares / self._count - mean**2)


def _assign(layer: Any, scale: Any, shift: Any, mean: Any, variance: Any) -> None:
    if layer.gamma is not None:
        layer.gamma.assign(scale)
    layer.beta.assign(shift)
    layer.moving_mean.assign(mean)
    layer.moving_variance.assign(variance)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path, help="folder of the bundle")
    parser.add_argument("--like", type=Path, required=True, metavar="FOLDER", help="a bundle of the same architecture")
    parser.add_argument("--data", required=True, metavar="PATH", help="FER-2013, for the statistics")
    args = parser.parse_args()
    card = read_card(args.bundle)
    network = keras.saving.load_model(args.like / KERAS_NAME, compile=False)
    faces = split_dataset(read_dataset(args.data)).training.faces
    chosen = faces[np.random.default_rng(0).choice(len(faces), min(FACES, len(faces)), replace=False)]
    content = read_file(card, args.bundle, MODEL_NAME)
    read_back(content, network, chosen)
    ours = np.asarray(network.predict(chosen[..., np.newaxis].astype(np.float32), verbose=0))
    agreed = (ours.argmax(axis=1) == Network(content).logits(chosen).argmax(axis=1)).mean()
    print(f"{args.bundle.name}: same label as {MODEL_NAME} for {agreed:.1%} of {len(chosen):,} faces")
    with atomic_write(args.bundle / KERAS_NAME) as unfinished:
        Path(unfinished).write_bytes(save_keras(network))
    print(f"{args.bundle / KERAS_NAME}: {ship_weights(args.bundle) / 1e6:.1f} MB")


if __name__ == "__main__":
    try:
        main()
    except (FerError, OSError) as error:
        sys.exit(f"error: {error}")
