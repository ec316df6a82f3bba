"""How accuracy falls as faces get darker, blurred, turned, covered, smaller or badly cut. OpenCV and NumPy only.

A card's `robustness`, as `robustness` gives it and `python -m fer_core evaluate --robustness` stores it:

    {"part", "dataset_sha256",                     # which faces: added by the command
     "n", "of", "seed",                            # a fixed random `n` of the part's `of` faces, drawn with `seed`
     "accuracy",                                   # on these faces as they are
     "curves": {kind: {"unit", "levels": [...], "accuracy": [...]}}}      # levels rise, undisturbed included
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np

from fer_core.card import change_card
from fer_core.faces import FACE_SIZE

if TYPE_CHECKING:
    from fer_core.model import EmotionModel

MOST_FACES: Final = 1000
"""Enough for +-3 points at 95 %; more would take minutes a model."""
_MIDDLE: Final = (FACE_SIZE - 1) / 2
_Faces = np.ndarray[Any, Any]
_Rng = np.random.Generator


@dataclass(frozen=True)
class Disturbance:
    """One way to spoil a face: `apply(face, level, rng)` -> face, (48, 48) uint8 both; `neutral` changes nothing."""

    unit: str
    neutral: float
    levels: tuple[float, ...]
    apply: Callable[[_Faces, float, _Rng], _Faces]


def robustness(
    model: "EmotionModel", faces: _Faces, labels: _Faces, seed: int = 0, most: int = MOST_FACES
) -> dict[str, Any]:
    """Accuracy of `model` under every one of DISTURBANCES; the same for the same seed.

    faces: (N, 48, 48) uint8, labels: (N,) in 0-6, N at least 1; of more than `most` a random `most` are taken. Returns
    the record above, less part and dataset_sha256.
    """
    total = len(labels)
    if total > most:
        chosen = np.sort(np.random.default_rng(seed).choice(total, most, replace=False))
        faces, labels = faces[chosen], labels[chosen]

    def accuracy(of: _Faces) -> float:
        return float((model.predict_proba(of).argmax(axis=1) == labels).mean())

    clean = accuracy(faces)
    curves: dict[str, Any] = {}
    for kind, disturbance in DISTURBANCES.items():
        points = {disturbance.neutral: clean}
        points |= {level: accuracy(disturb(faces, kind, level, seed)) for level in disturbance.levels}
        levels = sorted(points)
        curves[kind] = {"unit": disturbance.unit, "levels": levels, "accuracy": [points[level] for level in levels]}
    return {"n": len(labels), "of": total, "seed": seed, "accuracy": clean, "curves": curves}


def disturb(faces: _Faces, kind: str, level: float, seed: int = 0) -> _Faces:
    """(N, 48, 48) uint8 faces, disturbed: a copy, the same for the same seed. kind: a key of DISTURBANCES."""
    rng = np.random.default_rng([seed, list(DISTURBANCES).index(kind)])
    apply = DISTURBANCES[kind].apply
    return np.stack([apply(face, level, rng) for face in faces]) if len(faces) else faces.copy()


def store(folder: Path, record: dict[str, Any]) -> None:
    """Put `record` into the card of the bundle at `folder`: the rest stays, and a reader sees the old or the new card.

    Raises ModelError where the card cannot be read.
    """
    change_card(folder, lambda content: content | {"robustness": record})


def _brightness(face: _Faces, level: float, _: _Rng) -> _Faces:
    return np.clip(face + float(level), 0, 255).astype(np.uint8)


def _contrast(face: _Faces, level: float, _: _Rng) -> _Faces:
    mean = float(face.mean())
    return np.clip(np.rint((face - mean) * level + mean), 0, 255).astype(np.uint8)


def _blur(face: _Faces, level: float, _: _Rng) -> _Faces:
    return np.asarray(cv2.GaussianBlur(face, (0, 0), level) if level else face)


def _noise(face: _Faces, level: float, rng: _Rng) -> _Faces:
    return np.clip(np.rint(face + rng.normal(0, level, face.shape)), 0, 255).astype(np.uint8)


def _rotation(face: _Faces, level: float, _: _Rng) -> _Faces:
    return _warp(face, cv2.getRotationMatrix2D((_MIDDLE, _MIDDLE), level, 1.0))


def _occlusion(face: _Faces, level: float, rng: _Rng) -> _Faces:
    side = int(level)
    top, left = rng.integers(0, FACE_SIZE - side + 1, 2)
    covered = face.copy()
    covered[top : top + side, left : left + side] = 127  # mid grey
    return covered


def _down_scaling(face: _Faces, level: float, _: _Rng) -> _Faces:
    small = cv2.resize(face, (int(level), int(level)), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, face.shape[::-1], interpolation=cv2.INTER_LINEAR))


def _crop_margin(face: _Faces, level: float, _: _Rng) -> _Faces:
    return _warp(face, cv2.getRotationMatrix2D((_MIDDLE, _MIDDLE), 0, 1 / (1 + 2 * level)))


def _crop_offset(face: _Faces, level: float, rng: _Rng) -> _Faces:
    angle = rng.uniform(0, 2 * np.pi)
    return _warp(face, np.array([[1, 0, level * np.cos(angle)], [0, 1, level * np.sin(angle)]]))


def _warp(face: _Faces, matrix: Any) -> _Faces:
    # what lies outside a 48-pixel face is not known: its border goes on
    return np.asarray(cv2.warpAffine(face, matrix, face.shape[::-1], borderMode=cv2.BORDER_REPLICATE))


DISTURBANCES: Final[dict[str, Disturbance]] = {
    "brightness": Disturbance("grey levels added", 0, (-96, -64, -32, 32, 64, 96), _brightness),
    "contrast": Disturbance("times the contrast", 1, (0.1, 0.25, 0.5, 2, 3), _contrast),
    "blur": Disturbance("pixels of Gaussian sigma", 0, (0.75, 1.5, 2.25, 3), _blur),
    "noise": Disturbance("grey levels of standard deviation", 0, (8, 16, 32, 48), _noise),
    "rotation": Disturbance("degrees, anticlockwise", 0, (-45, -30, -15, 15, 30, 45), _rotation),
    "occlusion": Disturbance("pixels of a grey square's side", 0, (8, 16, 24, 32), _occlusion),
    "down-scaling": Disturbance("pixels of the face's side", FACE_SIZE, (8, 12, 16, 24, 32), _down_scaling),
    "crop margin": Disturbance("of the side added all around", 0, (-0.2, -0.1, 0.1, 0.2, 0.4), _crop_margin),
    "crop offset": Disturbance("pixels off the middle", 0, (3, 6, 9, 12), _crop_offset),
}
"""By name, in the order they are drawn. Levels are round numbers that reach from hardly visible to hopeless."""
