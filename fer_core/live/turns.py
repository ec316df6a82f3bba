"""Turns at work for many threads: a few at a time, whoever has waited longest next."""

import os
import threading
from collections import deque


class Turns:
    """A semaphore that is fair: `with turns: ...`. Python's own lets a thread that gives its place back take it again
    before those that wait, so some would wait long while others go on.
    """

    def __init__(self, places: int) -> None:
        self._free, self._lock = places, threading.Lock()
        self._waiting = deque[threading.Lock]()

    def __enter__(self) -> None:
        own = threading.Lock()
        with self._lock:
            if self._free:
                self._free -= 1
                return
            own.acquire()
            self._waiting.append(own)
        own.acquire()  # until it is handed the place of another

    def __exit__(self, *_: object) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._free += 1


OF_STREAMS = Turns(max(1, (os.cpu_count() or 1) - 1))
"""Of all streams of this process: one core stays free for receiving, decoding and encoding, and for the pages. Without
a limit, ten streams are ten threads that those wait for, and what the cameras send piles up: seconds of it.
"""
