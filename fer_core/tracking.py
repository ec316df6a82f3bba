"""Faces across the frames of a video or webcam: detect now and then, follow in between, classify, smooth.

    frame -> grey -> local search around each face (full search when due) -> the same face as before?
          -> crops at the smoothed boxes -> every model once, in one batch -> smoothed predictions

Pure: the same frames with the same timestamps give the same faces. Not thread-safe; one tracker per stream.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from fer_core.analyze import UNSURE_BELOW, Face
from fer_core.faces import SENSITIVITIES, Box, crop_faces, distinct
from fer_core.following import Track, full_search, is_blank, pair
from fer_core.model import EmotionModel, load_model
from fer_core.smoothing import SMOOTHING_SECONDS, SteadyPrediction

MAX_FACES: Final = 10
"""Faces followed at once: bounds the time and memory of a frame."""
NOMINAL_STEP: Final = 1 / 30
"""Seconds taken for a timestamp that does not grow."""
LONGEST_STEP: Final = 1.0
"""Seconds taken at most between two frames; after a longer gap everything is searched anew."""

_FULL_EVERY: Final = 1.0  # s between full searches while all faces are in view: at 30 frames a second 3 % of frames
_SEEK_EVERY: Final = 0.2  # s between them while a face is missing, or there is none
_SHOWN_FOR: Final = 0.3  # s for which a face that is not seen stays on the picture
_KNOWN_FOR: Final = 2.0  # s for which a face that has gone keeps its identity


@dataclass(frozen=True)
class TrackedFace(Face):
    """A face of a frame. predictions: smoothed, with labels that hold. crop: (48, 48) uint8 grey, at the smoothed box.

    raw: model name -> (7,) float32, this frame's own probabilities (the last ones for a face that is hidden, for at
    most 0.3 s).
    """

    raw: Mapping[str, np.ndarray[Any, Any]] = field(default_factory=dict)

    @property
    def id(self) -> int:
        """From 1, in the order of appearance; the same face keeps it while it stays in view."""
        return self.number


class FaceTracker:
    """Follows faces through frames.

    models: names, or loaded models. sensitivity: one of fer_core.faces.SENSITIVITIES. smoothing: time constant of the
    probabilities in seconds, 0 for none. threshold: confidence under which a prediction is unsure. Raises ModelError
    for a model that cannot be used, ValueError for a sensitivity or smoothing that is none.

    Measured with 640x480, one face: `python -m fer_core benchmark --live`.
    """

    def __init__(
        self,
        models: Iterable[str | EmotionModel] = ("cnn",),
        *,
        sensitivity: str = "normal",
        smoothing: float = SMOOTHING_SECONDS,
        threshold: float = UNSURE_BELOW,
    ) -> None:
        self._tracks: list[Track] = []
        self._next_id = 1
        self._last: float | None = None
        self._since_full = math.inf
        self._full_searches = 0
        self._size = (0, 0)  # height, width
        self.configure(models, sensitivity=sensitivity, smoothing=smoothing, threshold=threshold)

    def configure(
        self,
        models: Iterable[str | EmotionModel],
        *,
        sensitivity: str = "normal",
        smoothing: float = SMOOTHING_SECONDS,
        threshold: float = UNSURE_BELOW,
    ) -> None:
        """Change the settings between two frames; faces keep their identities. Errors as in the constructor."""
        if sensitivity not in SENSITIVITIES:
            raise ValueError(f"Expected a sensitivity of {', '.join(SENSITIVITIES)}. Received: {sensitivity!r}.")
        if not 0 <= smoothing < math.inf:
            raise ValueError(f"Expected a smoothing of 0 or more seconds. Received: {smoothing!r}.")
        self._models = [model if isinstance(model, EmotionModel) else load_model(model) for model in models]
        self._sensitivity, self._smoothing, self._threshold = sensitivity, smoothing, threshold
        for track in self._tracks:
            track.steady.clear()

    def update(self, frame_rgb: NDArray[np.uint8], timestamp: float) -> list[TrackedFace]:
        """The faces of the next frame, in the order of their ids.

        frame_rgb: (height, width, 3) RGB or (height, width) grey uint8, of any size, which may change. timestamp:
        seconds; one that does not grow counts as NOMINAL_STEP later, a jump as at most LONGEST_STEP. A black frame
        shows no face, and does not end the identities before it. Raises ValueError for another form of frame.
        """
        grey = _grey(frame_rgb)
        elapsed, jumped = self._elapsed(timestamp)
        if self._resized(grey) or jumped:
            self._since_full = math.inf
        if is_blank(grey):
            self._miss_all(elapsed)
            return []
        self._follow(grey, elapsed)
        return self._classified(grey, elapsed)

    def _elapsed(self, timestamp: float) -> tuple[float, bool]:
        step = NOMINAL_STEP if self._last is None else timestamp - self._last
        self._last = timestamp if math.isfinite(timestamp) else self._last
        if not 0 < step < math.inf:
            return NOMINAL_STEP, False
        return min(step, LONGEST_STEP), step > LONGEST_STEP

    def _resized(self, grey: NDArray[np.uint8]) -> bool:
        before, self._size = self._size, (grey.shape[0], grey.shape[1])
        if before == self._size or not all(before):
            return False
        for track in self._tracks:  # a stream changes its resolution, hardly ever its picture
            track.resize(grey.shape[1] / before[1], grey.shape[0] / before[0])
        return True

    def _follow(self, grey: NDArray[np.uint8], elapsed: float) -> None:
        """Find the known faces again, and new ones when a full search is due."""
        near = [box for track in self._tracks if track.missing <= _SHOWN_FOR for box in track.look(grey, elapsed)]
        self._since_full += elapsed
        missed = [track for track in self._tracks if track.missing > 0]
        seeking = not self._tracks or bool(missed) or len(distinct(near)) < len(self._tracks)
        wide: list[Box] = []
        if self._since_full >= (_SEEK_EVERY if seeking else _FULL_EVERY):
            wide = full_search(grey, self._sensitivity, self._full_searches)
            self._full_searches += 1
            self._since_full = 0.0
        boxes = distinct(near + wide)
        pairs = pair(self._tracks, boxes, grey, elapsed)
        for track, box in pairs:
            track.seen(grey, box, elapsed)
        matched = {id(track) for track, _ in pairs}
        taken = [box for _, box in pairs]
        for track in self._tracks:
            if id(track) not in matched:
                track.unseen(grey, taken, elapsed)
        self._tracks = [track for track in self._tracks if self._kept(track)]
        for box in boxes:
            if box not in taken and len(self._tracks) < MAX_FACES and box in wide:
                self._tracks.append(Track(self._next_id, box, grey))
                self._next_id += 1

    def _kept(self, track: Track) -> bool:
        return track.missing <= (_KNOWN_FOR if track.is_confirmed else 0)

    def _miss_all(self, elapsed: float) -> None:
        for track in self._tracks:
            track.missing += elapsed
        self._tracks = [track for track in self._tracks if self._kept(track)]
        self._since_full = math.inf  # look everywhere as soon as there is something to see

    def _classified(self, grey: NDArray[np.uint8], elapsed: float) -> list[TrackedFace]:
        height, width = grey.shape
        shown = [
            (track, box)
            for track in self._tracks
            if track.missing <= _SHOWN_FOR and (box := track.box.inside(width, height)) is not None
        ]
        crops = crop_faces(grey, [box for _, box in shown])
        answers = {model.name: model.predict_proba(crops) for model in self._models}
        return [self._tracked(track, box, crops, answers, i, elapsed) for i, (track, box) in enumerate(shown)]

    def _tracked(
        self,
        track: Track,
        box: Box,
        crops: NDArray[np.uint8],
        answers: Mapping[str, NDArray[np.float32]],
        index: int,
        elapsed: float,
    ) -> TrackedFace:
        predictions = {}
        for name, rows in answers.items():
            steady = track.steady.setdefault(name, SteadyPrediction(self._threshold))
            if track.missing == 0 or name not in track.raw:
                track.raw[name] = rows[index].copy()
                steady.update(rows[index], elapsed, self._smoothing)
            elif not steady.started:
                steady.update(track.raw[name], elapsed, self._smoothing)
            predictions[name] = steady.prediction()
        raw = {name: track.raw[name] for name in answers}
        return TrackedFace(track.id, box, crops[index], predictions, raw=raw)


def iou(a: Box, b: Box) -> float:
    """Intersection over union of two boxes, 0 to 1."""
    across = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
    down = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
    shared = max(0, across) * max(0, down)
    return shared / (a.width * a.height + b.width * b.height - shared) if shared else 0.0


def _grey(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    shape: Sequence[int] = frame.shape
    if frame.dtype != np.uint8 or not (len(shape) == 2 or (len(shape) == 3 and shape[2] == 3)) or not frame.size:
        raise ValueError(f"Expected a frame (height, width, 3) RGB uint8, not empty. Received: {frame.dtype} {shape}.")
    return frame if len(shape) == 2 else np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), np.uint8)
