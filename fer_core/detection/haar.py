"""RGB pixels -> boxes of faces, by OpenCV's Haar cascades."""

import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from fer_core.detection.boxes import Box, distinct
from fer_core.detection.result import Detection
from fer_core.image import to_grey


@dataclass(frozen=True)
class _Search:
    """One pass of a cascade: the picture's longer side is reduced to `side`; `padding` is a share of each side."""

    cascade: str
    step: float
    side: int
    padding: float = 0.0
    mirrored: bool = False


_FINE: Final = _Search("frontalface_alt2", 1.2, 1280)
_SEARCHES: Final = (
    _Search("frontalface_alt2", 1.2, 640),
    _Search("frontalface_alt2", 1.2, 320, padding=0.2),
    _Search("frontalface_default", 1.1, 320, padding=0.2),
    _FINE,
    _Search("profileface", 1.1, 320, padding=0.2),
    _Search("profileface", 1.1, 320, padding=0.2, mirrored=True),
)
"""Cheap first. Padding is for tight portraits, and they fill the picture, so that a quarter of the pixels will do."""

SENSITIVITIES: Final = {"low": (6, 8, 640), "normal": (3, 5, 640), "high": (2, 3, 1280)}
"""Agreeing detections that make a face: of alt2, of the others; then the longer side in the first search, in pixels."""

_SMALLEST_SIDE: Final = 20  # the windows of all three cascades are 20 or 24 pixels wide
_SMALL_FACE: Final = 40  # pixels in the first search
_CASCADES: Final = Path(cv2.__file__).parent / "data"  # in the wheel of OpenCV 4 (5 ships none: hence the pin)
_NEAR_SIDE: Final = 43
"""Pixels of a face in the search near a known one. The cascade's sizes go in steps of 1.2 from 20 pixels; between two a
box flips. Width of a still face of 100 pixels, measured: +-1.1 pixels at 43 (1.2 ms), +-5.9 at 36 (0.8 ms)."""
_QUICK_SIDE: Final = 320
"""Pixels of the longer side in the quick search: a quarter of the time of 640; faces from a sixteenth of it on."""
_threads = threading.local()


class HaarDetector:
    """See `fer_core.detection.detector.Detector`; it tells no eyes."""

    name = "haar"

    def detect(
        self, image: NDArray[np.uint8], sensitivity: str = "normal", *, thorough: bool = True
    ) -> list[Detection]:
        return [Detection(box) for box in find_faces(image, sensitivity, thorough=thorough)]

    def detect_quick(self, image: NDArray[np.uint8], sensitivity: str = "normal") -> list[Detection]:
        grey = to_grey(image)
        scale = min(1.0, _QUICK_SIDE / max(grey.shape))
        size = (max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale)))
        return [Detection(box) for box in _resized(grey, size, sensitivity)]

    def detect_near(self, image: NDArray[np.uint8], box: Box, reach: float) -> list[Detection]:
        grey = to_grey(image)
        found = _near(grey, box, reach, _NEAR_SIDE) or _near(grey, box, reach + 0.2, round(_NEAR_SIDE * 1.2))
        return [Detection(found_box) for found_box in found]


def _near(grey: NDArray[np.uint8], box: Box, reach: float, pixels: int) -> list[Box]:
    """Boxes found in a square around `box`, reduced or enlarged so that the box has a side of `pixels`."""
    side = max(8, round(max(box.width, box.height) * reach))
    x, y = round(box.x + (box.width - side) / 2), round(box.y + (box.height - side) / 2)
    left, top = max(0, x), max(0, y)
    region = grey[top : max(0, y + side), left : max(0, x + side)]
    scale = pixels / max(1, box.width)
    size = (round(region.shape[1] * scale), round(region.shape[0] * scale))
    if min(*region.shape, *size) < 1:
        return []
    found = _resized(region, size, "high")
    return [Box(left + box.x, top + box.y, box.width, box.height) for box in found]


def _resized(grey: NDArray[np.uint8], size: tuple[int, int], sensitivity: str) -> list[Box]:
    """The first search's boxes in `grey` at `size` (width, height), in pixels of `grey`."""
    height, width = grey.shape
    how = cv2.INTER_AREA if size[0] < width or size[1] < height else cv2.INTER_LINEAR
    resized = grey if size == (width, height) else np.asarray(cv2.resize(grey, size, interpolation=how), np.uint8)
    across, down = width / size[0], height / size[1]
    return [
        Box(round(box.x * across), round(box.y * down), round(box.width * across), round(box.height * down))
        for box in find_faces(resized, sensitivity, thorough=False)
    ]


def find_faces(image_rgb: NDArray[np.uint8], sensitivity: str = "normal", *, thorough: bool = True) -> list[Box]:
    """Faces of an RGB (height, width, 3) or grey (height, width) uint8 picture, from left to right; maybe none.

    Searches follow one another until one finds a face: OpenCV's Haar cascades alt2 (Viola & Jones 2001; Lienhart &
    Maydt 2002), then default, then profiles. Where the faces found are small, a finer search adds to them.
    `thorough=False` stops after the first search: for the frames of a video, where the next frame is another chance.
    `sensitivity` is one of SENSITIVITIES; ValueError for another.

    Measured on faces of FER-2013's PublicTest, each on a ground of smooth blotches and noise: 0.82 of 300 found at 192
    pixels in 400x360, with 0.02 false boxes a picture; in 1280x720, 0.85 of 40 at 56 pixels and 0.70 of 60 at 40 pixels
    (0.2 without the finer search). No box in 30 pictures of pixel noise, one in 3 of 30 blotchy ones. OpenCV's own
    threads halve the time of one picture (151 -> 78 ms on two busy cores), so they stay on: limiting them is the
    process's decision.
    """
    if sensitivity not in SENSITIVITIES:
        raise ValueError(f"Expected a sensitivity of {', '.join(SENSITIVITIES)}. Received: {sensitivity!r}.")
    height, width = image_rgb.shape[:2]
    if min(height, width) < _SMALLEST_SIDE:
        return []
    grey, longer = to_grey(image_rgb), max(height, width)
    alt2_neighbours, neighbours, first_side = SENSITIVITIES[sensitivity]
    first = replace(_SEARCHES[0], side=first_side)
    finer_helps = min(first.side, longer) < min(_FINE.side, longer)
    for search in (first, *_SEARCHES[1:]) if thorough else (first,):
        if search is _FINE and not finer_helps:
            continue
        found = _search(grey, search, alt2_neighbours if search.cascade == first.cascade else neighbours)
        if found and search is first and thorough and finer_helps:
            smallest = min(box.width for box in found) * first.side / longer
            found = _search(grey, _FINE, alt2_neighbours) + found if smallest < _SMALL_FACE else found
        if found:
            return sorted(distinct(found), key=lambda box: (box.x, box.y))
    return []


def _search(grey: NDArray[np.uint8], search: _Search, neighbours: int) -> list[Box]:
    """Boxes of one pass, best supported first, in pixels of `grey` and clipped to it."""
    height, width = grey.shape
    scale = min(1.0, search.side / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA) if scale < 1 else grey
    across, down = (round(side * search.padding) for side in size)
    padded = cv2.copyMakeBorder(small, down, down, across, across, cv2.BORDER_REPLICATE)
    padded = cv2.flip(padded, 1) if search.mirrored else padded
    found, support = _cascade(search.cascade).detectMultiScale2(padded, search.step, neighbours)
    boxes = []
    for i in sorted(range(len(found)), key=lambda i: -support[i]):
        x, y, w, h = (float(v) for v in found[i])
        x = padded.shape[1] - x - w if search.mirrored else x
        left, top = (x - across) * width / size[0], (y - down) * height / size[1]
        right, bottom = left + w * width / size[0], top + h * height / size[1]
        # A face whose middle lies in the padding is a face of the padding.
        if 0 <= left + right < 2 * width and 0 <= top + bottom < 2 * height:
            x0, y0 = max(0, round(left)), max(0, round(top))
            boxes.append(Box(x0, y0, min(width, round(right)) - x0, min(height, round(bottom)) - y0))
    return boxes


def _cascade(name: str) -> cv2.CascadeClassifier:
    """This thread's own cascade (OpenCV's are not thread-safe), loaded once."""
    loaded: dict[str, cv2.CascadeClassifier] = _threads.__dict__.setdefault("cascades", {})
    if name not in loaded:
        loaded[name] = cv2.CascadeClassifier(str(_CASCADES / f"haarcascade_{name}.xml"))
    return loaded[name]
