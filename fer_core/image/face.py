"""An image that shows one face -> the 48x48 grey pixels that networks take."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

FACE_SIZE: Final = 48
"""Side of a face that networks take, in pixels: FER-2013's own."""


def whole_face(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Take a whole image as a face: (height, width) grey or (height, width, 3) RGB uint8 -> (48, 48) uint8 grey.

    A grey 48x48 image comes back as a copy of itself, and so does an RGB one with equal channels.
    """
    grey = to_grey(image)
    if grey.shape == (FACE_SIZE, FACE_SIZE):
        return grey.copy()
    # INTER_AREA averages what shrinks; enlarging, it would repeat pixels.
    how = cv2.INTER_AREA if min(grey.shape) >= FACE_SIZE else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(grey, (FACE_SIZE, FACE_SIZE), interpolation=how), np.uint8)


def to_grey(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(height, width, 3) RGB uint8 -> (height, width); grey comes back as it is, uncopied."""
    return image if image.ndim == 2 else np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)
