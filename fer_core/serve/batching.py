"""Faces of several requests through a network at once.

Nothing waits for company: what arrives while the network is busy goes through it together as soon as it is free. So a
request alone loses nothing, and under load the batches grow by themselves.
"""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fer_core.bundle import EmotionModel

MOST_FACES: Final = 64
"""Faces that one round takes, as long as more than one request waits: bounds how long the next has to wait."""

Faces = NDArray[np.uint8]
Probabilities = NDArray[np.float32]


class Batcher:
    """A model with a thread of its own that works through what is waiting. Any thread may submit.

    seen: called with the number of faces of each round.
    """

    def __init__(self, model: EmotionModel, seen: Callable[[int], None] = lambda count: None) -> None:
        self._model, self._seen = model, seen
        self._waiting: queue.SimpleQueue[tuple[Faces, Future[Probabilities]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=f"batches of {model.name}", daemon=True)
        self._thread.start()

    def submit(self, faces: Faces) -> "Future[Probabilities]":
        """faces: (N, 48, 48) uint8 grey -> a future of (N, 7) float32; cancelling it takes the faces out."""
        future: Future[Probabilities] = Future()
        self._waiting.put((faces, future))
        return future

    def close(self) -> None:
        """End the thread after what has been submitted."""
        self._waiting.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch, last = [first], False
            count = len(first[0])
            while count < MOST_FACES and not last:
                try:
                    more = self._waiting.get_nowait()
                except queue.Empty:
                    break
                if more is None:
                    last = True
                else:
                    batch.append(more)
                    count += len(more[0])
            self._run([item for item in batch if item[1].set_running_or_notify_cancel()])
            if last:
                return

    def _run(self, batch: list[tuple[Faces, "Future[Probabilities]"]]) -> None:
        if not batch:
            return
        faces = [item[0] for item in batch]
        try:
            rows = self._model.predict_proba(faces[0] if len(faces) == 1 else np.concatenate(faces))
        except Exception as error:  # whatever it is, it belongs to those who wait, and the thread must go on
            for _, future in batch:
                future.set_exception(error)
            return
        self._seen(len(rows))
        ends = np.cumsum([len(own) for own in faces])[:-1]
        for (_, future), own in zip(batch, np.split(rows, ends), strict=True):
            future.set_result(own)


class BatchedModel(EmotionModel):
    """A loaded model whose faces go through its batcher: `analyze` takes it like any other."""

    def __init__(self, model: EmotionModel, seen: Callable[[int], None] = lambda count: None) -> None:
        self.card = model.card
        self._model = model
        self.batcher = Batcher(model, seen)

    @property
    def version(self) -> str:
        """That of the model."""
        return self._model.version

    def predict_proba(self, faces: Faces) -> Probabilities:
        """As of the model; blocks until its batch is done."""
        return self.batcher.submit(faces).result()
