"""An image -> canvases for a network, from the smallest copy of it that has pixels enough."""

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from fer_core.image import to_grey

Region = tuple[float, float, float, float]
"""x, y, width, height in pixels; it may leave the image."""
Canvas = tuple[NDArray[np.uint8], float, float, float]
"""(height, width, 3) RGB uint8, then scale, x and y with which `Candidates.moved` leads back into the image."""

_SMALLEST: Final = 16  # pixels of a side: smaller ones are not halved
_BLOCK: Final = 16  # pixels of a side, of a copy whose longer side is less than
_TEXTURE_SIDE: Final = 1280
_TEXTURE: Final = 6.0
"""Standard deviation of grey levels in a block, below which there is nothing to see. Faces of FER-2013's PublicTest of
12 pixels, each in the middle of four blocks on a ground of its own mean grey: one in 1,500 has less in all four."""
_NEARLY: Final = 0.75  # a scale from which on interpolation skips too little to matter, at a sixth of the time


class Pyramid:
    """An RGB or grey uint8 image and its halves, each made when it is first needed. For one thread."""

    def __init__(self, image: NDArray[np.uint8]) -> None:
        self._levels = [image]
        self._textured: NDArray[np.bool_] | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        height, width = self._levels[0].shape[:2]
        return height, width

    def letterboxed(self, region: Region, shape: tuple[int, int]) -> Canvas:
        """`letterboxed` of the image, in a fraction of the time where it is large."""
        scale, level = min(shape[1] / region[2], shape[0] / region[3]), 0
        while scale * 2 ** (level + 1) <= 1 and min(self._level(level).shape[:2]) >= 2 * _SMALLEST:
            level += 1
        factor = 2.0**level
        x, y, width, height = (value / factor for value in region)
        canvas, back, left, top = letterboxed(self._level(level), (x, y, width, height), shape)
        return canvas, back * factor, left * factor, top * factor

    def is_textured(self, region: Region) -> bool:
        """Whether a part of the image shows anything, even a face of a fiftieth of its longer side."""
        level = 0
        while max(self._level(level).shape) >= _TEXTURE_SIDE and min(self._level(level).shape[:2]) >= 2 * _SMALLEST:
            level += 1
        if self._textured is None:
            self._textured = _deviations(self._level(level)) >= _TEXTURE
        x, y, width, height = (value / (2**level * _BLOCK) for value in region)
        rows = slice(max(0, math.floor(y)), max(0, math.ceil(y + height)))
        columns = slice(max(0, math.floor(x)), max(0, math.ceil(x + width)))
        return bool(self._textured[rows, columns].any())

    def _level(self, number: int) -> NDArray[np.uint8]:
        while len(self._levels) <= number:
            last = self._levels[-1]
            height, width = (length // 2 for length in last.shape[:2])
            # an odd row or column is left out, so that two pixels are one exactly
            whole = last[: 2 * height, : 2 * width]
            self._levels.append(np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), np.uint8))
        return self._levels[number]


def _deviations(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Standard deviation of the grey levels of each block, in rows and columns."""
    grey = to_grey(image)
    rows, columns = (-(-length // _BLOCK) for length in grey.shape)
    below, right = rows * _BLOCK - grey.shape[0], columns * _BLOCK - grey.shape[1]
    padded = cv2.copyMakeBorder(grey, 0, below, 0, right, cv2.BORDER_REFLECT).astype(np.float32)
    mean, power = (cv2.resize(v, (columns, rows), interpolation=cv2.INTER_AREA) for v in (padded, padded * padded))
    return np.asarray(np.sqrt(np.maximum(power - mean * mean, 0)), np.float32)


def letterboxed(image: NDArray[np.uint8], region: Region, shape: tuple[int, int]) -> Canvas:
    """A part of an RGB or grey image, as large as fits into a canvas of `shape` (height, width), the rest black."""
    x, y, width, height = region
    scale = min(shape[1] / width, shape[0] / height)
    left, top = (shape[1] - width * scale) / 2, (shape[0] - height * scale) / 2
    x0, y0 = max(0, round(x)), max(0, round(y))
    x1, y1 = min(image.shape[1], round(x + width)), min(image.shape[0], round(y + height))
    canvas = np.zeros((*shape, 3), np.uint8)
    if x1 <= x0 or y1 <= y0:
        return canvas, 1 / scale, x - left / scale, y - top / scale
    a, b = max(0, round((x0 - x) * scale + left)), max(0, round((y0 - y) * scale + top))
    w, h = min(shape[1] - a, max(1, round((x1 - x0) * scale))), min(shape[0] - b, max(1, round((y1 - y0) * scale)))
    how = cv2.INTER_AREA if scale < _NEARLY else cv2.INTER_LINEAR
    part = cv2.resize(image[y0:y1, x0:x1], (w, h), interpolation=how)
    canvas[b : b + h, a : a + w] = part if part.ndim == 3 else part[..., np.newaxis]
    return canvas, 1 / scale, x0 - a / scale, y0 - b / scale
