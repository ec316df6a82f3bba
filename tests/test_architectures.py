"""Networks: their size, their multiply-adds, light and contrast, and the backbones of keras.applications."""

import importlib
import inspect
from typing import Any

import cv2
import keras
import numpy as np
import pytest
import tiny
from conftest import Run
from patterns import RANDOM, answers

from fer_core import read_card
from fer_core.calibration import softmax
from fer_core.model import Network
from fer_core.training import convert
from fer_core.training.architectures import CNNS
from fer_core.training.backbones import BACKBONES, freeze, transfer_network


def by_hand() -> Any:
    layers = keras.layers
    inputs = keras.Input((48, 48, 1))
    x = layers.Conv2D(5, 3, strides=2, padding="same")(inputs)
    x = layers.DepthwiseConv2D(3, padding="same")(x)
    x = layers.Conv2D(8, 1)(x)
    return keras.Model(inputs, layers.Dense(7)(layers.GlobalAveragePooling2D()(x)))


def test_multiply_adds_as_counted_by_hand() -> None:
    side = 24 * 24
    expected = side * 5 * 9 + side * 5 * 9 + side * 5 * 8 + 8 * 7
    assert convert.multiply_adds(convert.convert(by_hand(), "float32")) == expected


def test_multiply_adds_of_the_compact_network(trained: Run) -> None:
    widths, sides, expected, before = (32, 64, 128), (48, 24, 12), 0, 1
    for width, side in zip(widths, sides, strict=True):
        expected += side * side * 9 * (before * width + width * width)
        before = width
    assert read_card(trained.bundle).multiply_adds == expected + 6 * 6 * 128 * 256 + 256 * 7


def test_mixed_precision_is_rebuilt_in_float32() -> None:
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        mixed = by_hand()
        plain = convert.as_float32(by_hand, mixed)
    finally:
        keras.config.set_dtype_policy("float32")
    assert all(layer.compute_dtype == "float32" for layer in plain.layers)
    assert all(np.array_equal(a, b) for a, b in zip(plain.get_weights(), mixed.get_weights(), strict=True))
    served = Network(convert.convert(plain, "float32")).logits(RANDOM[:8])
    assert served == pytest.approx(plain.predict(RANDOM[:8, ..., None].astype(np.float32), verbose=0), abs=1e-2)
    same = by_hand()
    assert convert.as_float32(by_hand, same) is same


def seresnet_parameters(width: int) -> int:
    """Stem and six blocks of two convolutions with normalisation, squeeze and excitation, projection; dense layer."""
    total, before = 9 * width + 4 * width, width
    for channels in (width, width, 2 * width, 2 * width, 4 * width, 4 * width):
        total += 9 * before * channels + 9 * channels**2 + 8 * channels
        total += 2 * channels * (channels // 8) + channels // 8 + channels
        total += (before * channels + 4 * channels) if before != channels else 0
        before = channels
    return total + 7 * before + 7


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("compact", 1_469_479),
        ("seresnet", seresnet_parameters(64)),
        ("seresnet-small", seresnet_parameters(32)),
    ],
)
def test_architectures(name: str, parameters: int) -> None:
    network = CNNS[name]()
    assert network.input_shape == (None, 48, 48, 1) and network.output_shape == (None, 7)
    assert network.count_params() == parameters
    logits = network.predict(RANDOM[:2, ..., None].astype(np.float32), verbose=0)
    assert np.isfinite(logits).all() and logits.dtype == np.float32


def test_seresnet_ignores_light_and_contrast() -> None:
    network = CNNS["seresnet-small"]()
    faces = tiny.faces(1)[0][..., None].astype(np.float32)
    before, after = (network.predict(given, verbose=0) for given in (faces, faces * 0.5 + 40))
    # an untrained network tells faces apart by little: the change must be small beside that
    assert np.abs(after - before).max() < 0.1 * np.ptp(before, axis=0).max()


PREPROCESSING = {
    "mobilenet": "mobilenet",
    "mobilenetv2": "mobilenet_v2",
    "mobilenetv3small": "mobilenet_v3",
    "efficientnetv2b0": "efficientnet_v2",
    "vgg16": "vgg16",
    "resnet50": "resnet",
}


@pytest.mark.parametrize("name", BACKBONES)
def test_backbones_build_and_scale_as_keras_documents(name: str) -> None:
    network = transfer_network(name, alpha=0.35 if "v2" in name and "mobile" in name else 1.0, image_size=32)
    faces = RANDOM[:2, ..., None].astype(np.float32)
    logits = network.predict(faces, verbose=0)
    assert logits.shape == (2, 7) and np.isfinite(logits).all()
    inside = next(layer for layer in network.layers if isinstance(layer, keras.layers.Rescaling))
    given = keras.Model(network.input, inside.output).predict(faces, verbose=0)
    colour = np.stack([cv2.resize(f[..., 0], (32, 32), interpolation=cv2.INTER_LINEAR) for f in faces])
    colour = np.repeat(colour[..., None], 3, axis=3)
    module = importlib.import_module(f"keras.applications.{PREPROCESSING[name]}")
    assert given == pytest.approx(module.preprocess_input(colour.copy()), abs=1e-2)
    freeze(network, True)
    assert [v.path.split("/")[0] for v in network.trainable_variables] == ["logits", "logits"]
    freeze(network, False)
    assert len(network.trainable_variables) > 4
    assert "alpha" in inspect.signature(BACKBONES[name].constructor).parameters or name not in PREPROCESSING.keys() - {
        "efficientnetv2b0", "vgg16", "resnet50"
    }  # fmt: skip


def test_a_backbone_converts() -> None:
    network = transfer_network("mobilenet", alpha=0.25, image_size=64)
    served = softmax(Network(convert.convert(network, "float32")).logits(RANDOM[:64]))
    assert np.abs(served - answers(network, RANDOM[:64])).max() < 1e-3
