"""Faces that are none, of every kind that a network may meet, and what Keras says of any."""

from typing import Any

import cv2
import numpy as np

from fer_core.calibration import softmax


def patterns(count: int) -> np.ndarray:
    """Random blotches, as strong as a face's: to noise of single pixels alone a network says one thing throughout."""
    random, made = np.random.default_rng(0), []
    for index in range(count):
        side = (3, 6, 12, 24, 48)[index % 5]
        blotches = cv2.resize(random.random((side, side)), (48, 48), interpolation=cv2.INTER_CUBIC)
        middle, strength = random.uniform(90, 165), random.uniform(60, 180)
        made.append(np.clip(middle + strength * (blotches - 0.5), 0, 255).astype(np.uint8))
    return np.stack(made)


RANDOM = patterns(256)


def answers(network: Any, faces: np.ndarray) -> np.ndarray:
    """Keras' own probabilities, in batches: logits -> softmax."""
    return softmax(network.predict(faces[..., None].astype(np.float32), batch_size=64, verbose=0))
