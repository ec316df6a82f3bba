"""One face from frame to frame: its box, its appearance, its predictions; and which detection belongs to which face."""

import math
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fer_core.detection import Box, Detection, Detector, Eyes
from fer_core.tracking.appearance import SIMILAR, Appearance
from fer_core.tracking.filters import BoxSmoother, EyeSmoother, PredictionSmoother, SmoothedPrediction

_REACH: Final = 1.5  # side of the searched square, in sides of a box at rest
_LONGEST_REACH: Final = 2.5
_BRIDGE_SECONDS: Final = 1.5  # for which appearance may stand in for the detector (a turned head, a hand)
CONFIRMED_HITS: Final = 3  # a false box rarely comes back, so a track with fewer hits is dropped at the first miss
_SHOWN_SECONDS: Final = 0.3  # for which a face that is not seen stays on the picture
_KEPT_SECONDS: Final = 2.0  # for which a face that has gone keeps its identity

_FARTHEST: Final = 0.6  # box widths between a face and where it was expected; a similar appearance allows for more:
_FARTHEST_SIMILAR: Final = 2.5
_FARTHEST_SPEED: Final = 3.0  # box widths per second
_ALONE: Final = 1.5  # widths of the larger box to the next face, from which on neither hides the other
_LARGEST_GROWTH: Final = math.log(1.8)  # of a face that was unseen for long; from one frame to the next:
_GROWTH: Final = 0.3
_GROWTH_SPEED: Final = 1.0  # per second
_PART_GROWTH: Final = 0.05  # beyond which a detection close to another face may be a part of a face


class Track:
    """One face over time. number: its id, from 1. grey: the frame, (height, width) uint8, of its first detection."""

    def __init__(self, number: int, grey: NDArray[np.uint8], detection: Detection) -> None:
        self.id = number
        self.hits = 1
        self.time_since_update = 0.0
        self._box = BoxSmoother(detection.box)
        self._eyes = EyeSmoother()
        self._eyes.update(detection.eyes, detection.box, 0.0)
        self._bridged = 0.0
        self._appearance = Appearance(grey, detection.box)
        self._smoothers: dict[str, PredictionSmoother] = {}
        self._raw: dict[str, NDArray[np.float32]] = {}

    @property
    def is_confirmed(self) -> bool:
        """Whether there were enough detections to rule out a false one."""
        return self.hits >= CONFIRMED_HITS

    @property
    def is_visible(self) -> bool:
        """Whether the face is in view, or was a moment ago."""
        return self.time_since_update <= _SHOWN_SECONDS

    @property
    def is_expired(self) -> bool:
        """Whether the face has been gone for so long that it would be a new one if it came back."""
        return self.time_since_update > (_KEPT_SECONDS if self.is_confirmed else 0)

    def predict(self, elapsed: float) -> Box:
        """Where the face is expected `elapsed` seconds after the previous frame; may leave the frame."""
        return self._box.predict(elapsed)

    def search(self, detector: Detector, frame: NDArray[np.uint8], elapsed: float) -> list[Detection]:
        """What the detector finds around the expected place, nearest first.

        frame: (height, width, 3) RGB or (height, width) grey uint8.
        """
        box = self.predict(elapsed)
        reach = min(_LONGEST_REACH, _REACH + elapsed * self._box.speed() + 2 * self.time_since_update)
        return sorted(detector.detect_near(frame, box, reach), key=lambda found: _distance(found.box, box))

    def update(self, grey: NDArray[np.uint8], detection: Detection, others: Sequence[Box], elapsed: float) -> None:
        """Take this face's detection in the frame, `elapsed` seconds after the previous frame.

        others: boxes of the other faces. Close to one of them a detection of another size may be what is left of a face
        that goes behind it: for a moment it does not count, so that it spoils neither speed nor appearance.
        """
        is_part = _is_close(detection.box, others) and _growth(self.predict(elapsed), detection.box) > _PART_GROWTH
        self.hits += 1
        self._bridged = 0.0
        if is_part and self.time_since_update + elapsed <= _SHOWN_SECONDS:
            self._coast(elapsed)
            return
        since_update = elapsed + self.time_since_update
        self._box.update(detection.box, since_update)
        self._eyes.update(detection.eyes, detection.box, since_update)
        self.time_since_update = 0.0
        if not is_part:
            self._appearance = Appearance(grey, detection.box)

    def mark_missed(self, grey: NDArray[np.uint8], others: Sequence[Box], elapsed: float) -> None:
        """The detector did not find this face: look for its appearance for a while, or else move on as before.

        others: boxes of the other faces. Close to one of them appearance does not count: that face may be in front.
        """
        self._bridged += elapsed
        may_bridge = self.is_confirmed and self.time_since_update == 0 and self._bridged <= _BRIDGE_SECONDS
        found = self._appearance.find(grey, self.predict(elapsed)) if may_bridge else None
        if found and not _is_close(found, others):
            self._box.update(found, elapsed)
        else:
            self._coast(elapsed)

    def pause(self, elapsed: float) -> None:
        """The frame shows nothing at all, so nothing is known of this face: it stays where it was."""
        self.time_since_update += elapsed

    def rescale(self, across: float, down: float) -> None:
        """The frame's width and height have changed by these factors."""
        self._box.scale(across, down)

    def shown_box(self, width: int, height: int) -> Box | None:
        """The smoothed box inside a frame of this size; None where the face is not visible."""
        return self._box.clipped(width, height) if self.is_visible else None

    def eyes(self) -> Eyes | None:
        """The smoothed eyes in pixels, left to right; None where the detector does not tell."""
        return self._eyes.eyes(self._box)

    def similarity(self, grey: NDArray[np.uint8], box: Box) -> float:
        """Normalised correlation, -1 to 1, of this face's last appearance with what is in `box`."""
        return self._appearance.similarity(grey, box)

    def smooth(
        self,
        probabilities: Mapping[str, NDArray[np.float32]],
        elapsed: float,
        time_constant: float,
        threshold: float,
        *,
        in_view: bool,
    ) -> tuple[dict[str, SmoothedPrediction], dict[str, NDArray[np.float32]]]:
        """Smoothed predictions and the raw probabilities behind them, by model name.

        probabilities: model name -> this frame's (7,). While the face is not in view, those of its last sight count on.
        No other method touches what this does: one thread may be here while another is there.
        """
        self._raw = {n: row.copy() if in_view else self._raw.get(n, row) for n, row in probabilities.items()}
        predictions = {}
        for name, row in self._raw.items():
            is_new = name not in self._smoothers
            smoother = self._smoothers.setdefault(name, PredictionSmoother(threshold))
            predictions[name] = (
                smoother.update(row, elapsed, time_constant) if in_view or is_new else smoother.prediction()
            )
        return predictions, dict(self._raw)

    def reset_smoothing(self) -> None:
        """Forget the smoothed predictions: models or their settings have changed."""
        self._smoothers.clear()

    def _coast(self, elapsed: float) -> None:
        self._box.coast(elapsed)
        self.time_since_update += elapsed


def associate(
    tracks: Sequence[Track], detections: Sequence[Detection], grey: NDArray[np.uint8], elapsed: float
) -> list[tuple[Track, Detection]]:
    """Which detection is which face: greedily by place, size and appearance; each track and detection at most once."""
    costs = []
    for t, track in enumerate(tracks):
        for d, detection in enumerate(detections):
            if (cost := _cost(track, detection.box, grey, elapsed)) is not None:
                costs.append((cost, t, d))
    pairs, used_tracks, used_detections = [], set(), set()
    for _, t, d in sorted(costs):
        if t not in used_tracks and d not in used_detections:
            used_tracks.add(t)
            used_detections.add(d)
            pairs.append((tracks[t], detections[d]))
    return pairs


def _cost(track: Track, box: Box, grey: NDArray[np.uint8], elapsed: float) -> float | None:
    """How badly a detection fits a face; None where it cannot be that face."""
    expected = track.predict(elapsed)
    distance = _distance(expected, box)
    growth = _growth(expected, box)
    unseen = elapsed + track.time_since_update
    if distance > min(_FARTHEST_SIMILAR, _FARTHEST + _FARTHEST_SPEED * unseen):
        return None
    if growth > min(_LARGEST_GROWTH, _GROWTH + _GROWTH_SPEED * unseen):
        return None
    similarity = track.similarity(grey, box)
    if distance > _FARTHEST + min(_FARTHEST, unseen) and similarity < SIMILAR:
        return None
    return distance + growth / 2 + (1 - similarity) / 2


def _growth(a: Box, b: Box) -> float:
    """Absolute logarithm of the widths' ratio."""
    return abs(math.log(max(1, b.width) / max(1, a.width)))


def _is_close(box: Box, others: Sequence[Box]) -> bool:
    """Whether one of the two faces may hide a part of the other."""
    return any(_centre_distance(box, other) < _ALONE * max(box.width, other.width) for other in others)


def _distance(a: Box, b: Box) -> float:
    """Distance of the centres in mean widths."""
    return _centre_distance(a, b) * 2 / max(1, a.width + b.width)


def _centre_distance(a: Box, b: Box) -> float:
    """Distance of the centres in pixels."""
    return math.hypot(a.x + a.width / 2 - (b.x + b.width / 2), a.y + a.height / 2 - (b.y + b.height / 2))
