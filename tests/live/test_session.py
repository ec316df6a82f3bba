"""A webcam session: what the video thread and the page share."""

from typing import Any

import numpy as np
import pytest

from fer_core import load_model
from fer_core.benchmark.frames import portrait_frame
from fer_core.charts.timeline import timeline_chart, timeline_spec
from fer_core.emotions import EMOTIONS
from fer_core.live import session as live_session
from fer_core.live.log import LOG_FIELDS
from fer_core.live.session import LiveSession
from fer_core.tracking.tracker import FaceTracker
from tests.support.live_stream import Clock, frame, streamed
from tests.support.stub_models import BrightnessModel


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def session(clock: Clock) -> LiveSession:
    made = LiveSession(clock)
    made.configure([BrightnessModel()], mirror=False)
    return made


def test_session_draws_logs_and_counts(session: LiveSession, clock: Clock) -> None:
    shown = streamed(session, clock, 30).to_ndarray(format="rgb24")
    view = session.view()
    assert view.frames == 30 and [face.id for face in view.faces] == [1] and not view.problem
    assert view.fps == pytest.approx(30, abs=1) and view.dropped == 0 and view.p95_ms >= view.median_ms > 0
    assert (shown != portrait_frame()).any(axis=2).sum() > 500
    lines = session.csv().splitlines()
    assert lines[0] == ",".join(LOG_FIELDS)
    assert len(lines) == 1 + 5  # one second, five entries
    assert session.shares()["stub"][EMOTIONS.index("happy")] == pytest.approx(1)
    rows = session.timeline("stub")
    assert {row["emotion"] for row in rows} == set(EMOTIONS) and all(-60 <= row["time"] <= 0 for row in rows)
    assert session.picture().startswith(b"\x89PNG")


def test_why_is_laid_over_the_face_alone_and_only_where_it_is_asked_for(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = load_model("cnn")
    shown = {}
    for wanted in (False, True):
        session = LiveSession(clock)
        session.configure([model], mirror=False, show_why=wanted)
        if not wanted:
            monkeypatch.setattr(live_session, "evidence", lambda *_: pytest.fail("asked for nothing"))
        shown[wanted] = streamed(session, clock, 3).to_ndarray(format="rgb24").astype(int)
        monkeypatch.undo()
    changed = np.abs(shown[True] - shown[False]).max(axis=2) > 8
    box = session.view().faces[0].box
    middle = np.s_[box.y : box.y + box.height, box.x : box.x + box.width]
    assert changed[middle].mean() > 0.3
    rows, columns = np.nonzero(changed)
    around = box.width // 2
    assert rows.min() > box.y - around and rows.max() < box.y + box.height + around
    assert columns.min() > box.x - around and columns.max() < box.x + box.width + around


def test_a_face_keeps_its_number_when_the_stream_starts_anew(session: LiveSession, clock: Clock) -> None:
    streamed(session, clock, 30)
    clock.now += 20  # STOP and START: the camera counts from 0 again
    moved = np.roll(portrait_frame(), 60, axis=1)
    for index in range(12):
        clock.now += 1 / 30
        session.receive(frame(moved, index))
        assert {face.id for face in session.view().faces} <= {1}
    assert session.view().faces


def test_mirror_turns_the_picture_and_not_the_text(clock: Clock) -> None:
    boxes = []
    for mirror in (False, True):
        session = LiveSession(clock)
        session.configure([BrightnessModel()], mirror=mirror)
        streamed(session, clock, 3)
        boxes.append(session.view().faces[0].box)
    assert boxes[0].x == pytest.approx(640 - boxes[1].x - boxes[1].width, abs=8)


@pytest.mark.parametrize(("step", "dropped"), [(1, 0), (2, 0), (3, 0)])
def test_an_even_rate_drops_nothing(session: LiveSession, clock: Clock, step: int, dropped: int) -> None:
    streamed(session, clock, 10, step)
    assert session.view().dropped == dropped


def test_gaps_in_the_cameras_clock_are_dropped_frames(session: LiveSession, clock: Clock) -> None:
    for pts in (*range(20), 23, 24, 300, 301, 0, 1):  # three are missing, then a pause, then a new start
        session.receive(frame(portrait_frame(), pts))
    assert session.view().dropped == 3


def test_the_callback_never_raises(session: LiveSession, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("no such luck")

    streamed(session, clock, 2)
    monkeypatch.setattr(FaceTracker, "update", broken)
    given = frame(portrait_frame(), 5)
    assert session.receive(given) is given
    assert "no such luck" in session.view().problem
    monkeypatch.undo()
    streamed(session, clock, 1)
    assert not session.view().problem


def test_black_frames_are_named(session: LiveSession) -> None:
    session.receive(frame(np.zeros((480, 640, 3), np.uint8), 0))
    assert session.view().is_dark and not session.view().faces


def test_settings_reach_the_next_frame_and_keep_the_face(session: LiveSession, clock: Clock) -> None:
    streamed(session, clock, 3)
    session.configure([BrightnessModel("other")], sensitivity="high", smoothing=0.5, mirror=False)
    streamed(session, clock, 1)
    (face,) = session.view().faces
    assert face.id == 1 and list(face.predictions) == ["other"]


def test_clear_forgets(session: LiveSession, clock: Clock) -> None:
    streamed(session, clock)
    session.clear()
    assert session.view().frames == 0 and session.picture() == b"" and session.csv().count("\n") == 1
    assert session.shares() == {} and session.timeline("stub") == []


def test_the_next_person_after_clearing_is_the_first_face(session: LiveSession, clock: Clock) -> None:
    streamed(session, clock, 3)
    (before,) = session.view().faces
    session.clear()
    assert session._tracker is None, "what it has seen of a face goes too"
    streamed(session, clock, 3)
    (after,) = session.view().faces
    assert before.id == after.id == 1


def test_the_table_is_written_outside_the_lock(
    session: LiveSession, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    streamed(session, clock, 3)
    written = live_session.log_csv

    def slow(*given: Any) -> str:
        assert not session._lock.locked(), "the video thread would wait"
        return written(*given)

    monkeypatch.setattr(live_session, "log_csv", slow)
    assert session.csv().count("\n") == 2


def test_timeline_spec_is_the_chart_without_data() -> None:
    rows = [{"face": 1, "time": -1.0, "emotion": emotion, "probability": 0.1} for emotion in EMOTIONS]
    chart = timeline_chart(rows, start=-60, end=0).to_dict()
    spec = timeline_spec(-60, 0)
    assert {**spec, "data": 0, "datasets": 0}.keys() == chart.keys()
    for drawn, cached in zip(chart["layer"], spec["layer"], strict=True):
        assert drawn["encoding"] == cached["encoding"] and drawn["mark"] == cached["mark"]
