"""A visitor's video connection: its place among the streams of this process, and whether it gets through."""

import time
import uuid
from collections.abc import Callable

from fer_core.live import StreamLimiter

CONNECT_SECONDS = 10  # a connection that works takes one or two
_FAILED_SECONDS = CONNECT_SECONDS - 2  # an attempt that ends by itself after so long has failed, one before was stopped


class Connection:
    """One visitor's connection, over as many starts and stops as they like.

    is_waiting: all places were taken when START was pressed. has_failed: the last attempt did not get through.
    """

    def __init__(self, limiter: StreamLimiter, clock: Callable[[], float] = time.monotonic) -> None:
        self.is_waiting = False
        self.has_failed = False
        self._limiter, self._clock = limiter, clock
        self._visitor = uuid.uuid4().hex
        self._attempt_began: float | None = None

    def update(self, *, playing: bool, signalling: bool) -> None:
        """The stream's state has changed: START, STOP, connected or lost. Takes a place, or gives it back."""
        if playing or signalling:
            self.is_waiting = not self._limiter.acquire(self._visitor)
            self._attempt_began = self._clock() if signalling else None
            self.has_failed = False
        else:
            self._limiter.release(self._visitor)
            self.has_failed = self._attempt_seconds() > _FAILED_SECONDS
            self._attempt_began = None

    def keep_alive(self) -> None:
        """A frame has come: the place stays taken. Any thread may call this."""
        self._limiter.acquire(self._visitor)

    def fail(self) -> None:
        """The attempt broke off."""
        self.has_failed = True

    def check_timeout(self) -> bool:
        """Whether the attempt that is under way has just become too long; it then counts as failed."""
        if self.has_failed or self._attempt_seconds() <= CONNECT_SECONDS:
            return False
        self.has_failed = True
        return True

    def check_place(self) -> bool:
        """Whether a place has become free for a visitor who waits; the wait then ends."""
        if not self._limiter.has_capacity():
            return False
        self.is_waiting = False
        return True

    def problem(self, camera: str) -> str:
        """What keeps the video from running: "busy", the camera's own problem, "connection", or ""."""
        if self.is_waiting:
            return "busy"
        return camera or ("connection" if self.has_failed else "")

    def _attempt_seconds(self) -> float:
        return 0.0 if self._attempt_began is None else self._clock() - self._attempt_began
