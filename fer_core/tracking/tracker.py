"""Faces across the frames of a video or webcam: detect, associate, classify, smooth.

    frame -> search around each face, search of the whole frame when due -> detections associated with tracks
          -> crops at the smoothed boxes and eyes -> every model once, in one batch -> smoothed predictions

Deterministic: the same frames with the same timestamps give the same faces. Not thread-safe: one tracker per stream.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from fer_core.analysis import UNSURE_BELOW
from fer_core.bundle import EmotionModel, load_model
from fer_core.detection import (
    DEFAULT_DETECTOR,
    SENSITIVITIES,
    Detection,
    crop_faces,
    distinct,
    load_detector,
)
from fer_core.tracking.appearance import SIMILAR
from fer_core.tracking.faces import Located, Sight, TrackedFace
from fer_core.tracking.filters import SMOOTHING_SECONDS
from fer_core.tracking.recognition import OTHER_FACE, Cuts, Gallery, describe
from fer_core.tracking.search import FrameSearch, is_blank
from fer_core.tracking.track import CONFIRMED_HITS, Track, associate

MAX_FACES: Final = 10
"""Faces tracked at once, at most: bounds the time and memory per frame."""
NOMINAL_STEP: Final = 1 / 30
"""Seconds that count for a timestamp that does not increase."""
LONGEST_STEP: Final = 1.0
"""Seconds that count at most between two frames; after a longer gap a full search is due."""

_VIEW_EVERY: Final = 0.5  # seconds between two views of a face that are kept
_DETECTOR_THREADS: Final = 1  # sessions share the cores, and a search near a face is too short for two threads


class FaceTracker:
    """Tracks faces through the frames of one stream.

    models: names, or loaded models. detector: "auto", "blazeface" or "haar" (`fer_core.detection`). sensitivity: one of
    SENSITIVITIES. smoothing: time constant of the probabilities in seconds, 0 for none. threshold: confidence below
    which a prediction is uncertain. recognise: whether a face that comes back after a cut or an absence gets its number
    again by how it looks (`recognition`); else it keeps it for 2 seconds, near the place where it was. Raises
    ModelError for a model that cannot be used, ValueError for an unknown detector or sensitivity, or a negative or
    infinite smoothing.

    Measured with 640x480, one face: `python -m fer_core benchmark --live`.
    """

    def __init__(
        self,
        models: Iterable[str | EmotionModel],
        *,
        detector: str = DEFAULT_DETECTOR,
        sensitivity: str = "normal",
        smoothing: float = SMOOTHING_SECONDS,
        threshold: float = UNSURE_BELOW,
        recognise: bool = False,
    ) -> None:
        self._gallery = Gallery() if recognise else None
        self._cuts = Cuts()
        self._since_views = 0.0
        self._tracks: list[Track] = []
        self._next_id = 1
        self._last: float | None = None
        self._search = FrameSearch()
        self._size = (0, 0)  # height, width
        self.configure(models, detector=detector, sensitivity=sensitivity, smoothing=smoothing, threshold=threshold)

    def configure(
        self,
        models: Iterable[str | EmotionModel],
        *,
        detector: str = DEFAULT_DETECTOR,
        sensitivity: str = "normal",
        smoothing: float = SMOOTHING_SECONDS,
        threshold: float = UNSURE_BELOW,
    ) -> None:
        """Change the settings between two frames; faces keep their identities. Errors as in the constructor."""
        if sensitivity not in SENSITIVITIES:
            raise ValueError(f"Expected a sensitivity of {', '.join(SENSITIVITIES)}. Received: {sensitivity!r}.")
        if not 0 <= smoothing < math.inf:
            raise ValueError(f"Expected a smoothing of 0 or more seconds. Received: {smoothing!r}.")
        self._detector = load_detector(detector, _DETECTOR_THREADS)
        self._models = [model if isinstance(model, EmotionModel) else load_model(model) for model in models]
        self._sensitivity, self._smoothing, self._threshold = sensitivity, smoothing, threshold
        for track in self._tracks:
            track.reset_smoothing()

    def update(self, frame_rgb: NDArray[np.uint8], timestamp: float) -> list[TrackedFace]:
        """The faces of the next frame, in the order of their ids.

        frame_rgb: (height, width, 3) RGB or (height, width) grey uint8, of any size, which may change. timestamp:
        seconds; one that does not increase counts as NOMINAL_STEP later, a jump as at most LONGEST_STEP. A black frame
        shows no face, and does not end the identities before it. Raises ValueError for another form of frame.
        """
        return self.read(self.locate(frame_rgb, timestamp))

    def locate(self, frame_rgb: NDArray[np.uint8], timestamp: float) -> Located:
        """The first half of `update`: where the faces are. One thread may call this while another is in `read`."""
        grey = _to_grey(frame_rgb)
        elapsed, jumped = self._elapsed(timestamp)
        if self._resized(grey) or jumped:
            self._search.reset()
        if is_blank(grey):
            self._pause(elapsed)
            return Located((), crop_faces(grey, [], []), elapsed)
        if self._gallery is not None and self._cuts.is_cut(grey):
            self._tracks = []  # the gallery knows them
            self._search.reset()
        nearby, full = self._detect(frame_rgb, elapsed)
        self._assign(nearby, full, grey, elapsed)
        return self._crop(grey, elapsed)

    def read(self, located: Located) -> list[TrackedFace]:
        """The second half of `update`: every model once, on all faces of a frame, smoothed over time."""
        probabilities = {model.name: model.predict_proba(located.crops) for model in self._models}
        faces = []
        for index, (sight, crop) in enumerate(zip(located.sights, located.crops, strict=True)):
            own = {name: rows[index] for name, rows in probabilities.items()}
            predictions, raw = sight.track.smooth(
                own, located.elapsed, self._smoothing, self._threshold, in_view=sight.in_view
            )
            faces.append(TrackedFace(sight.track.id, sight.box, crop, predictions, eyes=sight.eyes, raw=raw))
        return faces

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
        for track in self._tracks:  # a stream changes its resolution, hardly ever what it shows
            track.rescale(grey.shape[1] / before[1], grey.shape[0] / before[0])
        return True

    def _detect(self, frame: NDArray[np.uint8], elapsed: float) -> tuple[list[Detection], list[Detection]]:
        """Detections around the known faces, and those of a search of the whole frame, where one is due."""
        near = [track.search(self._detector, frame, elapsed) for track in self._tracks if track.is_visible]
        # each track's own first: a face at the edge of another's square is found there, but less exactly
        nearby = _distinct([*(found[0] for found in near if found), *(face for found in near for face in found[1:])])
        all_in_view = all(track.time_since_update == 0 for track in self._tracks)
        seeking = not self._tracks or not all_in_view or len(nearby) < len(self._tracks)
        return nearby, self._search.run(self._detector, frame, self._sensitivity, elapsed, seeking=seeking)

    def _assign(
        self, nearby: Sequence[Detection], full: Sequence[Detection], grey: NDArray[np.uint8], elapsed: float
    ) -> None:
        """Give every track its detection; only a search of the whole frame may start a new one."""
        detections = _distinct([*nearby, *full])
        pairs = [pair for pair in associate(self._tracks, detections, grey, elapsed) if self._is_same(*pair, grey)]
        for track, detection in pairs:
            others = [other.box for _, other in pairs if other is not detection]
            track.update(grey, detection, others, elapsed)
        matched, taken = {track.id for track, _ in pairs}, [detection for _, detection in pairs]
        for track in self._tracks:
            if track.id not in matched:
                track.mark_missed(grey, [detection.box for detection in taken], elapsed)
        self._drop_expired()
        self._start([found for found in detections if found not in taken and found in full], grey)

    def _is_same(self, track: Track, detection: Detection, grey: NDArray[np.uint8]) -> bool:
        """Whether a detection where a face was is that face; where the picture has changed, its looks decide."""
        if self._gallery is None or track.similarity(grey, detection.box) >= SIMILAR:
            return True
        cosine = self._gallery.similarity(track.id, _view(grey, detection))
        return cosine is None or cosine >= OTHER_FACE

    def _start(self, detections: Sequence[Detection], grey: NDArray[np.uint8]) -> None:
        """A track for each face that has come, with its number where it is known."""
        detections = detections[: MAX_FACES - len(self._tracks)]
        numbers: list[int | None] = [None] * len(detections)
        if self._gallery is not None and detections:
            in_view = {track.id for track in self._tracks if track.time_since_update == 0}
            numbers = self._gallery.recognise([_view(grey, found) for found in detections], in_view)
        for detection, number in zip(detections, numbers, strict=True):
            if number is None:
                number, self._next_id = self._next_id, self._next_id + 1
            self._tracks = [track for track in self._tracks if track.id != number]
            self._tracks.append(Track(number, grey, detection))
        self._tracks.sort(key=lambda track: track.id)

    def _remember(self, gallery: Gallery, shown: Sequence[Track], crops: NDArray[np.uint8], elapsed: float) -> None:
        """Keep a view of each face now and then; of few frames a second every one, for each may be another shot."""
        self._since_views += elapsed
        due = self._since_views >= _VIEW_EVERY
        self._since_views = 0.0 if due else self._since_views
        at_once = elapsed >= _VIEW_EVERY or gallery.is_empty
        for track, crop in zip(shown, crops, strict=True):
            is_time = at_once or (track.is_confirmed and (due or track.hits == CONFIRMED_HITS))
            if track.time_since_update == 0 and is_time:
                gallery.see(track.id, describe(crop))

    def _pause(self, elapsed: float) -> None:
        for track in self._tracks:
            track.pause(elapsed)
        self._drop_expired()
        self._search.reset()

    def _drop_expired(self) -> None:
        self._tracks = [track for track in self._tracks if not track.is_expired]

    def _crop(self, grey: NDArray[np.uint8], elapsed: float) -> Located:
        """All visible faces as they are now."""
        height, width = grey.shape
        sights = tuple(
            Sight(track, box, track.eyes(), track.time_since_update == 0)
            for track in self._tracks
            if (box := track.shown_box(width, height)) is not None
        )
        crops = crop_faces(grey, [sight.box for sight in sights], [sight.eyes for sight in sights])
        if self._gallery is not None:
            self._remember(self._gallery, [sight.track for sight in sights], crops, elapsed)
        return Located(sights, crops, elapsed)


def _view(grey: NDArray[np.uint8], detection: Detection) -> NDArray[np.float32]:
    return describe(crop_faces(grey, [detection.box], [detection.eyes])[0])


def _distinct(detections: Sequence[Detection]) -> list[Detection]:
    """Without detections that share half of the smaller one's area with one before them."""
    by_box = {detection.box: detection for detection in reversed(detections)}
    return [by_box[box] for box in distinct([detection.box for detection in detections])]


def _to_grey(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    shape: Sequence[int] = frame.shape
    if frame.dtype != np.uint8 or not (len(shape) == 2 or (len(shape) == 3 and shape[2] == 3)) or not frame.size:
        raise ValueError(f"Expected a frame (height, width, 3) RGB uint8, not empty. Received: {frame.dtype} {shape}.")
    return frame if len(shape) == 2 else np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), np.uint8)
