"""Faults, in short: killed training, many sessions, a slow client, a long stream. The scripts run the long forms."""

import asyncio
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import streamlit as st
from aiortc import MediaStreamTrack
from streamlit_webrtc.process import AsyncVideoProcessTrack

from fer_core import list_models, load_model, read_card
from fer_core.bundle.registry import bundle_folder
from pages.parts.shared import model_picker
from tests.support.browser import Server, running, until
from tests.support.faults_stream import MOST_MB, stream
from tests.support.sessions import FILES_PER_TAB, Visit, tabs, together
from tests.support.stub_models import BrightnessModel

ROOT = Path(__file__).resolve().parent.parent
needs_model = pytest.mark.skipif(not list_models(), reason="needs a bundle under models/")


def script(name: str, *options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", f"tests.support.{name}", *map(str, options)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_training_survives_kills_and_a_full_disk() -> None:
    done = script("faults_training", "--kills", 2)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]


def test_fuzzing_finds_nothing(tmp_path: Path) -> None:
    pytest.importorskip("atheris", reason="needs atheris: Linux on x86-64")
    done = script("fuzz", "--seconds", 6, "--keep", tmp_path)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


def test_a_quarter_of_a_minute_of_stream_holds_its_memory() -> None:
    gained, frames = stream(0.25, [BrightnessModel()])
    assert frames == 450 and not gained > MOST_MB


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with running(tmp_path_factory.mktemp("server") / "log.txt") as started:
        yield started


def answers(visit: Visit) -> int:
    """How many faces are shown as happy; that of the first screen's example has no crop beside it."""
    return sum("happy <small>" in text and "as the models see it" in text for text in visit.texts)


@needs_model
def test_twenty_sessions_at_once(server: Server) -> None:
    visits, _ = together(server.url, 20)
    assert [visit.errors for visit in visits] == [[]] * 20
    assert [answers(visit) for visit in visits] == [1] * 20
    for visit in visits:
        visit.close()


@needs_model
def test_two_tabs_share_nothing_that_one_of_them_was_given(server: Server) -> None:
    first, second = Visit(server.url), Visit(server.url)
    first.run()
    first.run("Photo")
    second.run()
    assert answers(first) and not answers(second) and "astronaut.png" not in "".join(second.texts)
    first.run("Clear results")
    second.run("Photo")
    assert answers(second) and not answers(first)


@needs_model
def test_tabs_that_close_leave_no_thread_and_no_connection(server: Server) -> None:
    tabs(server.url, 4)
    threads, files = server.threads, server.open_files
    tabs(server.url, 12)
    kept = 12 * FILES_PER_TAB  # for two minutes: `sessions.py --tabs` sees them go
    until(lambda: server.threads <= threads + 2 and server.open_files <= files + kept + 2, "threads and files to end")


@needs_model
def test_one_copy_of_a_model_serves_all(monkeypatch: pytest.MonkeyPatch) -> None:
    loads = list[str]()

    def counted(name: str) -> Any:
        loads.append(name)
        return load_model(name)

    monkeypatch.setattr(model_picker, "load_model", counted)
    st.cache_resource.clear()
    name = list_models()[0]
    try:
        with ThreadPoolExecutor(20) as pool:
            found = list(pool.map(model_picker.ready_model, [name] * 20, [read_card(bundle_folder(name))] * 20))
        assert loads == [name] and len({id(model) for model in found}) == 1
    finally:
        st.cache_resource.clear()


class Camera(MediaStreamTrack):  # type: ignore[misc]
    """Frames as fast as they are asked for, each with its number as its grey level."""

    kind = "video"

    def __init__(self) -> None:
        super().__init__()
        self.sent = 0

    async def recv(self) -> Any:
        self.sent += 1
        frame: Any = av.VideoFrame.from_ndarray(np.full((16, 16), self.sent, np.uint8), format="gray8")
        frame.pts, frame.time_base = self.sent, Fraction(1, 30)
        return frame


class SlowReader:
    """Stands where LiveSession.receive does, and takes as long as the test wants."""

    def __init__(self) -> None:
        self.taken, self.may_go, self.has_begun = list[int](), threading.Event(), threading.Event()

    def recv(self, frame: Any) -> Any:
        self.taken.append(int(frame.to_ndarray()[0, 0]))
        self.has_begun.set()
        assert self.may_go.wait(300)
        return frame


def test_a_slow_client_is_shown_the_newest_frame_and_nothing_queues_up() -> None:
    camera, reader = Camera(), SlowReader()
    track = AsyncVideoProcessTrack(camera, reader)

    async def visit() -> int:
        await track.recv()
        assert await asyncio.to_thread(reader.has_begun.wait, 300)
        for _ in range(100):  # the camera goes on while the first frame is still being worked on
            await track.recv()
        newest, waited = camera.sent, 0
        reader.may_go.set()
        while len(reader.taken) < 2 and waited < 30_000:
            await asyncio.sleep(0.01)
            waited += 1
        return newest

    newest = asyncio.run(visit())
    track.stop()
    assert reader.taken == [1, newest]
