"""Detectors by name: what one gives, what one must offer, and which there are."""

import logging
from collections.abc import Callable
from functools import lru_cache
from typing import Final, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from fer_core.detection.blazeface import BlazeFace
from fer_core.detection.boxes import Box
from fer_core.detection.haar import HaarDetector
from fer_core.detection.result import Detection
from fer_core.detection.search import BlazeFaceDetector
from fer_core.errors import ModelError

DEFAULT_DETECTOR: Final = "auto"
_MOST_THREADS: Final = 2
_log = logging.getLogger(__name__)


class Detector(Protocol):
    """Finds faces. Any thread may call any method."""

    @property
    def name(self) -> str:
        """Its key in DETECTORS."""

    def detect(
        self, image: NDArray[np.uint8], sensitivity: str = "normal", *, thorough: bool = True
    ) -> list[Detection]:
        """The faces of an RGB (height, width, 3) or grey (height, width) uint8 image, from left to right; maybe none.

        sensitivity: one of SENSITIVITIES; ValueError for another. thorough=False leaves out the costly searches: for
        the frames of a video, where the next frame is another chance.
        """

    def detect_quick(self, image: NDArray[np.uint8], sensitivity: str = "normal") -> list[Detection]:
        """The larger faces of an image, as from `detect`, in little time: for several frames per second of a stream."""

    def detect_near(self, image: NDArray[np.uint8], box: Box, reach: float) -> list[Detection]:
        """The faces around `box`, in a square `reach` times its side (at least 1), of about its size: for tracking."""


DETECTORS: Final[dict[str, Callable[[int], Detector]]] = {
    "auto": lambda threads: BlazeFaceDetector("auto", BlazeFace(threads), small_faces=True),
    "blazeface": lambda threads: BlazeFaceDetector("blazeface", BlazeFace(threads), small_faces=False),
    "haar": lambda threads: HaarDetector(),
}
"""Name -> what makes the detector for a number of threads. `auto` is BlazeFace, with finer searches for small faces."""


@lru_cache(maxsize=8)
def load_detector(name: str = DEFAULT_DETECTOR, threads: int | None = None) -> Detector:
    """A detector by its name, one of DETECTORS; the same one for the same arguments. ValueError for another name.

    threads: of the network; by default two, or one in a process in which OpenCV may use only one, as workers do.

    Where BlazeFace's file is missing or damaged, Haar serves instead, and the log says so once.
    """
    if name not in DETECTORS:
        raise ValueError(f"Expected a detector of {', '.join(DETECTORS)}. Received: {name!r}.")
    try:
        return DETECTORS[name](threads or min(_MOST_THREADS, max(1, cv2.getNumThreads())))
    except ModelError as error:
        _log.warning("%s Haar cascades find the faces instead.", error)
        return HaarDetector()


def find_faces(
    image: NDArray[np.uint8], sensitivity: str = "normal", *, thorough: bool = True, detector: str = DEFAULT_DETECTOR
) -> list[Box]:
    """The boxes of `load_detector(detector).detect(...)`."""
    return [found.box for found in load_detector(detector).detect(image, sensitivity, thorough=thorough)]
