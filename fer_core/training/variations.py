"""Faces changed as cameras and the ways of pictures change them: light, blur, noise, compression."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from fer_core.image import FACE_SIZE

_RAMP: Final = np.linspace(-1, 1, FACE_SIZE, dtype=np.float32)


def photographed(faces: NDArray[np.uint8], rate: float, rng: np.random.Generator) -> NDArray[np.uint8]:
    """(N, 48, 48) uint8 -> the same, a share `rate` (0-1) of them changed; the rest as they are.

    Each changed face gets, one after the other and each with a chance of a half: gamma of 0.5 to 2; light from a side,
    up to 40 % more there and less opposite; blur of 0.4 to 1.4 pixels; noise of 2 to 12 grey levels; JPEG at a quality
    of 20 to 80.
    """
    if not rate:
        return faces
    changed = faces.copy()
    for row in np.flatnonzero(rng.random(len(faces)) < rate):
        changed[row] = _photographed(faces[row], rng)
    return changed


def _photographed(face: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    steps = rng.random(5) < 0.5
    image = face.astype(np.float32)
    if steps[0]:
        image = np.float32(255) * (image / np.float32(255)) ** np.float32(2 ** rng.uniform(-1, 1))
    if steps[1]:
        angle, strength = rng.uniform(0, 2 * np.pi), rng.uniform(0, 0.4)
        image *= 1 + strength * (np.cos(angle) * _RAMP[np.newaxis] + np.sin(angle) * _RAMP[:, np.newaxis])
    if steps[2]:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.4)), np.float32)
    if steps[3]:
        image += rng.normal(0, rng.uniform(2, 12), image.shape).astype(np.float32)
    result = np.clip(np.rint(image), 0, 255).astype(np.uint8)
    if steps[4]:
        encoded = cv2.imencode(".jpg", result, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(20, 81))])[1]
        result = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE), np.uint8)
    return result
