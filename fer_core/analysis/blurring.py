"""Faces made unrecognisable in a copy, and looked for again until no detector finds one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from fer_core.detection import Box, load_detector, overlap

_CHECKED_BY: Final = ("auto", "blazeface", "haar")
_CHECKED_IN_FILMS: Final = ("auto", "haar")  # where `auto` finds nothing in a frame, `blazeface` finds nothing either
_HAIR, _SIDES, _CHIN = 0.45, 0.3, 0.25  # of the box's height and width: a head beyond what detectors frame
_BLOCKS: Final = (3, 2, 1)  # squares of one colour along a region's side, round by round: what is left of a face
_ROUNDS: Final = 8
_GROWTH: Final = 0.2  # of a region's side, on each side and round: what is found again is framed by more
_SAME: Final = 0.5  # share of the smaller box from which on a face that is found is one that is to stay


@dataclass(frozen=True)
class Blur:
    """Whose faces an annotated copy hides: everybody's, but for the numbers in `keep`."""

    keep: tuple[int, ...] = ()


def hide_faces(
    image: NDArray[np.uint8],
    hidden: Sequence[Box],
    kept: Sequence[Box] = (),
    draw: Callable[[NDArray[np.uint8]], NDArray[np.uint8]] = lambda image: image,
    *,
    film: bool = False,
) -> tuple[NDArray[np.uint8], list[Box]]:
    """A copy of `image` with these faces hidden, as `draw` finishes it, and what else had to be hidden.

    image: (height, width, 3) RGB uint8. Of a head 3x3 squares of one colour are left: from so few no face can be
    restored. Then the finished copy is searched by every detector, and what is found, but for the faces `kept`, is
    hidden with more around it and fewer squares, until nothing is found. film: the copy is a frame and will be
    compressed: it is searched as frames are, with a higher sensitivity.
    """
    regions = [_head(box, image) for box in hidden]
    further: list[Box] = []
    copy = _hidden(image, regions, _BLOCKS[0])
    for number in range(1, _ROUNDS + 1):
        finished = draw(copy)
        found = [box for box in _found(finished, film) if not any(overlap(box, own) > _SAME for own in kept)]
        if not found:
            return finished, further
        further += found
        if number == _ROUNDS:
            break
        grown = [_grown(_head(box, image), _GROWTH * (number - 1), image) for box in found]
        copy = _hidden(copy, grown, _BLOCKS[min(number, len(_BLOCKS) - 1)])
    return np.full_like(image, 128), further  # it never came to this; rather no picture than a face


def _found(image: NDArray[np.uint8], film: bool) -> list[Box]:
    names, sensitivity = (_CHECKED_IN_FILMS, "high") if film else (_CHECKED_BY, "normal")
    return [f.box for n in names for f in load_detector(n).detect(image, sensitivity, thorough=not film)]


def _hidden(image: NDArray[np.uint8], regions: Sequence[Box], blocks: int) -> NDArray[np.uint8]:
    """A copy in which every region is a mosaic of blocks x blocks squares."""
    copy = image.copy()
    for box in regions:
        rows, columns = slice(box.y, box.y + box.height), slice(box.x, box.x + box.width)
        few = cv2.resize(copy[rows, columns], (blocks, blocks), interpolation=cv2.INTER_AREA)
        copy[rows, columns] = cv2.resize(few, (box.width, box.height), interpolation=cv2.INTER_NEAREST)
    return copy


def _head(box: Box, image: NDArray[np.uint8]) -> Box:
    across, up, down = (round(s * n) for s, n in ((_SIDES, box.width), (_HAIR, box.height), (_CHIN, box.height)))
    return _clipped(box.x - across, box.y - up, box.x + box.width + across, box.y + box.height + down, image)


def _grown(box: Box, share: float, image: NDArray[np.uint8]) -> Box:
    across, down = round(share * box.width), round(share * box.height)
    return _clipped(box.x - across, box.y - down, box.x + box.width + across, box.y + box.height + down, image)


def _clipped(left: int, top: int, right: int, bottom: int, image: NDArray[np.uint8]) -> Box:
    """At least a pixel of the image."""
    height, width = image.shape[:2]
    left, top = min(max(0, left), width - 1), min(max(0, top), height - 1)
    return Box(left, top, max(1, min(right, width) - left), max(1, min(bottom, height) - top))
