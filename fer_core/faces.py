"""RGB pixels -> boxes of faces (Haar cascades) -> 48x48 grey crops, framed as in FER-2013."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from fer_core.boxes import Box, distinct, overlap

__all__ = [
    "CROP_MARGIN",
    "FACE_SIZE",
    "SENSITIVITIES",
    "Box",
    "crop_face",
    "crop_faces",
    "distinct",
    "find_faces",
    "is_face_crop",
    "overlap",
    "whole_face",
]

FACE_SIZE: Final = 48
"""Side of a crop, in pixels: FER-2013's own."""

CROP_MARGIN: Final = 1.05
"""Side of a crop over side of the found box. Measured: 300 faces of PublicTest, enlarged four times and pasted on a
larger ground; the faces' own frame is 1.05 times the box found in it (median; 0.89 to 1.24 from the tenth to the
ninetieth percentile), and the centres agree (median offset 0.00 across, -0.01 down, in box sides): no shift."""


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
_CROP_SIDES: Final = (32, 96)
_CROP_ASPECT: Final = 1.1
_CROP_CONTRAST: Final = 12
_CROP_KEPT, _CROP_LOST = 0.45, 0.04
_threads = threading.local()


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
    grey, longer = _grey(image_rgb), max(height, width)
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


def whole_face(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A picture taken whole as a face: grey or RGB uint8 of any size -> (48, 48) uint8 grey.

    A grey 48x48 picture comes back as it is, and so does an RGB one with equal channels.
    """
    grey = _grey(image)
    if grey.shape == (FACE_SIZE, FACE_SIZE):
        return grey.copy()
    # INTER_AREA averages what shrinks; enlarging, it would repeat pixels.
    how = cv2.INTER_AREA if min(grey.shape) >= FACE_SIZE else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(grey, (FACE_SIZE, FACE_SIZE), interpolation=how), np.uint8)


def is_face_crop(image: NDArray[np.uint8]) -> bool:
    """Whether a grey or RGB uint8 picture, in which no face was found, counts as a face by itself.

    It does if its sides are 32 to 96 pixels and within 10 % of square, and its grey levels, at 48x48, have a standard
    deviation of at least 12 and the structure of a face: a fine blur leaves most of the variance (white noise keeps
    0.07 to 0.11, 99 % of 2,000 faces of FER-2013 at least 0.64), and a coarse one takes some of it (a gradient loses
    0.01 between the two, no face less than 0.07). 0.999 of those faces count.
    """
    shorter, longer = sorted(image.shape[:2])
    if shorter < _CROP_SIDES[0] or longer > _CROP_SIDES[1] or longer > _CROP_ASPECT * shorter:
        return False
    face = whole_face(image).astype(np.float32)
    if face.std() < _CROP_CONTRAST:
        return False
    fine, coarse = (cv2.GaussianBlur(face, (0, 0), sigma) for sigma in (1, 6))
    kept, lost = fine.var() / face.var(), (fine - coarse).var() / face.var()
    return bool(kept >= _CROP_KEPT and lost >= _CROP_LOST)


def crop_face(image: NDArray[np.uint8], box: Box, margin: float = CROP_MARGIN) -> NDArray[np.uint8]:
    """The square around a box, `margin` times its longer side -> (48, 48) uint8 grey.

    `image` is RGB or grey uint8. Where the square leaves the picture, the picture's edge is repeated. ValueError for a
    box that does not touch the picture.
    """
    height, width = image.shape[:2]
    side = max(1, round(max(box.width, box.height) * margin))
    left = round(box.x + (box.width - side) / 2)
    top = round(box.y + (box.height - side) / 2)
    inside = image[max(0, top) : max(0, top + side), max(0, left) : max(0, left + side)]
    if not inside.size:
        raise ValueError(f"Expected a box inside the picture of {width} x {height} pixels. Received: {box}.")
    borders = (max(0, -top), max(0, top + side - height), max(0, -left), max(0, left + side - width))
    return whole_face(np.asarray(cv2.copyMakeBorder(inside, *borders, cv2.BORDER_REPLICATE), np.uint8))


def crop_faces(image: NDArray[np.uint8], boxes: Sequence[Box]) -> NDArray[np.uint8]:
    """crop_face of every box -> (N, 48, 48) uint8; N may be 0."""
    grey = _grey(image)
    return np.array([crop_face(grey, box) for box in boxes], np.uint8).reshape(-1, FACE_SIZE, FACE_SIZE)


def _grey(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return image if image.ndim == 2 else np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)
