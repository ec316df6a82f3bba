"""What is drawn of a film: labels by majority, least and largest probabilities, at every level of zoom."""

import contextlib
from pathlib import Path

import numpy as np
import pytest

from fer_core.emotions import EMOTIONS
from fer_core.video.edited import ABSENT, Level, Recording, Track, draw_levels, face_places, read_recording
from fer_core.video.edited import levels as levels_module
from fer_core.video.tables import CsvWriter
from tests.support.tracked import frames

LETTERS = dict(enumerate(label[0] for label in EMOTIONS)) | {ABSENT: " ", EMOTIONS.index("surprise"): "u"}


def recorded(folder: Path, *tracks: str) -> Recording:
    path = folder / "film.csv"
    with contextlib.closing(CsvWriter(path)) as writer:
        for frame in frames(*tracks):
            writer.add(frame.to_rows())
    return read_recording(path, "film.mp4", times=[frame.time for frame in frames(*tracks)])


def letters(level: Level) -> str:
    return " " * level.first + "".join(LETTERS[label] for label in level.labels.tolist())


def by_hand(track: Track, recording: Recording, step: float, power: int) -> tuple[str, list[int], list[int]]:
    """The same by the slow way: which label covers most of each bin, and the extremes of what touches it."""
    bins = int(np.ceil((recording.end - recording.start) / step / 2**power - 1e-9))
    held = np.zeros((bins, len(EMOTIONS)))
    values: list[list[int]] = [[] for _ in range(bins)]
    rows = recording.rows[recording.rows["face"] == track.face]
    for frame, label, confidence in rows[["frame", "label", "confidence"]].itertuples(index=False):
        start, end = recording.times[frame] - recording.start, recording.ends[frame] - recording.start
        for place in range(bins):
            inside = min(end, (place + 1) * step * 2**power) - max(start, place * step * 2**power)
            if inside > 1e-9:
                held[place, EMOTIONS.index(label)] += inside
                values[place].append(round(confidence * 255))
    said = "".join(LETTERS[int(row.argmax())] if row.any() else " " for row in held)
    return said.rstrip(), [min(v, default=255) for v in values], [max(v, default=0) for v in values]


def test_the_finest_level_has_every_frame(tmp_path: Path) -> None:
    drawn = draw_levels(recorded(tmp_path, "hhss hh ", "    nnna"))
    assert (drawn.start, drawn.end, drawn.step) == (0, 4, 0.5)
    assert [(track.face, track.model) for track in drawn.tracks] == [(1, "cnn"), (2, "cnn")]
    assert [letters(track.levels[0]) for track in drawn.tracks] == ["hhss hh", "    nnna"]
    assert drawn.tracks[0].seconds == 3.0
    level = drawn.tracks[0].levels[0]
    assert level.low.tolist() == [204] * 4 + [255] + [204] * 2 and level.high.tolist() == [204] * 4 + [0] + [204] * 2


@pytest.mark.parametrize("fewest", [1, 2, 5])
def test_each_level_is_what_it_says(tmp_path: Path, fewest: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(levels_module, "_FEWEST", fewest)
    chosen = np.random.default_rng(3).choice(list("hsn   "), (3, 41))
    recording = recorded(tmp_path, *("".join(row) for row in chosen))
    recording.rows["confidence"] = np.random.default_rng(4).uniform(0.2, 1, len(recording.rows))
    drawn = draw_levels(recording)
    assert len({len(track.levels) for track in drawn.tracks}) == 1, "as many levels for all"
    assert 41 / 2 ** (len(drawn.tracks[0].levels) - 1) <= fewest < 41 / 2 ** (len(drawn.tracks[0].levels) - 2)
    for track in drawn.tracks:
        for power, level in enumerate(track.levels):
            said, low, high = by_hand(track, recording, drawn.step, power)
            assert letters(level).rstrip() == said
            span = slice(level.first, level.first + len(level.labels))
            assert level.low.tolist() == low[span] and level.high.tolist() == high[span]


def test_a_long_film_has_no_more_bins_than_are_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(levels_module, "_BINS", 10)
    drawn = draw_levels(recorded(tmp_path, "hhhs" * 10))
    assert drawn.step == 2.0 and letters(drawn.tracks[0].levels[0]) == "h" * 10, "by majority"


def test_varying_rates_leave_no_holes(tmp_path: Path) -> None:
    recording = recorded(tmp_path, "hhhhhh")
    recording.times[:] = [0, 0.04, 0.08, 1.0, 1.04, 1.08]
    (track,) = draw_levels(recording).tracks
    assert set(letters(track.levels[0])) == {"h"}


def test_a_film_without_faces(tmp_path: Path) -> None:
    drawn = draw_levels(recorded(tmp_path, "    "))
    assert drawn.tracks == () and drawn.end == 2.0


def test_places_are_the_boxes_of_each_step(tmp_path: Path) -> None:
    recording = recorded(tmp_path, "hh  h", "  ss ")
    recording.rows["x"] = recording.rows["frame"] * 10
    recording.rows["width"] = 70_000  # more than can be drawn
    step, (first, second) = face_places(recording)
    assert step == 0.5 and (first.face, first.first, second.face, second.first) == (1, 0, 2, 2)
    assert first.boxes[:, 0].tolist() == [0, 10, 0, 0, 40] and first.boxes[0, 2] == 65535
    assert np.flatnonzero(first.boxes[:, 2]).tolist() == [0, 1, 4] and second.boxes[:, 0].tolist() == [20, 30]


def test_places_of_many_frames_are_those_of_every_fifth_of_a_second(tmp_path: Path) -> None:
    recording = recorded(tmp_path, "h" * 60)
    recording.times[:] = np.arange(60) / 30
    step, (place,) = face_places(recording)
    assert step == 0.2 and len(place.boxes) == 10


def test_places_of_a_film_without_faces(tmp_path: Path) -> None:
    assert face_places(recorded(tmp_path, "  ")) == (0.5, [])
