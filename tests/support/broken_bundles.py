"""Ways to break a bundle: each takes its folder and damages what is in it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from fer_core.bundle.card import CARD_NAME, MODEL_NAME, file_entry, read_card, write_card


def rewritten(bundle: Path, content: bytes) -> None:
    """Put another network into the bundle, with a card that agrees with its hash."""
    (bundle / MODEL_NAME).write_bytes(content)
    card = read_card(bundle)
    card.files[MODEL_NAME].update(file_entry(content))
    write_card(card, bundle)


def flipped(bundle: Path) -> None:
    """Turn one bit of the network."""
    content = bytearray((bundle / MODEL_NAME).read_bytes())
    content[len(content) // 2] ^= 1
    (bundle / MODEL_NAME).write_bytes(bytes(content))


def other_hash(bundle: Path) -> None:
    """Name another hash in the card."""
    card = read_card(bundle)
    card.files[MODEL_NAME]["sha256"] = "0" * 64
    write_card(card, bundle)


def edited(**changes: Any) -> Callable[[Path], None]:
    """Overwrite fields of the card, unchecked."""

    def edit(bundle: Path) -> None:
        card = json.loads((bundle / CARD_NAME).read_text())
        (bundle / CARD_NAME).write_text(json.dumps(card | changes))

    return edit


def shortened(share: float) -> Callable[[Path], None]:
    """Keep only `share` of the network."""

    def edit(bundle: Path) -> None:
        content = (bundle / MODEL_NAME).read_bytes()
        (bundle / MODEL_NAME).write_bytes(content[: int(len(content) * share)])

    return edit


def tflite(build: Callable[[Any], Any]) -> bytes:
    """The file of a network made by hand: `build` is given a (N, 48, 48, 1) tensor."""
    import keras

    from fer_core.training.export.convert import convert

    inputs = keras.Input((48, 48, 1))
    return convert(keras.Model(inputs, build(inputs)), "float32")


def dense(units: int, kernel: float = 0.01, bias: Any = 0.0) -> Callable[[Any], Any]:
    """One dense layer; bias: a number for all answers, or one for each."""

    def build(x: Any) -> Any:
        from keras import initializers, layers

        def biases(shape: Any, dtype: Any = None) -> Any:
            return np.broadcast_to(np.float32(bias), shape)

        last = layers.Dense(units, kernel_initializer=initializers.Constant(kernel), bias_initializer=biases)
        return last(layers.Flatten()(x))

    return build


def network(build: Callable[[Any], Any]) -> Callable[[Path], None]:
    """Put in the network that `build` makes."""
    return lambda bundle: rewritten(bundle, tflite(build))


def answers(count: int) -> Callable[[Path], None]:
    """A sound network that gives `count` answers."""
    return network(dense(count))


nan_weights = network(dense(7, kernel=float("nan")))
