"""The held labels of a film's faces as segments: from when to when a model saw which emotion in which face."""

from collections.abc import Iterator
from dataclasses import dataclass

from fer_core.video.analyze import VideoFrame


@dataclass(frozen=True)
class Segment:
    """A face held one label. start, end: seconds. confidence: the label's mean smoothed probability, 0 to 1."""

    face: int
    model: str
    label: str
    start: float
    end: float
    confidence: float

    @property
    def seconds(self) -> float:
        return self.end - self.start


@dataclass
class _Open:
    """A segment that still goes on."""

    label: str
    start: float
    total: float = 0.0  # of confidences
    frames: int = 0


class SegmentLog:
    """Takes frame after frame; what it keeps grows with the number of segments, not of frames.

    A segment lasts until the frame in which its face holds another label or is gone; the last ones as long after the
    last frame as that came after the one before. seconds: until then; frames: so far.
    """

    def __init__(self) -> None:
        self.frames = 0
        self.first = 0.0
        self._last, self._step = 0.0, 0.0
        self._open: dict[tuple[int, str], _Open] = {}
        self._closed: list[Segment] = []

    def add(self, frame: VideoFrame) -> None:
        """Add the next frame."""
        if self.frames:
            self._step = max(0.0, frame.time - self._last)
        else:
            self.first = frame.time
        self._last, self.frames = frame.time, self.frames + 1
        held = {(face.id, name): p for face in frame.faces for name, p in face.predictions.items()}
        for key in [k for k, segment in self._open.items() if k not in held or held[k].label != segment.label]:
            self._close(key, frame.time)
        for key, prediction in held.items():
            segment = self._open.setdefault(key, _Open(prediction.label, frame.time))
            segment.total += prediction.confidence
            segment.frames += 1

    @property
    def seconds(self) -> float:
        """From the first frame to the end of the last."""
        return self._last + self._step - self.first if self.frames else 0.0

    def segments(self) -> list[Segment]:
        """All segments, those that still go on too, by face, model and time."""
        going = (self._ended(key, self._last + self._step) for key in self._open)
        return sorted([*self._closed, *going], key=lambda s: (s.face, s.model, s.start))

    def _close(self, key: tuple[int, str], end: float) -> None:
        self._closed.append(self._ended(key, end))
        del self._open[key]

    def _ended(self, key: tuple[int, str], end: float) -> Segment:
        (face, model), held = key, self._open[key]
        return Segment(face, model, held.label, held.start, end, held.total / held.frames)


def by_tier(segments: list[Segment]) -> Iterator[tuple[tuple[int, str], list[Segment]]]:
    """((face, model), its segments in time), in the order of faces and models."""
    tiers: dict[tuple[int, str], list[Segment]] = {}
    for segment in segments:
        tiers.setdefault((segment.face, segment.model), []).append(segment)
    yield from sorted(tiers.items())
