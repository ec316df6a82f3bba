"""A stream through the app: the camera's frames in, worked on by a thread of its own, the newest result out.

streamlit-webrtc's own way, a callback, sends a frame for each that came, the last result again and again where the work
takes longer. That costs an encoding each, and as the repeated frame is one object whose time is overwritten while it
waits to be encoded, two frames go out under one time: receivers join them, and pictures break. Here nothing waits: each
result is sent once, and what is too late, before the work or before its encoding, is left out.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import Any

from aiortc import MediaStreamTrack
from aiortc.contrib.media import MediaRelay
from aiortc.mediastreams import MediaStreamError

from fer_core.live.turns import OF_STREAMS


class NewestRelay(MediaRelay):  # type: ignore[misc]
    """Keeps one frame for who takes it, the newest; aiortc's usual one keeps all, however far behind that is."""

    def subscribe(self, track: MediaStreamTrack, buffered: bool = False) -> MediaStreamTrack:
        """A proxy of a track. buffered: not followed."""
        return super().subscribe(track, buffered=False)


class Results(MediaStreamTrack):  # type: ignore[misc]
    """The track that goes back to the browser. Its methods are for the event loop's thread."""

    kind = "video"

    def __init__(self) -> None:
        super().__init__()
        self._newest: Any = None
        self._come = asyncio.Event()

    def put(self, frame: Any) -> None:
        """Have a frame sent next, instead of one that still waits."""
        self._newest = frame
        self._come.set()

    async def recv(self) -> Any:
        """The newest frame, each once. Raises MediaStreamError once the track has ended."""
        await self._come.wait()
        self._come.clear()
        if self.readyState != "live":
            raise MediaStreamError
        frame, self._newest = self._newest, None
        return frame

    def stop(self) -> None:
        """End the track."""
        super().stop()
        self._come.set()


class LiveStream:
    """One stream from START to STOP: streamlit-webrtc's sink for the camera's track, and `results`, its source.

    work: called with each av.VideoFrame for which it has time, on the stream's own thread. What it returns is sent,
    under the time of the frame that was given. It must not raise.
    """

    def __init__(self, work: Callable[[Any], Any]) -> None:
        self.results = Results()
        self.has_ended = False
        self.work = work
        self._track: MediaStreamTrack | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._reading: asyncio.Task[None] | None = None
        self._newest: Any = None
        self._news = threading.Condition()

    def addTrack(self, track: MediaStreamTrack) -> None:
        """The camera's track."""
        self._track = track

    def hasTrack(self) -> bool:
        """Whether there is one."""
        return self._track is not None

    def start(self) -> None:
        """Begin; called on the event loop's thread."""
        self._loop = asyncio.get_running_loop()
        self._reading = self._loop.create_task(self._read())
        threading.Thread(target=self._run, name="live stream", daemon=True).start()

    def stop(self) -> None:
        """End the stream for good. Any thread may call this, as often as it likes."""
        with self._news:
            self.has_ended, self._newest = True, None
            self._news.notify()
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the server has stopped, and its loop with it
                self._loop.call_soon_threadsafe(self._end)

    def _end(self) -> None:
        self.results.stop()
        if self._reading is not None:
            self._reading.cancel()

    async def _read(self) -> None:
        assert self._track is not None
        with contextlib.suppress(MediaStreamError):
            while True:
                frame = await self._track.recv()
                with self._news:
                    self._newest = frame
                    self._news.notify()
        self.stop()

    def _run(self) -> None:
        assert self._loop is not None
        while True:
            with self._news:
                self._news.wait_for(lambda: self.has_ended or self._newest is not None)
            with OF_STREAMS:
                with self._news:  # the newest now, not when it began to wait for its turn
                    frame, self._newest = self._newest, None
                if self.has_ended:
                    return
                result = self.work(frame)
            result.pts, result.time_base = frame.pts, frame.time_base
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self.results.put, result)
