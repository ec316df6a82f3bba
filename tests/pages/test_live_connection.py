"""A visitor's connection: places among the streams, and attempts that take too long, on a clock of their own."""

import pytest

from fer_core.live import StreamLimiter
from pages.parts.live.connection import CONNECT_SECONDS, Connection


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def connection(clock: Clock, limiter: StreamLimiter | None = None) -> Connection:
    return Connection(limiter or StreamLimiter(1, clock=clock), clock)


def test_a_connection_that_works(clock: Clock) -> None:
    own = connection(clock)
    own.update(playing=False, signalling=True)
    clock.now += 2
    own.update(playing=True, signalling=False)
    clock.now += 60
    assert not own.check_timeout() and own.problem("") == ""
    own.update(playing=False, signalling=False)
    assert own.problem("") == "", "stopped, not lost"


def test_an_attempt_that_takes_too_long_is_told_once(clock: Clock) -> None:
    own = connection(clock)
    own.update(playing=False, signalling=True)
    clock.now += CONNECT_SECONDS
    assert not own.check_timeout()
    clock.now += 1
    assert own.check_timeout() and not own.check_timeout()
    assert own.problem("") == "connection"
    own.update(playing=False, signalling=True)
    assert own.problem("") == "", "another attempt"


@pytest.mark.parametrize(("seconds", "problem"), [(3, ""), (9, "connection")], ids=["stopped", "gave up"])
def test_an_attempt_that_ends_by_itself(clock: Clock, seconds: float, problem: str) -> None:
    own = connection(clock)
    own.update(playing=False, signalling=True)
    clock.now += seconds
    own.update(playing=False, signalling=False)
    assert own.problem("") == problem


def test_a_handshake_that_breaks_off(clock: Clock) -> None:
    own = connection(clock)
    own.fail()
    assert own.problem("") == "connection" and own.problem("missing") == "missing", "the camera's problem comes first"


def test_whoever_finds_all_places_taken_waits_for_one(clock: Clock) -> None:
    limiter = StreamLimiter(1, clock=clock)
    first, second = connection(clock, limiter), connection(clock, limiter)
    first.update(playing=True, signalling=False)
    second.update(playing=False, signalling=True)
    assert second.problem("denied") == "busy" and not second.check_place() and second.is_waiting
    first.update(playing=False, signalling=False)
    assert second.check_place() and second.problem("") == ""


def test_frames_keep_the_place(clock: Clock) -> None:
    limiter = StreamLimiter(1, patience=12, clock=clock)
    own = connection(clock, limiter)
    own.update(playing=True, signalling=False)
    clock.now += 10
    own.keep_alive()
    clock.now += 10
    assert limiter.active() == 1
    clock.now += 10
    assert limiter.active() == 0
