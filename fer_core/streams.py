"""Who may stream at once, and which helpers a connection may use: settings of a deployment."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any


class StreamSlots:
    """At most `limit` streams at once. A stream that shows no sign of life for `patience` seconds loses its slot."""

    def __init__(self, limit: int, patience: float = 20.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit, self._patience, self._clock = limit, patience, clock
        self._seen: dict[str, float] = {}
        self._lock = threading.Lock()

    def take(self, session: str) -> bool:
        """Take a slot, or keep one's own; False where all are taken."""
        with self._lock:
            now = self._clock()
            self._seen = {name: seen for name, seen in self._seen.items() if now - seen < self._patience}
            if session not in self._seen and len(self._seen) >= self._limit:
                return False
            self._seen[session] = now
            return True

    def release(self, session: str) -> None:
        """Give the slot back; nothing happens where there is none."""
        with self._lock:
            self._seen.pop(session, None)

    def taken(self) -> int:
        """Streams that run."""
        with self._lock:
            return sum(self._clock() - seen < self._patience for seen in self._seen.values())


def ice_servers(settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Connection helpers for WebRTC, from settings; none by default, so that nobody else is contacted.

    FER_STUN_URLS, FER_TURN_URLS: addresses, separated by commas; FER_TURN_USERNAME, FER_TURN_PASSWORD.
    """

    def urls(name: str) -> list[str]:
        value = settings.get(name) or ()
        parts = value.split(",") if isinstance(value, str) else list(value)
        return [str(part).strip() for part in parts if str(part).strip()]

    servers: list[dict[str, Any]] = []
    if stun := urls("FER_STUN_URLS"):
        servers.append({"urls": stun})
    if turn := urls("FER_TURN_URLS"):
        own = {"username": settings.get("FER_TURN_USERNAME", ""), "credential": settings.get("FER_TURN_PASSWORD", "")}
        servers.append({"urls": turn, **own})
    return servers


def stream_limit(settings: Mapping[str, Any], cores: int) -> int:
    """FER_MAX_STREAMS, a whole number of at least 1, or twice the cores where it is not set or none."""
    try:
        return max(1, int(settings.get("FER_MAX_STREAMS", 2 * cores)))
    except (TypeError, ValueError):
        return max(1, 2 * cores)
