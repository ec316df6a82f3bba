"""Maps as pictures: over the face, warm where something speaks for an emotion, cool where it speaks against it."""

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from fer_core.detection import CropFrame
from fer_core.emotions import EMOTIONS

ABOUT: Final = (
    "Orange marks what counts for the emotion in the model's eyes, blue what counts against it. This shows how the "
    "model came to its prediction, not what the person feels, and is no proof that the prediction is correct."
)
"""What a map is and what it is not."""
FOR: Final = (230, 97, 0)
AGAINST: Final = (26, 111, 223)
"""RGB, told apart by people with any colour vision (after Okabe & Ito 2008)."""
_MOST_COVER: Final = 0.65  # of the face, by the strongest colour: what is under it can still be seen
_SIDE: Final = 288  # pixels of a face in a picture
_CAPTION: Final = 34  # pixels of the strip below it
_FONT: Final = cv2.FONT_HERSHEY_SIMPLEX


def overlay(
    face: NDArray[np.uint8], one: NDArray[np.floating], strongest: float, side: int = _SIDE
) -> NDArray[np.uint8]:
    """Lay a map over its face. face: (48, 48) uint8 grey. one: (48, 48), the map of one emotion.

    strongest: the value, of either sign, that gets the full colour; maps to be compared are given the same. Returns
    (side, side, 3) RGB uint8.
    """
    grey = cv2.resize(face, (side, side), interpolation=cv2.INTER_CUBIC).astype(np.float32)[..., np.newaxis]
    large = cv2.resize(one.astype(np.float32), (side, side), interpolation=cv2.INTER_LINEAR)
    return _coloured(grey, large / max(strongest, 1e-9))


def overlay_on(image: NDArray[np.uint8], one: NDArray[np.floating], frame: CropFrame) -> NDArray[np.uint8]:
    """A copy of a (height, width, 3) RGB uint8 image with a (48, 48) map laid over the face that `frame` holds.

    The map's strongest value, of either sign, gets the full colour.
    """
    covered = one.astype(np.float32) / max(float(np.abs(one).max()), 1e-9)
    height, width = image.shape[:2]
    spread = cv2.warpAffine(covered, frame.to_image, (width, height), flags=cv2.INTER_LINEAR)
    rows, columns = np.flatnonzero(spread.any(axis=1)), np.flatnonzero(spread.any(axis=0))
    laid = image.copy()
    if len(rows):
        part = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        laid[part] = _coloured(laid[part].astype(np.float32), spread[part])
    return laid


def runner_up(probabilities: NDArray[np.floating]) -> tuple[int, int]:
    """The indices of the most probable emotion and of the next. probabilities: (7,)."""
    second, first = np.argsort(probabilities, kind="stable")[-2:]
    return int(first), int(second)


def explanation_image(
    face: NDArray[np.uint8], maps: NDArray[np.floating], probabilities: NDArray[np.floating]
) -> NDArray[np.uint8]:
    """The face, and over it the maps of the most probable emotion and of the next, on one scale of colours.

    face: (48, 48) uint8 grey. maps: (7, 48, 48). probabilities: (7,). Returns (height, width, 3) RGB uint8.
    """
    chosen = runner_up(probabilities)
    strongest = float(np.abs(maps[list(chosen)]).max())
    plain = np.zeros_like(face, np.float32)
    panels = [_panel(overlay(face, plain, 1.0), "face")]
    panels += [
        _panel(overlay(face, maps[index], strongest), f"why {EMOTIONS[index]} {probabilities[index]:.0%}")
        for index in chosen
    ]
    return np.concatenate(panels, axis=1)


def _coloured(pixels: NDArray[np.float32], values: NDArray[Any]) -> NDArray[np.uint8]:
    """(height, width, 1 or 3) pixels under the colours of (height, width) values, full at -1 and 1."""
    cover = _MOST_COVER * np.clip(np.abs(values), 0, 1)[..., np.newaxis]
    colour = np.where(values[..., np.newaxis] >= 0, np.array(FOR, np.float32), np.array(AGAINST, np.float32))
    return np.asarray(np.rint((1 - cover) * pixels + cover * colour).clip(0, 255), np.uint8)


def _panel(image: NDArray[np.uint8], caption: str) -> NDArray[np.uint8]:
    """A picture with a line of text in a white strip below it."""
    strip = np.full((_CAPTION, image.shape[1], 3), 255, np.uint8)
    cv2.putText(strip, caption, (8, _CAPTION - 11), _FONT, 0.6, (0, 0, 0), 1, cv2.LINE_AA)
    return np.concatenate([image, strip])
