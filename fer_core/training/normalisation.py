"""What batch normalisations keep of their inputs, for weights that were not reached by a step of training."""

from typing import Final

import keras
import numpy as np
from numpy.typing import NDArray

_FACES: Final = 768
"""Faces in the one batch whose statistics are kept."""


def estimate_statistics(network: keras.Model, faces: NDArray[np.uint8]) -> None:
    """Set means and variances to those of up to 768 of these (N, 48, 48) uint8 faces, always the same ones."""
    chosen = faces[np.random.default_rng(0).permutation(len(faces))[:_FACES]]
    layers = list(network._flatten_layers())
    kept = [(layer, "rate", layer.rate) for layer in layers if isinstance(layer, keras.layers.Dropout)]
    kept += [(layer, "momentum", layer.momentum) for layer in layers if hasattr(layer, "moving_variance")]
    for layer, name, _ in kept:
        setattr(layer, name, 0.0)
    network(chosen[..., np.newaxis].astype(np.float32), training=True)
    for layer, name, value in kept:
        setattr(layer, name, value)
