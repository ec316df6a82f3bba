"""Processes that work for this one."""

import multiprocessing
import os
import threading
from multiprocessing.context import SpawnContext


def spawning() -> SpawnContext:
    """How worker processes start: afresh, for a forked child has OpenCV's and LiteRT's threads in whatever state."""
    return multiprocessing.get_context("spawn")


def end_with_parent() -> None:
    """To be called in a worker: end it when the process that started it is gone.

    A pool's worker waits for work on a pipe whose other end it holds too, so a parent that is killed leaves it waiting
    for ever.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
