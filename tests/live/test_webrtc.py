"""Places for streams, ICE servers and TURN credentials, from a deployment's settings."""

from typing import Any

import pytest

from fer_core.live.webrtc import StreamLimiter, camera_rate, crowding, ice_servers, stream_limit
from tests.support.live_stream import Clock


def test_places_are_limited_and_expire() -> None:
    clock = Clock()
    limiter = StreamLimiter(2, patience=20, clock=clock)
    assert limiter.acquire("a") and limiter.acquire("b") and limiter.acquire("a")
    assert not limiter.acquire("c") and limiter.active() == 2
    limiter.release("a")
    assert limiter.has_capacity() and limiter.acquire("c") and not limiter.has_capacity()
    clock.now += 19
    limiter.acquire("c")
    clock.now += 2
    assert limiter.active() == 1 and limiter.acquire("a") and not limiter.acquire("b")


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        pytest.param({}, [], id="none by default"),
        pytest.param({"FER_STUN_URLS": ""}, [], id="empty"),
        pytest.param({"FER_STUN_URLS": "stun:a, stun:b"}, [{"urls": ["stun:a", "stun:b"]}], id="STUN"),
        pytest.param(
            {"FER_TURN_URLS": ["turn:c"], "FER_TURN_USERNAME": "u", "FER_TURN_PASSWORD": "p"},
            [{"urls": ["turn:c"], "username": "u", "credential": "p"}],
            id="TURN, as a list",
        ),
    ],
)
def test_ice_servers(settings: dict[str, Any], expected: list[dict[str, Any]]) -> None:
    assert ice_servers(settings) == expected


def test_turn_credentials_expire_and_stay_the_same_for_an_hour() -> None:
    settings = {"FER_TURN_URLS": "turn:c", "FER_TURN_SECRET": "north"}
    server = ice_servers(settings, now=1_800_000_000.0)[0]
    assert server == {
        "urls": ["turn:c"],
        "username": "1800046800",  # the end of the hour, and twelve more
        # printf 1800046800 | openssl dgst -sha1 -hmac north -binary | base64
        "credential": "asgV4sjdWwkC8JxTwjK2vUpicaM=",
    }
    assert ice_servers(settings, now=1_800_003_599.0)[0] == server
    later = ice_servers(settings, now=1_800_003_600.0)[0]
    assert later["username"] == "1800050400" and later["credential"] != server["credential"]


@pytest.mark.parametrize(("value", "limit"), [(None, 8), ("3", 3), (5, 5), ("0", 1), ("many", 8), ("", 8)])
def test_stream_limit(value: Any, limit: int) -> None:
    assert stream_limit({} if value is None else {"FER_MAX_STREAMS": value}, cores=4) == limit


@pytest.mark.parametrize(("limit", "cores", "rate"), [(1, 2, 30), (4, 2, 30), (10, 2, 12), (16, 4, 15), (100, 2, 10)])
def test_cameras_are_asked_for_what_can_be_shown(limit: int, cores: int, rate: int) -> None:
    assert camera_rate(limit, cores) == rate
    assert crowding(limit, cores) >= 1 and (crowding(limit, cores) > 1) == (rate < 30)
