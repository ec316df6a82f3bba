"""uvicorn's HTTP/1.1, with time limits for headers and for taking answers, and typed answers to what is no HTTP.

uvicorn ends a connection that is idle after a request, but lets one stay for ever that never sends any, or never reads
its answer: a closed connection waits for what is still to be sent.
"""

import asyncio
import json
from typing import Any, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from fer_core.limits import ANSWER_BYTES, ANSWER_SECONDS, HEADER_SECONDS
from fer_core.serve.problems import MALFORMED, MEDIA_TYPE, Problem

_UNREADABLE: Final = "What was sent is not HTTP, or its headers are too large."


class Protocol(H11Protocol):
    """A connection. It ends where headers are not complete in HEADER_SECONDS, or an answer is not taken."""

    _headers_due: asyncio.TimerHandle | None = None
    _answer_due: asyncio.TimerHandle | None = None
    _taken = False  # enough for more to be written, since the last look

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_expecting()
        if self._answer_due is not None:
            self._answer_due.cancel()
        super().connection_lost(exc)

    def handle_events(self) -> None:
        before = self.cycle
        super().handle_events()
        if self.cycle is not before:
            self._stop_expecting()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._expect_taking()
        if not self.transport.is_closing() and self.cycle.response_complete:
            self._expect_headers()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._expect_taking()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._taken = True

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

    def _expect_taking(self) -> None:
        """Look again and again until nothing waits to be sent."""
        left = self.transport.get_write_buffer_size()
        if left and self._answer_due is None:
            self._taken = False
            self._answer_due = self.loop.call_later(ANSWER_SECONDS, self._require_taking, left)

    def _require_taking(self, before: int) -> None:
        self._answer_due = None
        if self._taken or self.transport.get_write_buffer_size() <= max(0, before - ANSWER_BYTES):
            self._expect_taking()
        else:
            self.transport.abort()  # close() would wait for what is left

    def _expect_headers(self) -> None:
        self._stop_expecting()
        self._headers_due = self.loop.call_later(HEADER_SECONDS, self.transport.close)

    def _stop_expecting(self) -> None:
        if self._headers_due is not None:
            self._headers_due.cancel()
            self._headers_due = None
