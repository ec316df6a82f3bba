"""A stream's frames: each result once, nothing waits, and an end from either side is an end."""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any

import numpy as np
import pytest
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError

from fer_core.live import LiveStream, NewestRelay
from tests.support.live_stream import frame

PICTURE = np.zeros((48, 64, 3), np.uint8)
LONG = 60  # s: as good as for ever


class Camera(MediaStreamTrack):  # type: ignore[misc]
    """Frames as they are put; None ends it."""

    kind = "video"

    def __init__(self) -> None:
        super().__init__()
        self.frames: asyncio.Queue[Any] = asyncio.Queue()

    async def recv(self) -> Any:
        given = await self.frames.get()
        if given is None:
            raise MediaStreamError
        return given


class Slow:
    """Work that takes until it is let go on, a frame at a time."""

    def __init__(self) -> None:
        self.begun, self.go = threading.Semaphore(0), threading.Semaphore(0)

    def __call__(self, given: Any) -> Any:
        self.begun.release()
        assert self.go.acquire(timeout=LONG)
        return frame(PICTURE, 0)


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(test, LONG))


def test_frames_that_come_during_the_work_give_way_to_the_newest() -> None:
    async def test() -> None:
        camera, work = Camera(), Slow()
        stream = LiveStream(work)
        stream.addTrack(camera)
        stream.start()
        for number in range(5):
            camera.frames.put_nowait(frame(PICTURE, number))
            if not number:
                await asyncio.to_thread(work.begun.acquire)
        while camera.frames.qsize():
            await asyncio.sleep(0.01)
        sent = []
        for _ in range(2):
            work.go.release()
            sent.append(await stream.results.recv())
        assert [each.pts for each in sent] == [0, 4] and sent[0] is not sent[1]
        again = asyncio.ensure_future(stream.results.recv())
        await asyncio.sleep(0.05)
        assert not again.done(), "no frame is sent twice"
        stream.stop()
        with pytest.raises(MediaStreamError):
            await again

    run(test())


def test_results_that_wait_give_way_to_the_newest() -> None:
    async def test() -> None:
        camera = Camera()
        stream = LiveStream(lambda given: frame(PICTURE, 0))
        stream.addTrack(camera)
        taker = NewestRelay().subscribe(stream.results)
        stream.start()
        camera.frames.put_nowait(frame(PICTURE, 0))
        assert (await taker.recv()).pts == 0
        for number in range(1, 4):  # nobody takes them
            camera.frames.put_nowait(frame(PICTURE, number))
            await asyncio.sleep(0.1)
        assert (await taker.recv()).pts == 3
        stream.stop()

    run(test())


@pytest.mark.parametrize("by", ["the camera", "the page"])
def test_an_end_from_either_side_ends_the_thread(by: str) -> None:
    async def test() -> None:
        before = threading.active_count()
        camera = Camera()
        stream = LiveStream(lambda given: given)
        assert not stream.hasTrack()
        stream.addTrack(camera)
        stream.start()
        assert stream.hasTrack() and not stream.has_ended and threading.active_count() > before
        if by == "the page":
            await asyncio.to_thread(stream.stop)  # a thread of Streamlit's does it
        else:
            camera.frames.put_nowait(None)
        with pytest.raises(MediaStreamError):
            await stream.results.recv()
        assert stream.has_ended
        while any(thread.name == "live stream" for thread in threading.enumerate()):
            await asyncio.sleep(0.01)
        stream.stop()

    run(test())


def test_a_stop_before_the_start_and_after_the_server_is_none() -> None:
    stream = LiveStream(lambda given: given)
    stream.stop()
    assert stream.has_ended

    started = LiveStream(lambda given: given)

    async def begin() -> None:
        started.addTrack(Camera())
        started.start()

    asyncio.run(begin())
    started.stop()
    assert started.has_ended
