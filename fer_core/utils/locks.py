"""A folder that one process at a time writes into."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder, which is made where it is missing. The system releases it when a process dies.

    Raises BlockingIOError where another process holds it, OSError where the folder cannot be made.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".lock", blocking=False)
    try:
        lock.acquire()
    except Timeout:
        raise BlockingIOError(f"Another run is writing into {folder}.") from None
    try:
        yield
    finally:
        lock.release()
