"""uvicorn's HTTP/1.1, with a time limit for headers and typed answers to what is no HTTP.

uvicorn ends a connection that is idle after a request, but lets one that never sends any stay for ever.
"""

import asyncio
import json
from typing import Any, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from fer_core.limits import HEADER_SECONDS
from fer_core.serve.problems import MALFORMED, MEDIA_TYPE, Problem

_UNREADABLE: Final = "What was sent is not HTTP, or its headers are too large."


class Protocol(H11Protocol):
    """A connection. It is closed where a request's headers are not complete in HEADER_SECONDS."""

    _headers_due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_expecting()
        super().connection_lost(exc)

    def handle_events(self) -> None:
        before = self.cycle
        super().handle_events()
        if self.cycle is not before:
            self._stop_expecting()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self.transport.is_closing() and self.cycle.response_complete:
            self._expect_headers()

    def send_400_response(self, msg: str) -> None:
        """As uvicorn does, as a problem."""
        body = json.dumps(Problem(MALFORMED, _UNREADABLE).to_dict()).encode()
        headers = [(b"content-type", MEDIA_TYPE.encode()), (b"connection", b"close")]
        headers.append((b"content-length", str(len(body)).encode()))
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):  # else an answer is under way
            events: list[Any] = [
                h11.Response(status_code=400, headers=headers, reason=b"Bad Request"),
                h11.Data(data=body),
                h11.EndOfMessage(),
            ]
            self.transport.write(b"".join(self.conn.send(event) or b"" for event in events))
        self.transport.close()

    def _expect_headers(self) -> None:
        self._stop_expecting()
        self._headers_due = self.loop.call_later(HEADER_SECONDS, self.transport.close)

    def _stop_expecting(self) -> None:
        if self._headers_due is not None:
            self._headers_due.cancel()
            self._headers_due = None
