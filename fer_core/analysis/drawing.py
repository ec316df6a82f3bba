"""Boxes with captions, drawn on a copy of an image."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from fer_core.detection import Box

_FONT: Final = cv2.FONT_HERSHEY_SIMPLEX
_INKS: Final = ((0, 0, 0), (255, 255, 255))
_MAX_CAPTION_WIDTH: Final = 2.5  # in widths of the box: a wider caption would hide the neighbours in a crowd


@dataclass(frozen=True)
class Annotation:
    """What to draw at one box. colour: "#RRGGBB", of the box and of the strip behind its caption.

    caption: ASCII text at the box. short_caption: stands there instead where `caption` is much wider than the box, or
    would hide another one.
    """

    box: Box
    caption: str
    short_caption: str
    colour: str


def draw(image: NDArray[np.uint8], annotations: Iterable[Annotation]) -> NDArray[np.uint8]:
    """Draw boxes and captions on a copy of `image`, (height, width, 3) RGB uint8; line widths and text scale with it.

    Boxes come first, then captions, each at a place where it hides no other caption and no other box, where there is
    one. A copy, because what is drawn must never reach the pixels that are still to be classified.
    """
    drawn = np.ascontiguousarray(image).copy()
    unit = max(1.0, max(drawn.shape[:2]) / 640)
    annotations = list(annotations)
    for annotation in annotations:
        box = annotation.box
        corner, opposite = (box.x, box.y), (box.x + box.width - 1, box.y + box.height - 1)
        cv2.rectangle(drawn, corner, opposite, _rgb(annotation.colour), max(1, round(2 * unit)))
    for annotation, (text, strip) in zip(annotations, _placed(annotations, drawn.shape[:2], unit), strict=True):
        _draw_caption(drawn, text, strip, _rgb(annotation.colour), _text_unit(annotation.box, unit))
    return drawn


def _placed(annotations: Sequence[Annotation], size: tuple[int, ...], unit: float) -> list[tuple[str, Box]]:
    """The text and the strip of each caption. size: height and width of the image."""
    count = len(annotations)
    edges = np.array([_edges(annotation.box) for annotation in annotations] * 2).reshape(-1, 4)  # boxes, then strips
    placed = []
    for number, annotation in enumerate(annotations):
        others = np.delete(edges[: count + number], number, axis=0)
        places = list(_places(annotation, size, unit))
        hidden = [_hidden(strip, others) for _, strip in places]
        best = places[int(np.argmin(hidden))]  # the first of equals
        edges[count + number] = _edges(best[1])
        placed.append(best)
    return placed


def _places(annotation: Annotation, size: tuple[int, ...], unit: float) -> list[tuple[str, Box]]:
    """Where a caption may stand, the best first: outside its box, then inside it; a long caption before a short one."""
    box, (height, width), unit = annotation.box, size, _text_unit(annotation.box, unit)
    pad = round(4 * unit)
    outside, inside = [], []
    for text in (annotation.caption, annotation.short_caption):
        text_width, above, below = _text_size(text, unit)
        if text != annotation.short_caption and text_width > _MAX_CAPTION_WIDTH * box.width:
            continue
        wide, high = text_width + 2 * pad, above + below + 2 * pad
        for left in (box.x, box.x + box.width - wide):  # in line with the box's left side, or its right
            strip = Box(max(0, min(left, width - wide)), box.y, wide, high)
            tops = (box.y - high, box.y + box.height)
            outside += [(text, replace(strip, y=top)) for top in tops if 0 <= top <= height - high]
            inside.append((text, strip))
    return [*outside, *inside]


def _text_unit(box: Box, unit: float) -> float:
    """The scale of a caption: smaller for a small face of a large image, as long as it can be read."""
    return max(0.7 * unit, min(unit, box.width / 80))


def _edges(box: Box) -> tuple[int, int, int, int]:
    return box.x, box.y, box.x + box.width, box.y + box.height


def _hidden(strip: Box, others: NDArray[np.int64]) -> int:
    """How many pixels of `others`, (N, 4) edges, a strip would cover."""
    left, top, right, bottom = _edges(strip)
    wide = np.minimum(others[:, 2], right) - np.maximum(others[:, 0], left)
    high = np.minimum(others[:, 3], bottom) - np.maximum(others[:, 1], top)
    return int((wide.clip(0) * high.clip(0)).sum())


def _draw_caption(image: NDArray[np.uint8], text: str, strip: Box, colour: tuple[int, int, int], unit: float) -> None:
    """Write on a filled strip, in place."""
    opposite = (strip.x + strip.width, strip.y + strip.height)
    cv2.rectangle(image, (strip.x, strip.y), opposite, colour, cv2.FILLED)
    ink = max(_INKS, key=lambda shade: contrast(colour, shade))
    pad, above = round(4 * unit), _text_size(text, unit)[1]
    place = (strip.x + pad, strip.y + pad + above)
    cv2.putText(image, text, place, _FONT, _scale(unit), ink, _thickness(unit), cv2.LINE_AA)


def _text_size(text: str, unit: float) -> tuple[int, int, int]:
    """Width, height above the baseline and depth below it, in pixels."""
    (width, height), baseline = cv2.getTextSize(text, _FONT, _scale(unit), _thickness(unit))
    return int(width), int(height), int(baseline)


def _scale(unit: float) -> float:
    return 0.5 * unit


def _thickness(unit: float) -> int:
    return max(1, round(unit))


def contrast(first: tuple[int, int, int], second: tuple[int, int, int]) -> float:
    """The contrast ratio of two RGB colours (0-255) after WCAG 2.2, 1 to 21."""
    low, high = sorted((_luminance(first), _luminance(second)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: tuple[int, int, int]) -> float:
    """Relative luminance, 0 to 1."""
    shares = np.asarray(colour) / 255
    linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
