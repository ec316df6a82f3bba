"""A film's labels and probabilities at several resolutions, for drawing: a screen shows no more than its pixels."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fer_core.emotions import EMOTIONS
from fer_core.video.edited.recording import Recording

ABSENT: Final = 255
"""In the place of a label where a face is not seen."""
_BINS: Final = 2**15  # of the finest level, at most: for half an hour a bin lasts 55 ms
_ALL_BINS: Final = 2**20  # of the finest levels of all tracks together, at most
_FEWEST: Final = 256  # bins of the coarsest level of a whole film, at most


@dataclass(frozen=True)
class Level:
    """Bins of one length. first: index of the first, counted from the recording's start.

    labels: (n,) uint8, the index in EMOTIONS that holds for most of the bin, ties to the lower, or ABSENT; low, high:
    (n,) uint8, the least and the largest probability of the held label in the bin, 0 to 255 for 0 to 1.
    """

    first: int
    labels: NDArray[np.uint8]
    low: NDArray[np.uint8]
    high: NDArray[np.uint8]


@dataclass(frozen=True)
class Track:
    """One face as one model sees it. levels: the finest first, as many for all; bins of the next last twice as long."""

    face: int
    model: str
    seconds: float
    levels: tuple[Level, ...]


@dataclass(frozen=True)
class Levels:
    """All tracks of a recording, by face and model. step: seconds of a bin of the finest level."""

    start: float
    end: float
    step: float
    tracks: tuple[Track, ...]


def draw_levels(recording: Recording) -> Levels:
    """Aggregate a recording. A row counts from its frame's time to the next frame's."""
    start, end = recording.start, recording.end
    spans = [float(np.ptp(rows["time"])) for _, _, rows in recording.tracks()]
    steps = np.diff(recording.times)
    step = max(float(np.median(steps)) if len(steps) else 0.0, (end - start) / _BINS, sum(spans) / _ALL_BINS, 1e-3)
    depth = 1 + max(0, math.ceil(math.log2(max(1.0, (end - start) / step / _FEWEST))))
    tracks = []
    for face, model, rows in recording.tracks():
        frame = rows["frame"].to_numpy()
        times, ends = recording.times[frame], recording.ends[frame]
        label = _index_of(rows["label"])
        confidence = np.round(rows["confidence"].to_numpy() * 255).astype(np.uint8)
        levels = tuple(_levels((times - start) / step, (ends - start) / step, label, confidence, depth))
        tracks.append(Track(face, model, float((ends - times).sum()), levels))
    return Levels(start, end, step, tuple(tracks))


def _index_of(labels: "pd.Series[str]") -> NDArray[np.intp]:
    """Indices in EMOTIONS of a categorical column."""
    known = np.array([EMOTIONS.index(name) for name in labels.cat.categories], np.intp)
    return known[labels.cat.codes.to_numpy()]


def _levels(
    starts: NDArray[np.float64],
    ends: NDArray[np.float64],
    label: NDArray[np.intp],
    value: NDArray[np.uint8],
    depth: int,
) -> Iterator[Level]:
    """starts, ends: of each row, in bins from the recording's start."""
    before = np.floor(starts + 1e-6).astype(np.int64)
    after = np.maximum(before + 1, np.ceil(ends - 1e-6).astype(np.int64))  # a frame is in one bin at least
    first, count = int(before.min()), int(after.max() - before.min())
    row = np.repeat(np.arange(len(before)), after - before)
    # how far each bin is into its row, by subtracting where the row's own bins begin
    place = np.arange(len(row)) - np.repeat(np.cumsum(after - before) - (after - before), after - before)
    bins = before[row] + place
    share = np.minimum(ends[row], bins + 1) - np.maximum(starts[row], bins)
    weight = np.zeros((count, len(EMOTIONS)), np.float32)
    np.add.at(weight, (bins - first, label[row]), np.maximum(share, 1e-3))
    low, high = np.full(count, 255, np.uint8), np.zeros(count, np.uint8)
    np.minimum.at(low, bins - first, value[row])
    np.maximum.at(high, bins - first, value[row])
    for _ in range(depth):
        labels = np.where(weight.any(axis=1), weight.argmax(axis=1), ABSENT).astype(np.uint8)
        yield Level(first, labels, low, high)
        ahead, behind = first % 2, (first + len(labels)) % 2  # bins to fill up whole pairs
        weight = np.pad(weight, ((ahead, behind), (0, 0))).reshape(-1, 2, len(EMOTIONS)).sum(axis=1)
        low = np.pad(low, (ahead, behind), constant_values=255).reshape(-1, 2).min(axis=1)
        high = np.pad(high, (ahead, behind)).reshape(-1, 2).max(axis=1)
        first //= 2
