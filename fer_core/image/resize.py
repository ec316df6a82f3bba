"""Pictures made smaller, for a page."""

import cv2
import numpy as np
from numpy.typing import NDArray


def reduced(image: NDArray[np.uint8], longest: int) -> NDArray[np.uint8]:
    """`image`, (height, width, 3) uint8, with at most `longest` pixels a side; a copy only where it is larger."""
    height, width = image.shape[:2]
    scale = longest / max(height, width)
    if scale >= 1:
        return image
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
