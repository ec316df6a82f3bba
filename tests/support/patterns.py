"""Random images that are not faces, of every kind that a network may meet, and Keras' own predictions."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fer_core.bundle.calibration import softmax


def patterns(count: int) -> NDArray[np.uint8]:
    """Random blotches of a face's contrast: on noise of single pixels all predictions are alike. (count, 48, 48)."""
    random, made = np.random.default_rng(0), []
    for index in range(count):
        side = (3, 6, 12, 24, 48)[index % 5]
        blotches = cv2.resize(random.random((side, side)), (48, 48), interpolation=cv2.INTER_CUBIC)
        middle, strength = random.uniform(90, 165), random.uniform(60, 180)
        made.append(np.clip(middle + strength * (blotches - 0.5), 0, 255).astype(np.uint8))
    return np.stack(made)


RANDOM = patterns(256)


def keras_predictions(network: Any, faces: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Keras' own probabilities (N, 7), in batches: logits -> softmax."""
    return softmax(network.predict(faces[..., None].astype(np.float32), batch_size=64, verbose=0))


def drawn_faces() -> list[np.ndarray]:
    """48x48 crops that count as faces: two drawings, and noise on them."""
    random = np.random.default_rng(0)
    y, x = np.mgrid[:48, :48]
    drawings = [np.where((x - 24) ** 2 + (y - 30) ** 2 < 100, 230, 90), np.where(abs(y - 16) < 4, 30, 150)]
    return [np.clip(drawings[i % 2] + random.normal(0, 12, (48, 48)), 0, 255).astype(np.uint8) for i in range(16)]
