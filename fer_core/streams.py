"""Who may stream at once, and which helpers a connection may use: settings of a deployment."""

import base64
import hmac
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

TURN_HOURS: Final = 12  # that a pass to the TURN server made from FER_TURN_SECRET is good for, at least


class StreamSlots:
    """At most `limit` streams at once. A stream that shows no sign of life for `patience` seconds loses its slot.

    A connection that is being made shows none for up to ten.
    """

    def __init__(self, limit: int, patience: float = 12.0, clock: Callable[[], float] = time.monotonic) -> None:
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

    def free(self) -> bool:
        """Whether a newcomer would get a slot."""
        return self.taken() < self._limit

    def taken(self) -> int:
        """Streams that run."""
        with self._lock:
            return sum(self._clock() - seen < self._patience for seen in self._seen.values())


def ice_servers(settings: Mapping[str, Any], now: float | None = None) -> list[dict[str, Any]]:
    """Connection helpers for WebRTC, from settings; none by default, so that nobody else is contacted.

    FER_STUN_URLS, FER_TURN_URLS: addresses, separated by commas. FER_TURN_USERNAME and FER_TURN_PASSWORD; or
    FER_TURN_SECRET, shared with the TURN server, from which passes are made that lapse after TURN_HOURS to
    TURN_HOURS + 1 (they change on the hour, so that a page drawn again keeps the same). now: seconds since 1970.
    """

    def urls(name: str) -> list[str]:
        value = settings.get(name) or ()
        parts = value.split(",") if isinstance(value, str) else list(value)
        return [str(part).strip() for part in parts if str(part).strip()]

    servers: list[dict[str, Any]] = []
    if stun := urls("FER_STUN_URLS"):
        servers.append({"urls": stun})
    if turn := urls("FER_TURN_URLS"):
        username, password = settings.get("FER_TURN_USERNAME", ""), settings.get("FER_TURN_PASSWORD", "")
        if secret := settings.get("FER_TURN_SECRET"):
            username, password = _turn_pass(str(secret), time.time() if now is None else now)
        servers.append({"urls": turn, "username": username, "credential": password})
    return servers


def _turn_pass(secret: str, now: float) -> tuple[str, str]:
    """User name and password by the "TURN REST API" (draft-uberti-behave-turn-rest-00), as coturn's use-auth-secret."""
    username = str((int(now // 3600) + 1 + TURN_HOURS) * 3600)
    return username, base64.b64encode(hmac.digest(secret.encode(), username.encode(), "sha1")).decode()


def stream_limit(settings: Mapping[str, Any], cores: int) -> int:
    """FER_MAX_STREAMS, a whole number of at least 1, or twice the cores where it is not set or none."""
    try:
        return max(1, int(settings.get("FER_MAX_STREAMS", 2 * cores)))
    except (TypeError, ValueError):
        return max(1, 2 * cores)
