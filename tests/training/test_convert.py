"""Keras networks to TFLite: mixed precision is rebuilt, and a backbone serves what it predicts."""

from typing import Any

import keras
import numpy as np
import pytest

from fer_core.bundle.calibration import softmax
from fer_core.bundle.runtime import Network
from fer_core.training.architectures.transfer import transfer_network
from fer_core.training.export import convert
from tests.support.patterns import RANDOM, keras_predictions


def by_hand() -> Any:
    layers = keras.layers
    inputs = keras.Input((48, 48, 1))
    x = layers.Conv2D(5, 3, strides=2, padding="same")(inputs)
    x = layers.DepthwiseConv2D(3, padding="same")(x)
    x = layers.Conv2D(8, 1)(x)
    return keras.Model(inputs, layers.Dense(7)(layers.GlobalAveragePooling2D()(x)))


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


def test_a_backbone_converts() -> None:
    network = transfer_network("mobilenet", alpha=0.25, image_size=64)
    served = softmax(Network(convert.convert(network, "float32")).logits(RANDOM[:64]))
    assert np.abs(served - keras_predictions(network, RANDOM[:64])).max() < 1e-3
