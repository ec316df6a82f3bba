"""Accuracy under corruptions: darker, blurred, rotated, covered, smaller or badly cropped faces. OpenCV and NumPy only.

To add a corruption, write one function and one line of CORRUPTIONS: the others' figures stay as they are.

A card's `robustness`, as `robustness` returns it and `python -m fer_core evaluate --robustness` stores it:

    {"part", "dataset_sha256",                     # which faces: added by the command
     "n", "of", "seed",                            # a fixed random `n` of the part's `of` faces, drawn with `seed`
     "accuracy",                                   # on these faces as they are
     "curves": {name: {"unit", "levels": [...], "accuracy": [...]}}}      # levels: severities, rising, identity too
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from fer_core.bundle import change_card
from fer_core.image import FACE_SIZE

if TYPE_CHECKING:
    from fer_core.bundle import EmotionModel

MOST_FACES: Final = 1000
"""Enough for +-3 points at 95 %; more would take minutes per model."""
_MIDDLE: Final = (FACE_SIZE - 1) / 2
_Face = NDArray[np.uint8]
_Rng = np.random.Generator


@dataclass(frozen=True)
class Corruption:
    """A corruption and the severities that it is tested at.

    unit: what a severity counts, for people. identity: the severity that changes nothing. severities: in rising order,
    without the identity. apply: (face, severity, rng) -> corrupted face, (48, 48) uint8 both; must not write to `face`.
    """

    unit: str
    identity: float
    severities: tuple[float, ...]
    apply: Callable[[_Face, float, _Rng], _Face]


def robustness(
    model: "EmotionModel", faces: _Face, labels: NDArray[np.integer], seed: int = 0, most: int = MOST_FACES
) -> dict[str, Any]:
    """Measure the accuracy of `model` under each of CORRUPTIONS, at each of its severities.

    faces: (N, 48, 48) uint8; labels: (N,) in 0-6; N at least 1. Of more than `most` faces, a random `most` are used.
    Returns the record described above, without part and dataset_sha256; the same for the same seed.
    """
    total = len(labels)
    if total > most:
        chosen = np.sort(np.random.default_rng(seed).choice(total, most, replace=False))
        faces, labels = faces[chosen], labels[chosen]

    def accuracy(of: _Face) -> float:
        return float((model.predict_proba(of).argmax(axis=1) == labels).mean())

    clean = accuracy(faces)
    curves: dict[str, Any] = {}
    for name, corruption in CORRUPTIONS.items():
        points = {corruption.identity: clean}
        points |= {severity: accuracy(corrupt(faces, name, severity, seed)) for severity in corruption.severities}
        levels = sorted(points)
        curves[name] = {"unit": corruption.unit, "levels": levels, "accuracy": [points[level] for level in levels]}
    return {"n": len(labels), "of": total, "seed": seed, "accuracy": clean, "curves": curves}


def corrupt(faces: _Face, name: str, severity: float, seed: int = 0) -> _Face:
    """Return a corrupted copy of faces, the same for the same seed.

    faces: (N, 48, 48) uint8; name: a key of CORRUPTIONS; severity: in the corruption's own unit. Raises ValueError for
    an unknown name.
    """
    if name not in CORRUPTIONS:
        raise ValueError(f"Expected one of {', '.join(CORRUPTIONS)}. Received: {name}.")
    # seeded by name, not by position: a new corruption leaves the noise of the others as it was
    rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
    apply = CORRUPTIONS[name].apply
    return np.stack([apply(face, severity, rng) for face in faces]) if len(faces) else faces.copy()


def store_robustness(folder: Path, record: dict[str, Any]) -> None:
    """Put `record` into the card of the bundle at `folder`, in one atomic write; the rest of the card stays.

    Raises ModelError where the card cannot be read.
    """
    change_card(folder, lambda content: content | {"robustness": record})


def _brightness(face: _Face, severity: float, _: _Rng) -> _Face:
    return _as_grey(face + float(severity))


def _contrast(face: _Face, severity: float, _: _Rng) -> _Face:
    mean = float(face.mean())
    return _as_grey((face - mean) * severity + mean)


def _blur(face: _Face, severity: float, _: _Rng) -> _Face:
    return np.asarray(cv2.GaussianBlur(face, (0, 0), severity) if severity else face, np.uint8)


def _noise(face: _Face, severity: float, rng: _Rng) -> _Face:
    return _as_grey(face + rng.normal(0, severity, face.shape))


def _rotation(face: _Face, severity: float, _: _Rng) -> _Face:
    return _warp(face, cv2.getRotationMatrix2D((_MIDDLE, _MIDDLE), severity, 1.0))


def _occlusion(face: _Face, severity: float, rng: _Rng) -> _Face:
    side = int(severity)
    top, left = rng.integers(0, FACE_SIZE - side + 1, 2)
    covered = face.copy()
    covered[top : top + side, left : left + side] = 127  # mid grey
    return covered


def _down_scaling(face: _Face, severity: float, _: _Rng) -> _Face:
    small = cv2.resize(face, (int(severity), int(severity)), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, face.shape[::-1], interpolation=cv2.INTER_LINEAR), np.uint8)


def _crop_margin(face: _Face, severity: float, _: _Rng) -> _Face:
    return _warp(face, cv2.getRotationMatrix2D((_MIDDLE, _MIDDLE), 0, 1 / (1 + 2 * severity)))


def _crop_offset(face: _Face, severity: float, rng: _Rng) -> _Face:
    angle = rng.uniform(0, 2 * np.pi)
    return _warp(face, np.array([[1, 0, severity * np.cos(angle)], [0, 1, severity * np.sin(angle)]]))


def _as_grey(values: NDArray[np.floating]) -> _Face:
    return np.asarray(np.clip(np.rint(values), 0, 255), np.uint8)


def _warp(face: _Face, matrix: Any) -> _Face:
    # what lies outside a 48-pixel face is unknown: its border is repeated
    return np.asarray(cv2.warpAffine(face, matrix, face.shape[::-1], borderMode=cv2.BORDER_REPLICATE), np.uint8)


CORRUPTIONS: Final[dict[str, Corruption]] = {
    "brightness": Corruption("grey levels added", 0, (-96, -64, -32, 32, 64, 96), _brightness),
    "contrast": Corruption("times the contrast", 1, (0.1, 0.25, 0.5, 2, 3), _contrast),
    "blur": Corruption("pixels of Gaussian sigma", 0, (0.75, 1.5, 2.25, 3), _blur),
    "noise": Corruption("grey levels of standard deviation", 0, (8, 16, 32, 48), _noise),
    "rotation": Corruption("degrees, anticlockwise", 0, (-45, -30, -15, 15, 30, 45), _rotation),
    "occlusion": Corruption("pixels of a grey square's side", 0, (8, 16, 24, 32), _occlusion),
    "down-scaling": Corruption("pixels of the face's side", FACE_SIZE, (8, 12, 16, 24, 32), _down_scaling),
    "crop margin": Corruption("of the side added all around", 0, (-0.2, -0.1, 0.1, 0.2, 0.4), _crop_margin),
    "crop offset": Corruption("pixels off the middle", 0, (3, 6, 9, 12), _crop_offset),
}
"""By name, in the order they are drawn. Severities are round numbers from hardly visible to hopeless."""
