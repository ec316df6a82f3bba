"""Faces hidden in a film's annotated copy, also for a moment around the frames in which they are found."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fer_core.analysis import Blur, annotate, hide_faces
from fer_core.detection import Box
from fer_core.tracking import TrackedFace

_HELD: Final = 0.5
"""Seconds for which a place stays hidden after a face was seen there: a turned head is often found again by then."""


class FilmBlur:
    """Draws frame after frame of the copy of one film, with faces hidden. blur: whose."""

    def __init__(self, blur: Blur) -> None:
        self._blur = blur
        self._places: list[tuple[float, Box]] = []

    def draw(self, image: NDArray[np.uint8], faces: Sequence[TrackedFace], time: float) -> NDArray[np.uint8]:
        """The next frame with boxes and labels, (height, width, 3) RGB uint8. time: seconds."""
        kept = [face.box for face in faces if face.id in self._blur.keep]
        seen = [face.box for face in faces if face.id not in self._blur.keep]
        self._places = [(moment, box) for moment, box in self._places if 0 <= time - moment <= _HELD]
        hidden = [*seen, *(box for _, box in self._places)]
        drawn, further = hide_faces(image, hidden, kept, lambda copy: annotate(copy, faces), film=True)
        self._places += [(time, box) for box in (*seen, *further)]
        return drawn
