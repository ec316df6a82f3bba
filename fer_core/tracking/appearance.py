"""How a face looked when it was last detected: recognises it, and finds it where the detector does not."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from fer_core.detection import Box

SIMILAR: Final = 0.6
"""Normalised correlation from which two views count as the same face."""

_TEMPLATE_SIDE: Final = 24
_SMALLEST_SQUARE: Final = 8  # pixels
_FIND_REACH: Final = 1.6  # side of the searched square, in sides of the box


class Appearance:
    """The grey template of a face, 24x24 pixels, compared by normalised correlation.

    grey: the frame, (height, width) uint8. box: the face in it; may leave the frame, whose edge is then repeated.
    """

    def __init__(self, grey: NDArray[np.uint8], box: Box) -> None:
        self._template = _template(grey, box)

    def similarity(self, grey: NDArray[np.uint8], box: Box) -> float:
        """Normalised correlation with what is in `box`, -1 to 1."""
        return float(cv2.matchTemplate(_template(grey, box), self._template, cv2.TM_CCOEFF_NORMED)[0, 0])

    def find(self, grey: NDArray[np.uint8], box: Box) -> Box | None:
        """The most similar place around `box`, as a box of its size; None where nothing is SIMILAR."""
        x, y, side = _square(box, _FIND_REACH)
        window = _resample(grey, x, y, side, round(_TEMPLATE_SIDE * side / max(1, box.width, box.height)))
        scores = cv2.matchTemplate(window, self._template, cv2.TM_CCOEFF_NORMED)
        _, best, _, (column, row) = cv2.minMaxLoc(np.nan_to_num(scores, posinf=0, neginf=0))
        if best < SIMILAR:
            return None
        scale = side / window.shape[0]
        return Box(round(x + column * scale), round(y + row * scale), box.width, box.height)


def _square(box: Box, scale: float) -> tuple[int, int, int]:
    """Left, top and side of the square around the middle of `box`, `scale` times its longer side."""
    side = max(_SMALLEST_SQUARE, round(scale * max(box.width, box.height)))
    return round(box.x + (box.width - side) / 2), round(box.y + (box.height - side) / 2), side


def _template(grey: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    return _resample(grey, *_square(box, 1.0), _TEMPLATE_SIDE)


def _resample(grey: NDArray[np.uint8], x: int, y: int, side: int, pixels: int) -> NDArray[np.uint8]:
    """A square of the frame at `pixels` x `pixels`, at least the template's size."""
    pixels = max(_TEMPLATE_SIDE, pixels)
    scale = side / pixels
    placed = np.array([[scale, 0, x + scale / 2 - 0.5], [0, scale, y + scale / 2 - 0.5]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpAffine(grey, placed, (pixels,) * 2, flags=flags, borderMode=cv2.BORDER_REPLICATE), np.uint8
    )
