"""The Live page in AppTest, which cannot stream: the streamer is a stand-in that hands its callback the frames."""

import io
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest
import streamlit_webrtc
from PIL import Image
from streamlit.testing.v1 import AppTest
from stub_models import BrightnessModel

from fer_core.card import read_card
from fer_core.emotions import EMOTIONS
from fer_core.live import LiveSession
from fer_core.live_frames import portrait_frame
from fer_core.model import bundle_folder, list_models
from fer_core.session_log import LOG_FIELDS, SessionLog
from fer_core.streams import StreamSlots, ice_servers, stream_limit
from fer_core.timelines import timeline_chart, timeline_spec
from fer_core.tracking import FaceTracker

ROOT = Path(__file__).resolve().parent.parent
needs_model = pytest.mark.skipif(not list_models(), reason="needs a bundle under models/")


class Clock:
    """Seconds that only pass when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def frame(image: np.ndarray[Any, Any], pts: int) -> Any:
    made: Any = av.VideoFrame.from_ndarray(image, format="rgb24")
    made.pts, made.time_base = pts, Fraction(1, 30)
    return made


def streamed(session: LiveSession, clock: Clock, frames: int = 12, step: int = 1) -> Any:
    shown = None
    for index in range(frames):
        clock.now += step / 30
        shown = session.receive(frame(portrait_frame(), index * step))
    return shown


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
    for pts in (0, 1, 2, 6, 7, 300, 301, 0, 1):  # three are missing, then a pause, then a new start
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


def test_log_keeps_the_newest_in_bounded_memory() -> None:
    log, tracker = SessionLog(length=300), FaceTracker([BrightnessModel()])
    faces = tracker.update(portrait_frame(), 0.0)
    for second in range(1000):
        log.add(float(second), 1.0, faces)
    rows = log.csv().splitlines()[1:]
    assert len(rows) == 300
    assert [float(row.split(",")[0]) for row in rows] == [float(second) for second in range(700, 1000)]
    assert len({row["time"] for row in log.timeline("stub", 1000.0, 60.0, 0.5)}) == 60


def test_slots_are_limited_and_lapse(clock: Clock) -> None:
    slots = StreamSlots(2, patience=20, clock=clock)
    assert slots.take("a") and slots.take("b") and slots.take("a")
    assert not slots.take("c") and slots.taken() == 2
    slots.release("a")
    assert slots.free() and slots.take("c") and not slots.free()
    clock.now += 19
    slots.take("c")
    clock.now += 2
    assert slots.taken() == 1 and slots.take("a") and not slots.take("b")


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        pytest.param({}, [], id="none by default"),
        pytest.param({"FER_STUN_URLS": ""}, [], id="empty"),
        pytest.param({"FER_STUN_URLS": "stun:a, stun:b"}, [{"urls": ["stun:a", "stun:b"]}], id="STUN"),
        pytest.param(
            {"FER_TURN_URLS": ["turn:c"], "FER_TURN_USERNAME": "u", "FER_TURN_PASSWORD": "p"},
            [{"urls": ["turn:c"], "username": "u", "credential": "p"}],
            id="TURN, as a list",
        ),
    ],
)
def test_ice_servers(settings: dict[str, Any], expected: list[dict[str, Any]]) -> None:
    assert ice_servers(settings) == expected


def test_a_turn_pass_lapses_and_stands_for_an_hour() -> None:
    settings = {"FER_TURN_URLS": "turn:c", "FER_TURN_SECRET": "north"}
    server = ice_servers(settings, now=1_800_000_000.0)[0]
    assert server == {
        "urls": ["turn:c"],
        "username": "1800046800",  # the end of the hour, and twelve more
        # printf 1800046800 | openssl dgst -sha1 -hmac north -binary | base64
        "credential": "asgV4sjdWwkC8JxTwjK2vUpicaM=",
    }
    assert ice_servers(settings, now=1_800_003_599.0)[0] == server
    later = ice_servers(settings, now=1_800_003_600.0)[0]
    assert later["username"] == "1800050400" and later["credential"] != server["credential"]


@pytest.mark.parametrize(("value", "limit"), [(None, 8), ("3", 3), (5, 5), ("0", 1), ("many", 8), ("", 8)])
def test_stream_limit(value: Any, limit: int) -> None:
    assert stream_limit({} if value is None else {"FER_MAX_STREAMS": value}, cores=4) == limit


def test_timeline_spec_is_the_chart_without_data() -> None:
    rows = [{"face": 1, "time": -1.0, "emotion": emotion, "probability": 0.1} for emotion in EMOTIONS]
    chart = timeline_chart(rows, start=-60, end=0, pick="moment").to_dict()
    spec = timeline_spec(-60, 0, "moment")
    assert {**spec, "data": 0, "datasets": 0}.keys() == chart.keys()
    for drawn, cached in zip(chart["layer"], spec["layer"], strict=True):
        assert drawn["encoding"] == cached["encoding"] and drawn["mark"] == cached["mark"]
    assert spec["params"][0]["name"] == "moment"


# the page


class Streamer:
    """Stands for streamlit_webrtc.webrtc_streamer: keeps what it was called with, and says what it is told."""

    def __init__(self) -> None:
        self.state = SimpleNamespace(playing=False, signalling=False)
        self.calls: list[dict[str, Any]] = []
        self.error: Exception | None = None

    def __call__(self, **options: Any) -> Any:
        self.calls.append(options)
        if self.error:
            raise self.error
        return SimpleNamespace(state=self.state)

    @property
    def callback(self) -> Callable[[Any], Any]:
        return self.calls[-1]["video_frame_callback"]  # type: ignore[no-any-return]


@pytest.fixture
def streamer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Streamer]:
    for name in ("FER_STUN_URLS", "FER_TURN_URLS", "FER_MAX_STREAMS"):
        monkeypatch.delenv(name, raising=False)
    stand_in = Streamer()
    monkeypatch.setattr(streamlit_webrtc, "webrtc_streamer", stand_in)
    yield stand_in


def page() -> AppTest:
    entry = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    started = entry.switch_page("pages/live.py").run()
    assert not started.exception
    return started


def texts(app: AppTest) -> str:
    kinds = (app.markdown, app.caption, app.info, app.warning, app.error, app.subheader)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def playing(streamer: Streamer, frames: int = 4) -> AppTest:
    app = page()
    for index in range(frames):
        streamer.callback(frame(portrait_frame(), index))
    streamer.state = SimpleNamespace(playing=True, signalling=False)
    app.run()
    assert not app.exception
    return app


@needs_model
def test_page_waits_for_start_and_says_what_it_does_with_faces(streamer: Streamer) -> None:
    app = page()
    said = texts(app)
    assert "nothing is stored" in said and "expression, not a feeling" in said and "Press START" in said
    (call,) = streamer.calls
    assert call["rtc_configuration"] == {"iceServers": []}
    assert call["media_stream_constraints"]["audio"] is False
    assert not app.error and not app.warning


@needs_model
def test_page_shows_the_face_its_probabilities_and_the_pace(streamer: Streamer) -> None:
    app = playing(streamer)
    said = texts(app)
    assert "Face 1" in said and "frames a second" in said and "camera frames dropped" in said
    assert "Session so far" in said
    bars = [element.proto.body for element in app.get("html")]
    assert len(bars) == 2  # the face's and the session's
    titles = [read_card(bundle_folder(name)).title for name in app.session_state["live-models"]]
    assert all(text in html and "%" in html for html in bars for text in (*EMOTIONS, *titles))
    assert "Press START" not in said


@needs_model
def test_page_settings_reach_the_tracker(streamer: Streamer) -> None:
    app = page()
    session = app.session_state["live"]["session"]
    app.select_slider(key="live-sensitivity").set_value("high")
    app.slider(key="live-smoothing").set_value(1.0)
    app.toggle(key="live-mirror").set_value(False)
    app.run()
    streamer.callback(frame(portrait_frame(), 0))
    assert session._tracker._sensitivity == "high" and session._tracker._smoothing == 1.0
    assert session.view().faces[0].box.x < 320


@needs_model
def test_page_without_a_model_follows_faces_only(streamer: Streamer) -> None:
    app = page()
    app.button_group[0].set_value([]).run()
    assert not app.exception and "Pick at least one model" in texts(app)
    streamer.callback(frame(portrait_frame(), 0))
    assert app.session_state["live"]["session"].view().faces[0].predictions == {}


@needs_model
def test_page_offers_a_snapshot_where_the_connection_fails(streamer: Streamer) -> None:
    app = page()
    streamer.error = RuntimeError("no answer in 10 seconds")
    app.run()
    assert not app.exception
    assert any("TURN" in str(warning.value) for warning in app.warning)
    assert app.camera_input


@needs_model
def test_page_says_so_while_a_connection_takes_too_long(streamer: Streamer) -> None:
    app = page()
    streamer.state = SimpleNamespace(playing=False, signalling=True)
    app.session_state["live"]["dialled"] = time.monotonic() - 11
    app.run()
    assert any("TURN" in str(warning.value) for warning in app.warning) and app.camera_input


@needs_model
def test_page_snapshot_is_classified_without_a_stream(streamer: Streamer) -> None:
    jpeg = io.BytesIO()
    Image.fromarray(portrait_frame()).save(jpeg, "JPEG")
    app = page()
    assert not app.camera_input
    app.toggle(key="live-wants-snapshot").set_value(True).run()
    app.camera_input[0].set_value(("snapshot.jpg", jpeg.getvalue(), "image/jpeg")).run()
    assert not app.exception and "Face 1" in texts(app)


@needs_model
def test_page_waits_for_a_place_when_all_are_taken(streamer: Streamer, monkeypatch: pytest.MonkeyPatch) -> None:
    app = page()
    monkeypatch.setattr(StreamSlots, "free", lambda _: False)
    app.session_state["live"]["busy"] = True
    calls = len(streamer.calls)
    app.run()
    assert any("places" in str(warning.value) for warning in app.warning)
    assert len(streamer.calls) == calls and app.camera_input
    monkeypatch.setattr(StreamSlots, "free", lambda _: True)
    app.run()
    assert len(streamer.calls) > calls and not app.warning


@needs_model
def test_page_clears_the_session(streamer: Streamer) -> None:
    app = playing(streamer)
    next(button for button in app.button if button.label == "Clear session").click().run()
    assert app.session_state["live"]["session"].view().frames == 0


@needs_model
def test_page_takes_turn_from_the_environment(streamer: Streamer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FER_TURN_URLS", "turn:example.org")
    page()
    assert streamer.calls[-1]["rtc_configuration"]["iceServers"][0]["urls"] == ["turn:example.org"]


@needs_model
def test_two_visitors_share_nothing_but_the_models(streamer: Streamer) -> None:
    first = playing(streamer)
    second = page()
    assert second.session_state["live"]["session"].view().frames == 0
    assert first.session_state["live"]["session"] is not second.session_state["live"]["session"]


def test_page_without_any_model_says_how_to_get_one(streamer: Streamer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fer_core.list_models", lambda *_: [])
    monkeypatch.setattr("pages.parts.shared.list_models", lambda *_: [])
    app = page()
    assert "train_cnn.py" in app.error[0].value and not streamer.calls
