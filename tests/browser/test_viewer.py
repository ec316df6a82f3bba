"""The viewer of films in Chromium: a result of the command is opened, played, gone through, edited; files follow."""

import contextlib
import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fer_core import list_models
from fer_core.video.tables import CsvWriter
from tests.browser.test_accessibility import violations
from tests.support import video_files
from tests.support.browser import CHROMIUM, NEEDS_CHROMIUM, Server, opened, running, until, wait_until_run
from tests.support.tracked import frames

pytest.importorskip("playwright.sync_api", reason="needs playwright")
pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python")

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason=NEEDS_CHROMIUM),
    pytest.mark.skipif(not list_models(), reason="needs a bundle under models/"),
]
TRACKS = ("h" * 30 + "s" * 10, " " * 20 + "n" * 20)  # half a second a letter
SECONDS = 20
START = 5  # of the film's part that was asked for: the annotated copy begins there
NAME = "job/P1/film.mp4"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    folder = tmp_path / "results" / NAME
    folder.mkdir(parents=True)
    with contextlib.closing(CsvWriter(folder / "film.csv")) as table:
        for frame in frames(*TRACKS, start=START):
            table.add(frame.to_rows())
    said = {"film": "film.mp4", "frames": len(TRACKS[0]), "sampling": {"start": START}}
    (folder / "film.json").write_text(json.dumps(said))
    grey = (np.full((120, 160, 3), 5 * n % 255, np.uint8) for n in range(SECONDS * 10))
    (folder / "film-emotions.mp4").write_bytes(video_files.encode(grey))
    with running(tmp_path / "server.log", FER_RESULTS_DIR=str(tmp_path / "results")) as started:
        yield started


def seconds(page: Any) -> float:
    """Where the cursor is, by the clock beside it."""
    minutes, rest = page.locator(".viewer .clock").inner_text().split(" / ")[0].split(":")
    return 60 * int(minutes) + float(rest)


def downloaded(page: Any, button: str) -> str:
    with page.expect_download() as download:
        page.get_by_role("button", name=button, exact=True).click()
    return Path(download.value.path()).read_text(encoding="utf-8")


def test_a_film_is_played_gone_through_and_edited(server: Server, tmp_path: Path) -> None:
    with opened(server.url) as page:
        page.get_by_text("Video", exact=True).click()
        page.get_by_label("Or open a result").click()
        page.get_by_role("option", name=NAME).click()
        page.locator(".viewer .person").nth(1).wait_for()
        wait_until_run(page)
        film = page.locator("video")
        until(lambda: film.evaluate("film => film.readyState > 0"), "the film to load")

        # a click on the timeline goes there, by the film's own time
        axis = page.get_by_role("slider")
        box = axis.bounding_box()
        axis.click(position={"x": box["width"] / 2, "y": 5})
        assert seconds(page) == pytest.approx(START + SECONDS / 2, abs=0.2)
        assert film.evaluate("film => film.currentTime") == pytest.approx(SECONDS / 2, abs=0.2)
        assert "Face 1 happy 80 %" in axis.get_attribute("aria-valuetext")

        # playing moves the cursor
        page.keyboard.press("Space")
        until(lambda: seconds(page) > START + SECONDS / 2 + 1, "the cursor to move", patience=30)
        page.get_by_role("button", name="Pause").click()
        stands = seconds(page)
        page.wait_for_timeout(400)
        assert seconds(page) == stands

        # zoom and keys
        whole = axis.evaluate("axis => axis.closest('.viewer').viewer.view[1]")
        axis.focus()
        page.keyboard.press("+")
        assert axis.evaluate("axis => axis.closest('.viewer').viewer.view[1]") < whole
        page.keyboard.press("Home")
        assert seconds(page) == START
        page.keyboard.press("]")
        assert seconds(page) == START + 10, "there the second face comes"

        # a part is excluded, an event marked, a person named, the other merged: files follow at once
        page.keyboard.press("e")
        page.keyboard.press("x")
        page.keyboard.press("PageDown")
        page.keyboard.press("x")
        page.get_by_role("textbox", name="Name of face 1").fill("Anna")
        assert "Anna happy" in downloaded(page, "WebVTT"), "without waiting"
        rows = list(csv.DictReader(downloaded(page, "CSV").splitlines()))
        assert {row["person"] for row in rows} == {"Anna"} and max(float(row["time"]) for row in rows) < START + 10
        page.get_by_role("combobox", name="Face 2 is the same person as").select_option("Anna")
        page.get_by_text("Anna is in 20 frames twice").wait_for()

        # saved, undone and loaded again
        saved = tmp_path / "edits.json"
        saved.write_text(downloaded(page, "Save edits"), encoding="utf-8")
        edits = json.loads(saved.read_text(encoding="utf-8"))
        assert (edits["names"], edits["merged"]) == ({"1": "Anna"}, {"2": 1})
        assert edits["excluded"] == [{"start": 15.0, "end": 25.0, "face": None}]
        assert edits["events"] == [{"time": 15.0, "text": "event"}]
        while page.get_by_role("button", name="Undo").is_enabled():
            page.get_by_role("button", name="Undo").click()
        page.locator(".viewer .person").nth(1).wait_for()
        assert downloaded(page, "WebVTT").count("2 neutral") == 2
        page.get_by_role("button", name="Load edits").click()
        page.locator("input[type=file][accept*=json]").set_input_files(saved)
        page.get_by_role("button", name="Remove event at 0:15.0").wait_for()
        assert page.locator(".viewer .person").count() == 1
        assert json.loads(downloaded(page, "Save edits")) == edits

        # away and back, then narrow: nothing is lost, and axe finds nothing
        page.keyboard.press("Escape")
        page.get_by_role("link", name="Models").click()
        page.get_by_role("heading", name="Models").wait_for()
        page.get_by_role("link", name="Classify").click()
        page.get_by_role("textbox", name="Name of face 1").wait_for()
        assert page.get_by_role("textbox", name="Name of face 1").input_value() == "Anna"
        for theme, width in (("light", 1280), ("dark", 390)):
            page.emulate_media(color_scheme=theme)
            page.set_viewport_size({"width": width, "height": 1200})
            wait_until_run(page)
            page.wait_for_timeout(3000)  # what fades in is too pale for a moment
            assert not violations(page, f"video, {theme}, {width}")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"
