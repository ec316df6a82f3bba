"""The Live page in AppTest, which cannot stream: the streamer is a stand-in that hands its callback the frames."""

import io
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit_webrtc
from PIL import Image
from streamlit.testing.v1 import AppTest

from fer_core import analyze
from fer_core.benchmark.frames import portrait_frame
from fer_core.bundle.card import read_card
from fer_core.bundle.registry import bundle_folder, list_models
from fer_core.emotions import EMOTIONS
from fer_core.image import sample_image
from fer_core.live.webrtc import StreamLimiter
from pages.parts.live import panel
from pages.parts.live.bars import _rows
from pages.parts.live.camera import CAMERA_PROBLEMS
from pages.parts.live.connection import Connection
from tests.support.live_stream import frame

ROOT = Path(__file__).resolve().parents[2]
needs_model = pytest.mark.skipif(not list_models(), reason="needs a bundle under models/")


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
        return self.calls[-1]["sink_video_track"].work  # type: ignore[no-any-return]


@pytest.fixture
def streamer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Streamer]:
    for name in ("FER_STUN_URLS", "FER_TURN_URLS", "FER_MAX_STREAMS"):
        monkeypatch.delenv(name, raising=False)
    stand_in = Streamer()
    monkeypatch.setattr(streamlit_webrtc, "webrtc_streamer", stand_in)
    yield stand_in


def page() -> AppTest:
    entry = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=300)
    started = entry.switch_page("pages/live.py").run()
    assert not started.exception
    return started


def texts(app: AppTest) -> str:
    kinds = (app.markdown, app.caption, app.info, app.warning, app.error, app.header)
    said = [str(element.value) for kind in kinds for element in kind]
    return "\n".join([*said, *(element.proto.body for element in app.get("html"))])


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
    assert "Nothing is passed on" in said and "expression, not a feeling" in said and "Press START" in said
    (call,) = streamer.calls
    assert call["rtc_configuration"] == {"iceServers": []}
    assert call["media_stream_constraints"]["audio"] is False
    assert not app.error and not app.warning


@needs_model
def test_page_shows_the_face_its_probabilities_and_the_pace(streamer: Streamer) -> None:
    app = playing(streamer)
    said = texts(app)
    assert "Face 1" in said and "frames per second" in said and "camera frames dropped" in said
    assert "Session so far" in said
    charts = [json.loads(chart.proto.spec) for chart in app.get("arrow_vega_lite_chart") or app.get("vega_lite_chart")]
    assert charts and all("Face 1, " in chart["description"] for chart in charts), "for those who hear them"
    bars = [element.proto.body for element in app.get("html")]
    assert len(bars) == 2  # the face's and the session's
    titles = [read_card(bundle_folder(name)).title for name in app.session_state["live-models"]]
    assert all(text in html and "%" in html for html in bars for text in (*EMOTIONS, *titles))
    assert "Press START" not in said


@needs_model
def test_page_settings_reach_the_tracker(streamer: Streamer) -> None:
    app = page()
    session = app.session_state["live_session"]
    app.select_slider(key="live-sensitivity").set_value("high")
    app.slider(key="live-smoothing").set_value(1.0)
    app.toggle(key="live-mirror").set_value(False)
    app.run()
    streamer.callback(frame(portrait_frame(), 0))
    assert session._tracker._sensitivity == "high" and session._tracker._smoothing == 1.0
    assert session.view().faces[0].box.x < 320


@needs_model
def test_page_keeps_its_settings_and_models_while_the_visitor_is_elsewhere(streamer: Streamer) -> None:
    app = page()
    app.button_group[0].set_value(["cnn"])
    app.slider(key="live-smoothing").set_value(1.0)
    app.run()
    app.switch_page("pages/compare.py").run()
    app.switch_page("pages/live.py").run()
    assert not app.exception and not app.warning
    assert app.button_group[0].value == ["cnn"] and app.slider(key="live-smoothing").value == 1.0


@needs_model
def test_page_without_a_model_follows_faces_only(streamer: Streamer) -> None:
    app = page()
    app.button_group[0].set_value([]).run()
    assert not app.exception and "Pick at least one model" in texts(app)
    streamer.callback(frame(portrait_frame(), 0))
    assert app.session_state["live_session"].view().faces[0].predictions == {}


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
    connection: Connection = app.session_state["live_connection"]
    connection.update(playing=False, signalling=True)
    connection._clock = lambda: time.monotonic() + 11
    app.run()
    assert any("TURN" in str(warning.value) for warning in app.warning) and app.camera_input


@needs_model
def test_page_snapshot_is_classified_without_a_stream(streamer: Streamer, monkeypatch: pytest.MonkeyPatch) -> None:
    jpeg = io.BytesIO()
    Image.fromarray(portrait_frame()).save(jpeg, "JPEG")
    app = page()
    assert not app.camera_input
    app.toggle(key="live-wants-snapshot").set_value(True).run()
    app.camera_input[0].set_value(("snapshot.jpg", jpeg.getvalue(), "image/jpeg")).run()
    assert not app.exception and "Face 1" in texts(app)
    asked = []
    monkeypatch.setattr(panel, "analyze", lambda *given, **how: asked.append(how["detector"]) or analyze(*given, **how))
    app.selectbox(key="live-detector").set_value("haar").run()
    assert asked == ["haar"], "the page's detector finds it"


@needs_model
def test_page_waits_for_a_place_when_all_are_taken(streamer: Streamer, monkeypatch: pytest.MonkeyPatch) -> None:
    app = page()
    monkeypatch.setattr(StreamLimiter, "has_capacity", lambda _: False)
    app.session_state["live_connection"].is_waiting = True
    calls = len(streamer.calls)
    app.run()
    assert any("places" in str(warning.value) for warning in app.warning)
    assert len(streamer.calls) == calls and app.camera_input
    monkeypatch.setattr(StreamLimiter, "has_capacity", lambda _: True)
    app.run()
    assert len(streamer.calls) > calls and not app.warning


@needs_model
def test_page_clears_the_session(streamer: Streamer) -> None:
    app = playing(streamer)
    next(button for button in app.button if button.label == "Clear session").click().run()
    assert app.session_state["live_session"].view().frames == 0


@needs_model
def test_page_takes_turn_from_the_environment(streamer: Streamer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FER_TURN_URLS", "turn:example.org")
    page()
    assert streamer.calls[-1]["rtc_configuration"]["iceServers"][0]["urls"] == ["turn:example.org"]


@needs_model
def test_two_visitors_share_nothing_but_the_models(streamer: Streamer) -> None:
    first = playing(streamer)
    second = page()
    assert second.session_state["live_session"].view().frames == 0
    assert first.session_state["live_session"] is not second.session_state["live_session"]


def test_page_without_any_model_says_how_to_get_one(streamer: Streamer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fer_core.list_models", lambda *_: [])
    monkeypatch.setattr("pages.parts.shared.model_picker.list_models", lambda *_: [])
    app = page()
    assert "train_cnn.py" in app.error[0].value and not streamer.calls


@needs_model
@pytest.mark.parametrize("problem", CAMERA_PROBLEMS)
def test_page_offers_a_file_where_the_camera_is_the_problem(
    problem: str, streamer: Streamer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages.parts.live.camera.camera_problem", lambda: problem)
    app = page()
    assert not app.camera_input
    app.file_uploader[0].set_value(("portrait.png", sample_image(), "image/png")).run()
    assert not app.exception and "Face 1" in texts(app)


def test_bars_of_many_models_are_rows_with_every_value() -> None:
    values = {f"m{index}": [0.01 * index, *[0.1] * 6] for index in range(9)}
    html = _rows(values, {name: name for name in values})
    assert html.count("<p>") == 9 and html.count("<b>") == 63 and all(f"{index}%" in html for index in range(9))


def test_charts_stand_two_side_by_side_at_most() -> None:
    def script() -> None:
        from pages.parts.live.history import _places

        for place in _places(5):
            place.text("chart")

    app = AppTest.from_function(script, default_timeout=120).run()
    assert len(app.text) == 5 and {column.weight for column in app.columns} == {0.5}
