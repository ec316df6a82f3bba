"""The viewer on the Classify page: results of the command, and edits that come from browsers and files."""

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from fer_core import list_models
from fer_core.video.edited import Edits, Event, edits_to_dict, read_recording, write_edits
from fer_core.video.tables import CsvWriter
from pages.parts.classify import video_opened
from pages.parts.viewer.viewed import Viewed
from tests.support.tracked import frames
from tests.support.video_app import app, checked

pytestmark = pytest.mark.skipif(len(list_models()) < 2, reason="needs the two shipped bundles under models/")


def result(root: Path, name: str, *tracks: str) -> Path:
    """A result as the command writes it, without a copy."""
    folder = root / name
    folder.mkdir(parents=True)
    with contextlib.closing(CsvWriter(folder / f"{folder.stem}.csv")) as table:
        for frame in frames(*tracks):
            table.add(frame.to_rows())
    said = {"film": folder.name, "frames": len(tracks[0]), "sampling": {"start": 0}}
    (folder / f"{folder.stem}.json").write_text(json.dumps(said))
    return folder


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FER_RESULTS_DIR", str(tmp_path / "out"))
    result(tmp_path / "out", "job/a.mp4", "hhhh", "  ss")
    result(tmp_path / "out", "job/**b**.mp4", "    ")
    return tmp_path / "out"


def drawn(page: AppTest) -> list[dict[str, Any]]:
    """What timelines get to draw."""
    components = [json.loads(each.proto.json or each.proto.mixed.json) for each in page.get("bidi_component")]
    return [data for data in components if "tracks" in data]


def test_without_the_variable_no_result_is_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FER_RESULTS_DIR", raising=False)
    page = app()
    assert not [box for box in page.selectbox if "result" in box.label] and not page.error


def test_a_folder_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FER_RESULTS_DIR", str(tmp_path / "none"))
    assert "FER_RESULTS_DIR names a folder that does not exist" in app().error[0].value


def test_a_result_is_opened_and_left_again(root: Path) -> None:
    page = app()
    box = page.selectbox(key="video-result")
    assert box.options == ["job/**b**.mp4", "job/a.mp4"] and box.value is None and not page.header
    page = checked(box.set_value("job/a.mp4").run())
    (data,) = drawn(page)
    assert (data["faces"], data["end"], data["player"], len(data["tracks"])) == ([1, 2], 2.0, None, 2)
    assert set(data["boxes"]["faces"]) == {"1", "2"}, "for a film of the visitor's own"
    assert "4 frames, 0:02.0, faces: 2" in [caption.value for caption in page.caption]
    page = checked(page.selectbox(key="video-result").set_value("job/**b**.mp4").run())
    (data,) = drawn(page)
    assert data["tracks"] == [] and [header.value for header in page.header] == [r"job/\*\*b\*\*.mp4"]
    page = checked(page.selectbox(key="video-result").set_value(None).run())
    assert not drawn(page) and not page.header


def test_the_edits_outlast_another_page(root: Path) -> None:
    page = app()
    page = checked(page.selectbox(key="video-result").set_value("job/a.mp4").run())
    (before,) = drawn(page)
    page.session_state["opened-results"]["job/a.mp4"].edits = Edits(names={1: "Anna"})
    page.switch_page("pages/model.py").run()
    page = checked(page.switch_page("pages/classify.py").run())
    (after,) = drawn(page)
    assert after["edits"]["names"] == {"1": "Anna"} and after["serial"] > before["serial"]


def test_the_edits_outlast_other_results(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video_opened, "_KEPT", 1)
    page = app()
    page = checked(page.selectbox(key="video-result").set_value("job/a.mp4").run())
    page.session_state["opened-results"]["job/a.mp4"].edits = Edits(names={1: "Anna"})
    page = checked(page.selectbox(key="video-result").set_value("job/**b**.mp4").run())
    assert list(page.session_state["opened-results"]) == ["job/**b**.mp4"], "no more are kept"
    page = checked(page.selectbox(key="video-result").set_value("job/a.mp4").run())
    assert drawn(page)[0]["edits"]["names"] == {"1": "Anna"}


def test_a_broken_result_is_named_in_a_line(root: Path) -> None:
    (root / "job" / "a.mp4" / "a.csv").write_text("nothing")
    page = app()
    page = checked(page.selectbox(key="video-result").set_value("job/a.mp4").run())
    assert "a.csv is no table of a film" in page.error[0].value and not drawn(page)


@pytest.fixture
def viewed(tmp_path: Path) -> Viewed:
    table = result(tmp_path, "a.mp4", "hhhh", "  ss") / "a.csv"
    return Viewed(read_recording(table, "a.mp4"), {}, None)


def given(edits: Edits, serial: int) -> dict[str, Any]:
    return {**edits_to_dict(edits), "serial": serial}


def test_edits_of_the_browser_are_taken_and_bad_ones_named(viewed: Viewed) -> None:
    viewed.take(given(Edits(names={1: "Anna"}), 0))
    assert viewed.edits.names == {1: "Anna"} and b"Anna happy" in viewed.edited("vtt")
    viewed.take({"names": {"9": "Ben"}, "serial": 0})
    assert "no face '9'" in viewed.problem and viewed.edits.names == {1: "Anna"}, "the last good ones stay"
    viewed.take(given(Edits(), 0))
    assert viewed.problem == "" and viewed.edits == Edits()


def test_a_loaded_file_replaces_the_edits_and_older_ones_come_too_late(viewed: Viewed) -> None:
    loaded = Edits(dropped=frozenset({2}), events=(Event(1.0, "door"),))
    viewed.load(write_edits(loaded, "a.mp4"))
    assert (viewed.edits, viewed.serial, viewed.note, viewed.problem) == (loaded, 1, "", "")
    for late in (given(Edits(names={1: "Anna"}), 0), None, "edits"):
        viewed.take(late)
        assert viewed.edits == loaded
    viewed.load(b"{}")
    assert viewed.edits == loaded and viewed.serial == 1 and "holds no edits" in viewed.problem
    viewed.load(write_edits(loaded, "b.mp4"))
    assert "another film, b.mp4" in viewed.note and viewed.serial == 2
