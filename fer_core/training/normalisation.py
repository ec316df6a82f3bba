"""What batch normalisations keep of their inputs, for weights that were not reached by a step of training."""

from typing import Final

import keras
import numpy as np

from fer_core.datasets import Faces

_FACES: Final = 768
"""Faces in the one batch whose statistics are kept."""


def estimate_statistics(network: keras.Model, part: Faces) -> None:
    """Set means and variances to those of 768 faces, drawn as often as in training; always the same ones."""
    rng = np.random.default_rng(0)
    if part.weights is None:
        rows = rng.permutation(len(part))[:_FACES]
    else:
        rows = rng.choice(len(part), _FACES, p=part.weights / part.weights.sum(dtype=np.float64))
    layers = list(network._flatten_layers())
    kept = [(layer, "rate", layer.rate) for layer in layers if isinstance(layer, keras.layers.Dropout)]
    kept += [(layer, "momentum", layer.momentum) for layer in layers if hasattr(layer, "moving_variance")]
    for layer, name, _ in kept:
        setattr(layer, name, 0.0)
    network(part.faces[rows, ..., np.newaxis].astype(np.float32), training=True)
    for layer, name, value in kept:
        setattr(layer, name, value)
