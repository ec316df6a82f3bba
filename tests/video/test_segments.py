"""Held labels as segments, and what they amount to."""

import pytest

from fer_core.video.segments import SegmentLog
from fer_core.video.statistics import face_statistics, model_statistics
from tests.support.tracked import frames


def logged(*tracks: str, start: float = 0.0) -> SegmentLog:
    log = SegmentLog()
    for frame in frames(*tracks, start=start):
        log.add(frame)
    return log


@pytest.mark.parametrize(
    ("tracks", "segments"),
    [
        ([""], []),
        (["h"], [(1, "happy", 0, 0)]),  # how long a single frame lasts, nobody knows
        (["hhss"], [(1, "happy", 0, 1), (1, "sad", 1, 2)]),
        (["hh hh"], [(1, "happy", 0, 1), (1, "happy", 1.5, 2.5)]),
        (["hhhh", " nn "], [(1, "happy", 0, 2), (2, "neutral", 0.5, 1.5)]),
        (["    "], []),
    ],
    ids=["no frame", "one frame", "change", "absence", "two faces", "no face"],
)
def test_segments(tracks: list[str], segments: list[tuple[int, str, float, float]]) -> None:
    log = logged(*tracks)
    assert [(s.face, s.label, s.start, s.end) for s in log.segments()] == segments
    assert all(s.confidence == pytest.approx(0.8) for s in log.segments())
    assert log.seconds == pytest.approx(len(tracks[0]) * 0.5 if len(tracks[0]) > 1 else 0)


def test_segments_may_be_asked_for_at_any_time_and_times_are_kept() -> None:
    log = logged("hhn", start=10.0)
    assert log.segments() == log.segments() and log.seconds == 1.5
    assert [(s.start, s.end) for s in log.segments()] == [(10, 11), (11, 11.5)]


def test_statistics() -> None:
    (first, second) = face_statistics(logged("hhnhhh n", "s       ").segments())
    assert (first["face"], first["from"], first["to"], first["seconds"]) == (1, 0, 4, 3.5)
    assert first["share"]["happy"] == pytest.approx(5 / 7, abs=1e-4) and sum(first["share"].values()) == pytest.approx(
        1
    )
    assert first["mean_seconds"]["happy"] == 1.25 and first["mean_seconds"]["fear"] is None
    assert first["segments"]["happy"] == first["smiles"] == 2 and first["segments"]["neutral"] == 2
    assert first["transitions"] == {"happy": {"neutral": 1}, "neutral": {"happy": 1}}, "an absence is no transition"
    assert second["share"]["sad"] == 1 and second["smiles"] == 0
    model = model_statistics(logged("hhnhhh n", "s       ").segments())["cnn"]
    assert model["seconds"] == 4 and model["smiles"] == 2 and model["segments"]["sad"] == 1
    assert model["transitions"] == first["transitions"], "from one face to the next there is none"
    assert face_statistics([]) == [] and model_statistics([]) == {}
