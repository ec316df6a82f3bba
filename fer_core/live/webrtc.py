"""How many streams may run at once, and which STUN and TURN servers they use: settings of a deployment."""

import base64
import hmac
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

_CAMERA_RATE: Final = 30
_SLOWEST_CAMERA: Final = 10
TURN_HOURS: Final = 12
"""Hours for which TURN credentials made from FER_TURN_SECRET are valid, at least."""


class StreamLimiter:
    """Allows at most `limit` streams at once. Thread-safe.

    A session that has not called `acquire` for `patience` seconds loses its place: a closed tab never says goodbye, and
    a connection that is being set up shows no sign of life for up to ten seconds. clock: seconds, increasing.
    """

    def __init__(self, limit: int, patience: float = 12.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit, self._patience, self._clock = limit, patience, clock
        self._last_seen: dict[str, float] = {}
        self._lock = threading.Lock()

    def acquire(self, session: str) -> bool:
        """Take a place for `session`, or renew the one it has; False where all are taken."""
        with self._lock:
            now = self._clock()
            self._last_seen = {name: seen for name, seen in self._last_seen.items() if now - seen < self._patience}
            if session not in self._last_seen and len(self._last_seen) >= self._limit:
                return False
            self._last_seen[session] = now
            return True

    def release(self, session: str) -> None:
        """Give the place of `session` back; nothing happens where it has none."""
        with self._lock:
            self._last_seen.pop(session, None)

    def has_capacity(self) -> bool:
        """Whether a new session would get a place."""
        return self.active() < self._limit

    def active(self) -> int:
        """Number of streams that run."""
        with self._lock:
            now = self._clock()
            return sum(now - seen < self._patience for seen in self._last_seen.values())


def ice_servers(settings: Mapping[str, Any], now: float | None = None) -> list[dict[str, Any]]:
    """The ICE servers of a WebRTC connection, as RTCConfiguration takes them; none by default.

    Nobody else is contacted unless the deployment says so. settings: FER_STUN_URLS and FER_TURN_URLS, addresses
    separated by commas; FER_TURN_USERNAME and FER_TURN_PASSWORD, or FER_TURN_SECRET, shared with the TURN server, from
    which credentials are made that expire after TURN_HOURS to TURN_HOURS + 1 hours (they change on the hour, so that a
    page that reruns keeps the same ones). now: seconds since 1970.
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
            username, password = _turn_credentials(str(secret), time.time() if now is None else now)
        servers.append({"urls": turn, "username": username, "credential": password})
    return servers


def _turn_credentials(secret: str, now: float) -> tuple[str, str]:
    """User name and password by the TURN REST API (draft-uberti-behave-turn-rest-00; coturn's use-auth-secret)."""
    username = str((int(now // 3600) + 1 + TURN_HOURS) * 3600)
    return username, base64.b64encode(hmac.digest(secret.encode(), username.encode(), "sha1")).decode()


def stream_limit(settings: Mapping[str, Any], cores: int) -> int:
    """Streams allowed at once: FER_MAX_STREAMS, at least 1, or twice the cores where it is no whole number."""
    try:
        return max(1, int(settings.get("FER_MAX_STREAMS", 2 * cores)))
    except (TypeError, ValueError):
        return max(1, 2 * cores)


def crowding(limit: int, cores: int) -> float:
    """1, or how many times more streams are allowed than twice the cores.

    By so much cameras are asked for fewer frames and the Live page shows its figures less often: more frames could not
    be shown, and each costs its decoding, as each change of a page costs a run of it. Ten streams on two cores would
    take a core for either.
    """
    return max(1.0, limit / (2 * cores))


def camera_rate(limit: int, cores: int) -> int:
    """Frames a second to ask of cameras: 30 without crowding."""
    return max(_SLOWEST_CAMERA, round(_CAMERA_RATE / crowding(limit, cores)))
