"""When a frame is searched, and how: near the known faces always, everywhere now and then."""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fer_core.detection import Detection, Detector

_FINE_EVERY: Final = 1.0  # seconds between searches for small faces too: at 30 frames per second 3 % of the frames
_QUICK_EVERY: Final = 0.1  # ... between quick ones, while a face is missing or there is none
_BLANK: Final = 3.0  # standard deviation of grey levels; a camera that is switched off sends black frames


class FrameSearch:
    """Searches of the whole frame as they become due: quick ones for large faces, finer ones for small faces too."""

    def __init__(self) -> None:
        self._since_quick = self._since_fine = math.inf

    def reset(self) -> None:
        """Search the next frame, whatever its time: it may have nothing in common with the one before."""
        self._since_quick = self._since_fine = math.inf

    def run(
        self, detector: Detector, frame: NDArray[np.uint8], sensitivity: str, elapsed: float, *, seeking: bool
    ) -> list[Detection]:
        """The faces of the frame where a search is due, else none.

        frame: (height, width, 3) RGB or (height, width) grey uint8. elapsed: seconds since the frame before. seeking:
        whether a face is missing.
        """
        self._since_quick += elapsed
        self._since_fine += elapsed
        if self._since_fine >= _FINE_EVERY:
            self._since_quick = self._since_fine = 0.0
            return detector.detect(frame, sensitivity, thorough=False)
        if seeking and self._since_quick >= _QUICK_EVERY:
            self._since_quick = 0.0
            return detector.detect_quick(frame, sensitivity)
        return []


def is_blank(grey: NDArray[np.uint8]) -> bool:
    """Whether a grey frame shows nothing: black, or all of one grey."""
    return float(grey[::8, ::8].std()) < _BLANK
