"""Refusals as RFC 9457 says: `application/problem+json`, with the sentence that the app would show as `detail`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from starlette.responses import JSONResponse

MEDIA_TYPE: Final = "application/problem+json"
_PREFIX: Final = "urn:facial-emotions:problem:"


@dataclass(frozen=True)
class Kind:
    """A kind of problem. name: the end of its `type`. title: the same for every problem of the kind."""

    name: str
    status: int
    title: str

    @property
    def type(self) -> str:
        """Tells kinds apart, for programs."""
        return _PREFIX + self.name


MALFORMED: Final = Kind("malformed", 400, "The request cannot be read")
UNAUTHORIZED: Final = Kind("unauthorized", 401, "A token is needed")
FORBIDDEN: Final = Kind("forbidden", 403, "The request does not come from this machine")
NOT_FOUND: Final = Kind("not-found", 404, "There is nothing at this address")
METHOD: Final = Kind("method", 405, "The address does not take this method")
TOO_SLOW: Final = Kind("too-slow", 408, "The request took too long to arrive")
CONFLICT: Final = Kind("not-done", 409, "The work is not done")
TOO_LARGE: Final = Kind("too-large", 413, "The request is too large")
UNSUPPORTED: Final = Kind("unsupported", 415, "The body is of a kind that is not taken here")
PICTURE: Final = Kind("picture", 422, "The picture or video cannot be used")
FACES: Final = Kind("faces", 422, "The faces cannot be used")
PARAMETER: Final = Kind("parameter", 422, "A parameter is not understood")
BUSY: Final = Kind("busy", 429, "The queue is full")
GONE: Final = Kind("gone", 499, "The client went away")
INTERNAL: Final = Kind("internal", 500, "Something went wrong here")
UNAVAILABLE: Final = Kind("unavailable", 503, "The service cannot answer now")
KINDS: Final = (
    MALFORMED, UNAUTHORIZED, FORBIDDEN, NOT_FOUND, METHOD, TOO_SLOW, CONFLICT, TOO_LARGE, UNSUPPORTED, PICTURE, FACES,
    PARAMETER, BUSY, INTERNAL, UNAVAILABLE,
)  # fmt: skip
"""All that a client may see."""
_BY_STATUS: Final = {
    kind.status: kind for kind in (MALFORMED, NOT_FOUND, METHOD, TOO_LARGE, UNSUPPORTED, INTERNAL, UNAVAILABLE)
}


class Problem(Exception):
    """A refusal. detail: one sentence for people. headers: of the answer. more: further members of its body."""

    def __init__(
        self, kind: Kind, detail: str, headers: Mapping[str, str] | None = None, more: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(detail)
        self.kind, self.detail, self.headers, self.more = kind, detail, dict(headers or {}), dict(more or {})

    def to_dict(self) -> dict[str, Any]:
        """The body: type, title, status, detail, and what else is known."""
        kind = self.kind
        about = {"type": kind.type, "title": kind.title, "status": kind.status, "detail": self.detail}
        return about | self.more

    def response(self) -> JSONResponse:
        """The answer."""
        return JSONResponse(self.to_dict(), self.kind.status, self.headers, MEDIA_TYPE)


def problem_of_status(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Problem:
    """For what the framework refuses by itself: an unknown address, a wrong method."""
    return Problem(_BY_STATUS.get(status, MALFORMED), detail, headers)


def busy(detail: str, seconds: int) -> Problem:
    """429. seconds: when it is worth trying again."""
    return Problem(BUSY, detail, {"Retry-After": str(seconds)})
