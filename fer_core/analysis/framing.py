"""Labelled pictures -> the largest face of each, framed as the app frames what it is given."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fer_core.analysis.analyze import analyze
from fer_core.detection import DEFAULT_DETECTOR, Detector, load_detector
from fer_core.errors import ImageError
from fer_core.image import FACE_SIZE, read_image, whole_face

if TYPE_CHECKING:
    from fer_core.datasets import LabelledPictures  # brings pandas, which classifying does not need


@dataclass(frozen=True)
class FramedFaces:
    """Faces of labelled pictures. faces: (N, 48, 48) uint8 grey. labels: (N,) uint8. names: of their files.

    missed: names of pictures in which no face was found. refused: a sentence per picture that cannot be read.
    """

    faces: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    names: tuple[str, ...]
    missed: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


def frame_pictures(
    pictures: "LabelledPictures",
    detector: str | Detector = DEFAULT_DETECTOR,
    progress: Callable[[float], object] | None = None,
) -> FramedFaces:
    """The largest face of every picture; a picture that is itself a small crop of a face is taken whole.

    progress: called with the share done. Raises ValueError for an unknown detector.
    """
    detector = load_detector(detector) if isinstance(detector, str) else detector
    faces, rows, missed, refused = [], [], [], []
    for row, (name, source) in enumerate(zip(pictures.names, pictures.sources, strict=True)):
        try:
            face = largest_face(source, detector, name)
        except ImageError as error:
            refused.append(str(error))
        else:
            missed += [name] if face is None else []
            faces += [] if face is None else [face]
            rows += [] if face is None else [row]
        if progress:
            progress((row + 1) / len(pictures.names))
    stacked = np.stack(faces) if faces else np.zeros((0, FACE_SIZE, FACE_SIZE), np.uint8)
    names = tuple(pictures.names[row] for row in rows)
    return FramedFaces(stacked, pictures.labels[rows], names, tuple(missed), tuple(refused))


def largest_face(source: Path | bytes, detector: Detector, name: str = "") -> NDArray[np.uint8] | None:
    """The largest face of a picture as a (48, 48) uint8 crop, or None where none is found. Raises ImageError.

    A picture of 48x48 pixels is a crop already, whatever a detector finds in it.
    """
    pixels = read_image(source, name).pixels
    if pixels.shape[:2] == (FACE_SIZE, FACE_SIZE):
        return whole_face(pixels)
    found = analyze(pixels, (), name=name, detector=detector).faces
    largest = max(found, key=lambda face: face.box.width * face.box.height, default=None)
    return None if largest is None else largest.crop
