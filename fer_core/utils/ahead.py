"""Work that goes on in a thread of its own, some steps ahead of who takes its results."""

import contextlib
import queue
import threading
from collections.abc import Generator, Iterator
from typing import Any, Final, TypeVar

Item = TypeVar("Item")
_DONE: Final = object()


def ahead(items: Generator[Item, None, None], steps: int = 4) -> Generator[Item, None, None]:
    """The items of a generator, which a thread runs up to `steps` items ahead; in order, its exceptions in their place.

    Closed before its end, it waits for the item that is being made and closes `items`.
    """
    waiting: queue.Queue[Any] = queue.Queue(steps)
    stopped = threading.Event()

    def put(item: Any) -> bool:
        while not stopped.is_set():
            with contextlib.suppress(queue.Full):
                waiting.put(item, timeout=0.1)
                return True
        return False

    def run() -> None:
        error: BaseException | None = None
        try:
            with contextlib.closing(items):
                for item in items:
                    if not put((item, None)):
                        break
        except BaseException as met:
            error = met
        put((_DONE, error))

    thread = threading.Thread(target=run, name="ahead", daemon=True)
    thread.start()
    try:
        yield from _taken(waiting)
    finally:
        stopped.set()
        thread.join()


def _taken(waiting: "queue.Queue[Any]") -> Iterator[Any]:
    while True:
        item, error = waiting.get()
        if error is not None:
            raise error
        if item is _DONE:
            return
        yield item
