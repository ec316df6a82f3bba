"""int8 files: the first and the last layer stay in float32."""

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from fer_core.bundle.runtime import Network
from fer_core.training.export.convert import convert
from fer_core.training.export.float_ends import with_float_ends
from tests.support import tiny


@pytest.fixture(scope="module")
def network() -> Iterator[Any]:
    """Every layer is large enough for the converter to quantise it (1,024 weights)."""
    keras.utils.set_random_seed(0)
    layers = keras.layers
    inputs = keras.Input((48, 48, 1))
    x = layers.Conv2D(128, 3, strides=4, activation="relu")(layers.Rescaling(1 / 255)(inputs))
    x = layers.Conv2D(64, 3, strides=4, activation="relu")(x)
    x = layers.Dense(256, activation="relu")(layers.Flatten()(x))
    yield keras.Model(inputs, layers.Dense(7)(x))


def weights(content: bytes) -> list[Any]:
    """The type of every layer's weights."""
    plain = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    interpreter = Interpreter(model_content=content, experimental_op_resolver_type=plain)
    types = {tensor["index"]: tensor["dtype"] for tensor in interpreter.get_tensor_details()}
    wanted = ("CONV_2D", "FULLY_CONNECTED")
    return [types[op["inputs"][1]] for op in interpreter._get_ops_details() if op["op_name"] in wanted]


def test_only_the_ends_are_float(network: Any) -> None:
    plain, converted = convert(network, "float32"), convert(network, "int8")
    assert weights(converted) == [np.int8] * 4
    quantised = with_float_ends(converted, plain)
    assert weights(plain) == [np.float32] * 4
    assert weights(quantised) == [np.float32, np.int8, np.int8, np.float32]
    assert weights(with_float_ends(converted, plain, 2)) == [np.float32, np.float32, np.int8, np.float32]
    assert len(quantised) < 0.4 * len(plain)
    faces, _ = tiny.faces(10, seed=3)
    expected = Network(plain).logits(faces)
    assert np.abs(Network(quantised).logits(faces) - expected).max() < 0.02 * np.ptp(expected)


def test_a_network_of_one_layer_stays_as_it_is() -> None:
    inputs = keras.Input((48, 48, 1))
    network = keras.Model(inputs, keras.layers.Dense(7)(keras.layers.Flatten()(inputs)))
    assert weights(with_float_ends(convert(network, "int8"), convert(network, "float32"))) == [np.float32]
