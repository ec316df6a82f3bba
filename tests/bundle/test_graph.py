"""Multiply-adds, as counted by hand."""

import keras
import pytest

from fer_core import ModelError, read_card
from fer_core.bundle.graph import multiply_adds
from fer_core.training.export.convert import convert
from tests.conftest import Run


def test_every_kind_of_layer_counts() -> None:
    layers = keras.layers
    inputs = keras.Input((48, 48, 1))
    x = layers.Conv2D(5, 3, strides=2, padding="same")(inputs)
    x = layers.DepthwiseConv2D(3, padding="same")(x)
    x = layers.Conv2D(8, 1)(x)
    network = keras.Model(inputs, layers.Dense(7)(layers.GlobalAveragePooling2D()(x)))
    side = 24 * 24
    expected = side * 5 * 9 + side * 5 * 9 + side * 5 * 8 + 8 * 7
    assert multiply_adds(convert(network, "float32")) == expected


def test_the_compact_network_s_are_in_its_card(trained: Run) -> None:
    widths, sides, expected, before = (32, 64, 128), (48, 24, 12), 0, 1
    for width, side in zip(widths, sides, strict=True):
        expected += side * side * 9 * (before * width + width * width)
        before = width
    assert read_card(trained.bundle).multiply_adds == expected + 6 * 6 * 128 * 256 + 256 * 7


def test_a_graph_without_layers_is_refused() -> None:
    inputs = keras.Input((48, 48, 1))
    network = keras.Model(inputs, keras.layers.GlobalAveragePooling2D()(inputs))
    with pytest.raises(ModelError, match="convolutions or dense layers"):
        multiply_adds(convert(network, "float32"))
