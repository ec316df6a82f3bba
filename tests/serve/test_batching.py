"""The batcher: what arrives while the network is busy goes through it together."""

import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError

import numpy as np
import pytest
from numpy.typing import NDArray

from fer_core.serve.batching import MOST_FACES, Batcher
from tests.support.browser import until
from tests.support.stub_models import BrightnessModel


class Gated(BrightnessModel):
    """Works only while its gate is open; `busy` tells when it waits there. A face of 255s breaks it."""

    def __init__(self) -> None:
        super().__init__()
        self.gate, self.busy = threading.Event(), threading.Event()

    def predict_proba(self, faces: NDArray[np.uint8]) -> NDArray[np.float32]:
        self.busy.set()
        assert self.gate.wait(30)
        if len(faces) and faces.max() == 255:
            raise ValueError("a face that breaks it")
        return super().predict_proba(faces)


@pytest.fixture
def model() -> Gated:
    return Gated()


@pytest.fixture
def batcher(model: Gated) -> Iterator[Batcher]:
    working = Batcher(model)
    yield working
    model.gate.set()
    working.close()


def crops(count: int, value: int = 0) -> NDArray[np.uint8]:
    return np.full((count, 48, 48), value, np.uint8)


def test_what_arrives_while_it_is_busy_goes_together_and_comes_apart(batcher: Batcher, model: Gated) -> None:
    first = batcher.submit(crops(1))
    assert model.busy.wait(30)
    others = [batcher.submit(crops(count, value)) for count, value in ((2, 0), (0, 0), (3, 200))]
    model.gate.set()
    assert len(first.result(30)) == 1
    dark, none, bright = (other.result(30) for other in others)
    assert model.seen == [1, 5]
    assert [len(rows) for rows in (dark, none, bright)] == [2, 0, 3]
    assert dark.argmax(axis=1).tolist() == [4, 4] and bright.argmax(axis=1).tolist() == [3, 3, 3]


def test_a_round_takes_only_so_many(batcher: Batcher, model: Gated) -> None:
    waiting = [batcher.submit(crops(1))]
    assert model.busy.wait(30)
    waiting += [batcher.submit(crops(MOST_FACES // 2)) for _ in range(5)]
    model.gate.set()
    for future in waiting:
        future.result(30)
    assert model.seen == [1, MOST_FACES, MOST_FACES, MOST_FACES // 2]


def test_what_is_cancelled_is_left_out(batcher: Batcher, model: Gated) -> None:
    batcher.submit(crops(1))
    assert model.busy.wait(30)
    gone, stays = batcher.submit(crops(2)), batcher.submit(crops(3))
    assert gone.cancel()
    model.gate.set()
    assert len(stays.result(30)) == 3 and model.seen == [1, 3]
    with pytest.raises(CancelledError):
        gone.result(0)


def test_a_failure_is_told_to_those_it_concerns_and_the_next_round_works(batcher: Batcher, model: Gated) -> None:
    model.gate.set()
    with pytest.raises(ValueError, match="breaks it"):
        batcher.submit(crops(1, 255)).result(30)
    assert len(batcher.submit(crops(4)).result(30)) == 4


def test_closing_ends_the_thread_after_what_was_submitted(model: Gated) -> None:
    batcher = Batcher(model)
    future = batcher.submit(crops(2))
    model.gate.set()
    batcher.close()
    assert len(future.result(0)) == 2
    until(lambda: not any("batches of" in thread.name for thread in threading.enumerate()), "the thread to end")
