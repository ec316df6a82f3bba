"""The Live page in a real browser: Chromium, headless, its camera a film of the sample that pans and zooms."""

import contextlib
import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from fer_core.bundle.registry import list_models
from fer_core.emotions import COLOURS
from fer_core.image import decode_image, sample_image
from fer_core.live.log import LOG_FIELDS
from tests.support import video_files
from tests.support.browser import CHROMIUM, NEEDS_CHROMIUM, Server, fake_camera, opened, running, until

pytest.importorskip("playwright.sync_api", reason="needs playwright")
DRAWN = """() => { const chart = document.querySelector('[data-testid="stVegaLiteChart"]')
  return chart && (chart.querySelector("canvas")?.toDataURL() ?? chart.innerHTML) }"""
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason=NEEDS_CHROMIUM),
    pytest.mark.skipif(not list_models(), reason="needs a bundle under models/"),
]


FILM_RATE = 6  # frames per second: a browser codes every one of them in software, twice


def film(seconds: float = 3.0, rate: int = FILM_RATE) -> Iterator[NDArray[np.uint8]]:
    """640x480 RGB: the sample, slowly to and fro and nearer and farther; the end joins the beginning."""
    picture = decode_image(sample_image())
    count = round(seconds * rate)
    for turn in np.linspace(0, 2 * np.pi, count, endpoint=False):
        zoom = 1.05 + 0.1 * np.sin(turn)
        view = np.array([[zoom, 0, 320 - 223 * zoom + 40 * np.cos(turn)], [0, zoom, 230 - 115 * zoom]])
        yield np.asarray(cv2.warpAffine(picture, view, (640, 480), borderMode=cv2.BORDER_REPLICATE), np.uint8)


def filmed(folder: Path) -> Path:
    """The film as a file for a fake camera."""
    path = folder / "film.y4m"
    path.write_bytes(video_files.y4m(film(), FILM_RATE))
    return path


@pytest.fixture(scope="module")
def camera(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filmed(tmp_path_factory.mktemp("camera"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("server") / "log.txt") as started:
        yield started


@contextlib.contextmanager
def live_page(server: Server, *switches: str, camera_allowed: bool) -> Iterator[Any]:
    no_names = "--disable-features=WebRtcHideLocalIpsWithMdns"
    with opened(f"{server.url}/live", no_names, *switches, camera=camera_allowed) as page:
        page.get_by_role("heading", name="Live", exact=True).wait_for()
        yield page


def streamer_button(page: Any, name: str) -> Any:
    return page.frame_locator('iframe[src*="streamlit_webrtc"]').get_by_role("button", name=name)


def saved(page: Any, button: str) -> bytes:
    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()
    return Path(download.value.path()).read_bytes()


def start(page: Any) -> None:
    streamer_button(page, "START").click()
    page.get_by_text(re.compile(r"^Face \d+$")).first.wait_for()


def test_a_visit_from_start_to_stop(server: Server, camera: Path) -> None:
    with live_page(server, *fake_camera(camera), camera_allowed=True) as page:
        start(page)
        page.get_by_text(re.compile(r"Performance: \d+ frames per second")).wait_for()

        # a box and a label, in the colour of an emotion, on the frame as it is shown
        picture = decode_image(saved(page, "Save this frame")).astype(int)
        assert picture.shape[0] * 4 == picture.shape[1] * 3  # a busy browser sends fewer pixels
        colours = [[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in COLOURS.values()]
        assert max((np.abs(picture - colour).sum(axis=2) <= 6).sum() for colour in colours) > 300

        # the timeline moves
        page.get_by_test_id("stVegaLiteChart").first.wait_for()
        before = page.evaluate(DRAWN)
        until(lambda: page.evaluate(DRAWN) not in (before, None), "the timeline to move")

        rows = list(csv.DictReader(saved(page, "Save session as CSV").decode().splitlines()))
        assert len(rows) > 3 and tuple(rows[0]) == LOG_FIELDS
        assert {row["model"] for row in rows} <= set(list_models())
        assert sum(float(value) for key, value in rows[-1].items() if key.startswith("raw_")) == pytest.approx(
            1, abs=0.01
        )

        streamer_button(page, "STOP").click()
        streamer_button(page, "START").wait_for()
        page.get_by_text("Press START").wait_for()
        until(lambda: server.udp_sockets == 0, "the connection to end")

        # again, and away in the middle: nothing of the stream stays behind; and back, it starts anew
        resting = server.threads
        start(page)
        until(lambda: server.udp_sockets > 0, "the second connection")
        # Only once it plays: the streamer then tells the server so, and Streamlit answers a change of page and a
        # component's news that cross each other with the page that the news came from.
        video = page.frame_locator('iframe[src*="streamlit_webrtc"]').locator("video")
        until(lambda: video.evaluate("video => video.currentTime") > 1, "the second stream to play")
        links = page.get_by_test_id("stPageLink").all_inner_texts()
        assert [link.split()[-1] for link in links] == ["Classify", "Live", "Compare", "Models"]  # after its icon
        page.get_by_role("link", name="Compare").click()
        page.get_by_role("heading", name="Compare models").wait_for()
        until(lambda: server.udp_sockets == 0 and server.threads <= resting + 2, "threads and sockets to end")
        page.get_by_role("link", name="Live").click()
        start(page)


def test_a_denied_camera_is_explained_and_a_file_is_offered(server: Server, camera: Path) -> None:
    switches = ("--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={camera}")
    with live_page(server, *switches, camera_allowed=False) as page:
        streamer_button(page, "START").click()  # nobody answers the browser's question: it counts as a no
        page.get_by_text("The browser does not let this page use the camera").wait_for()
        page.get_by_test_id("stFileUploader").wait_for()
        assert page.get_by_text("Press START and allow").count() == 0


def test_a_missing_camera_is_explained(server: Server) -> None:
    with live_page(server, "--use-fake-device-for-media-stream=device-count=0", camera_allowed=True) as page:
        page.get_by_text("No camera was found").wait_for()
