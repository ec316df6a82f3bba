"""Results drawn on a picture: copies, never the pixels that are still to be classified."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np

from fer_core.emotions import COLOURS

if TYPE_CHECKING:
    from fer_core.analyze import Face

_FONT: Final = cv2.FONT_HERSHEY_SIMPLEX
_WIDEST: Final = 2.5  # a caption over its box, in widths of the box
_DISAGREEMENT: Final = (40, 40, 40)  # models do not agree: no emotion's colour


def annotate(image: np.ndarray[Any, Any], faces: Sequence["Face"]) -> np.ndarray[Any, Any]:
    """A copy of `image` (RGB uint8) with every face's box, number and labels; sizes follow the picture."""
    drawn = np.ascontiguousarray(image).copy()
    unit = max(1.0, max(drawn.shape[:2]) / 640)
    for face in faces:
        labels = {prediction.label for prediction in face.predictions.values()}
        colour = _rgb(COLOURS[next(iter(labels))]) if len(labels) == 1 else _DISAGREEMENT
        box = face.box
        thickness = max(1, round(2 * unit))
        cv2.rectangle(drawn, (box.x, box.y), (box.x + box.width - 1, box.y + box.height - 1), colour, thickness)
        draw_label(drawn, (box.x, box.y), _fitting(face, unit), colour, unit)
    return drawn


def _fitting(face: "Face", unit: float) -> str:
    """The caption, or in a crowd, where it would hide the neighbours, as much of it as the box bears: its number."""
    whole = caption(face)
    return whole if _text_width(whole, unit) <= _WIDEST * face.box.width else str(face.number)


def _text_width(text: str, unit: float) -> int:
    return int(cv2.getTextSize(text, _FONT, 0.5 * unit, max(1, round(unit)))[0][0])


def caption(face: "Face") -> str:
    """What stands over a box: number, label and confidence; both labels where the models disagree."""
    shown: dict[str, float] = {}
    for prediction in face.predictions.values():
        shown[prediction.label] = max(shown.get(prediction.label, 0.0), prediction.confidence)
    unsure = all(prediction.is_uncertain for prediction in face.predictions.values()) and bool(face.predictions)
    text = " / ".join(f"{label} {confidence:.0%}" for label, confidence in shown.items())
    return f"{face.number} {text}{'?' if unsure else ''}"


def draw_label(
    image: np.ndarray[Any, Any], corner: tuple[int, int], text: str, colour: tuple[int, int, int], unit: float = 1.0
) -> None:
    """Write `text` (ASCII) on a filled strip above `corner`, in place; moved inside where it would leave the image."""
    scale, thickness, pad = 0.5 * unit, max(1, round(unit)), round(4 * unit)
    (width, height), baseline = cv2.getTextSize(text, _FONT, scale, thickness)
    strip = height + baseline + 2 * pad
    left = max(0, min(corner[0], image.shape[1] - width - 2 * pad))
    top = corner[1] - strip if corner[1] >= strip else corner[1]
    cv2.rectangle(image, (left, top), (left + width + 2 * pad, top + strip), colour, cv2.FILLED)
    # black or white, whichever stands out (relative luminance, WCAG)
    luminance = np.dot(colour, (0.2126, 0.7152, 0.0722)) / 255
    ink = (0, 0, 0) if luminance > 0.45 else (255, 255, 255)
    cv2.putText(image, text, (left + pad, top + pad + height), _FONT, scale, ink, thickness, cv2.LINE_AA)


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
