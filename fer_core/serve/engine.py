"""The models and the queue of a process: pictures and faces in, results out, as many at a time as there are places."""

import asyncio
import math
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from fer_core.analysis import analyze
from fer_core.bundle import EmotionModel
from fer_core.errors import ImageError
from fer_core.limits import MAX_WAITING
from fer_core.serve import metrics
from fer_core.serve.batching import MOST_FACES, BatchedModel
from fer_core.serve.intake import Picture
from fer_core.serve.problems import busy

_FIRST_GUESS: Final = 0.05  # seconds a picture, until some have been seen
_FULL: Final = "The queue is full; please try again in a moment."

Result = TypeVar("Result")


@dataclass(frozen=True)
class Question:
    """How pictures are to be read. models: names, of those served. unsure_below: as everywhere."""

    models: tuple[str, ...]
    detector: str
    unsure_below: float


class Engine:
    """What a process works with. Its methods are for the event loop's thread; the work is done on others.

    models: name -> a loaded model. threads: pictures at a time. waiting: pictures, and requests of faces.
    """

    def __init__(self, models: Mapping[str, EmotionModel], threads: int) -> None:
        self.models = {
            name: BatchedModel(model, metrics.BATCHES.labels(name).observe) for name, model in models.items()
        }
        self._threads = threads
        # one more than works: while it waits for a network, another decodes
        self._pool = ThreadPoolExecutor(threads + 1, thread_name_prefix="pictures")
        self.waiting = 0
        self._seconds = _FIRST_GUESS

    def close(self) -> None:
        """End the threads; what waits is dropped."""
        self._pool.shutdown(cancel_futures=True)
        for model in self.models.values():
            model.batcher.close()

    @property
    def is_full(self) -> bool:
        """Whether the next picture would be refused."""
        return self.waiting >= MAX_WAITING

    def require_places(self, count: int) -> None:
        """Raises Problem (429, with Retry-After) where there are no places for `count` more pictures."""
        if self.waiting + count > MAX_WAITING:
            seconds = math.ceil(self.waiting * self._seconds / self._threads)
            raise busy(_FULL, min(30, max(1, seconds)))

    async def analyze(self, pictures: Sequence[Picture], how: Question) -> list[dict[str, Any] | ImageError]:
        """For each picture `Analysis.to_dict()`, or why it cannot be used. Raises Problem where the queue is full.

        Cancelled, it takes what waits out of the queue; what is being worked on keeps its place until it is done.
        """
        self.require_places(len(pictures))
        futures = [asyncio.wrap_future(self._submit(self._analyzed, picture, how)) for picture in pictures]
        return list(await asyncio.gather(*futures))

    async def faces(self, faces: NDArray[np.uint8], models: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """faces: (N, 48, 48) uint8 -> model -> (N, 7) float32. Raises Problem where the queue is full."""
        self.require_places(1)
        self._enter()
        try:
            return {name: await self._probabilities(faces, self.models[name]) for name in models}
        finally:
            self._leave()

    async def _probabilities(self, faces: NDArray[np.uint8], model: BatchedModel) -> NDArray[np.float32]:
        # part by part, so that other requests come in between
        parts = [
            await asyncio.wrap_future(model.batcher.submit(faces[start : start + MOST_FACES]))
            for start in range(0, len(faces) or 1, MOST_FACES)
        ]
        return np.concatenate(parts)

    def _analyzed(self, picture: Picture, how: Question) -> dict[str, Any] | ImageError:
        started = time.perf_counter()
        models = [self.models[name] for name in how.models]
        try:
            # without its pixels, which would stay in memory until the answer is sent
            return analyze(
                picture.data, models, threshold=how.unsure_below, name=picture.name, detector=how.detector
            ).to_dict()
        except ImageError as error:
            return error
        finally:
            self._seconds += (time.perf_counter() - started - self._seconds) / 20  # a running mean of about 20

    def _submit(self, work: Callable[..., Result], picture: Picture, how: Question) -> "Future[Result]":
        """Hold a place until the work is done, or cancelled before it began."""
        loop = asyncio.get_running_loop()
        future = self._pool.submit(work, picture, how)
        self._enter()

        def leave(_: "Future[Result]") -> None:
            picture.data = b""  # a cancelled one stays in the pool's own queue for a while
            try:
                loop.call_soon_threadsafe(self._leave)
            except RuntimeError:  # the loop has ended, and with it the counting
                return

        future.add_done_callback(leave)
        return future

    def _enter(self) -> None:
        self.waiting += 1
        metrics.WAITING.inc()

    def _leave(self) -> None:
        self.waiting -= 1
        metrics.WAITING.dec()
