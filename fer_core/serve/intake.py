"""Bodies of requests: read within limits of size and time, never to disk; multipart or as they are."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from fer_core.limits import (
    BODY_SECONDS,
    MAX_FILES,
    MAX_HELD_BYTES,
    MAX_REQUEST_BYTES,
)
from fer_core.serve.problems import GONE, MALFORMED, TOO_LARGE, TOO_SLOW, UNSUPPORTED, Problem, busy


@dataclass
class Picture:
    """A file of a request. name: as the client calls it, "" for bare bytes."""

    name: str
    data: bytes


class Held:
    """Counts the bytes of bodies in this process, over all requests."""

    def __init__(self) -> None:
        self.bytes = 0

    @asynccontextmanager
    async def share(self) -> AsyncIterator["Share"]:
        """A request's share, which ends with the block."""
        own = Share(self)
        try:
            yield own
        finally:
            self.bytes -= own.bytes


class Share:
    """What one request holds."""

    def __init__(self, held: Held) -> None:
        self._held, self.bytes = held, 0

    def add(self, count: int) -> None:
        """Raises Problem where the request, or all together, would hold too much."""
        if self.bytes + count > MAX_REQUEST_BYTES:
            raise Problem(TOO_LARGE, f"The limit is {MAX_REQUEST_BYTES // 2**20} MB per request.")
        if self._held.bytes + count > MAX_HELD_BYTES:
            raise busy("Too much is being uploaded at the moment; please try again.", 2)
        self.bytes += count
        self._held.bytes += count


@asynccontextmanager
async def deadline(seconds: float) -> AsyncIterator[None]:
    """Turns what reading a body may end in into problems: too slow, and a client that went away."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        late = f"The body was not complete within {seconds:g} seconds."
        raise Problem(TOO_SLOW, late, {"Connection": "close"}) from None
    except ClientDisconnect:
        raise Problem(GONE, "The client went away.") from None


def declared_length(request: Request) -> int:
    """Bytes of the body as its header says, 0 where it does not."""
    text = request.headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() else 0


async def read_body(request: Request, share: Share) -> bytes:
    """The whole body. Raises Problem."""
    if declared_length(request) > MAX_REQUEST_BYTES:
        share.add(declared_length(request))  # says so before it is sent
    body = bytearray()
    async with deadline(BODY_SECONDS):
        async for chunk in _counted(request, share):
            body += chunk
    return bytes(body)


async def _counted(request: Request, share: Share) -> AsyncGenerator[bytes, None]:
    async for chunk in request.stream():
        share.add(len(chunk))
        yield chunk


class _InMemory(MultiPartParser):
    spool_max_size = MAX_REQUEST_BYTES + 1  # pictures are not written to disk


async def read_pictures(request: Request, share: Share) -> list[Picture]:
    """The pictures of a request: the files of a multipart body, or the body itself. Raises Problem."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not kind.startswith("multipart/"):
        return [Picture("", await read_body(request, share))]
    if kind != "multipart/form-data":
        raise Problem(UNSUPPORTED, f"Of multipart bodies, multipart/form-data is taken. Received: {kind[:60]}.")
    if declared_length(request) > MAX_REQUEST_BYTES:
        share.add(declared_length(request))
    # one more than is taken, so that it can be told from what cannot be read; fields are none of ours
    parser = _InMemory(request.headers, _counted(request, share), max_files=MAX_FILES + 1, max_fields=MAX_FILES)
    async with deadline(BODY_SECONDS):
        try:
            form = await parser.parse()
        except MultiPartException as error:
            if error.message.startswith("Too many files"):
                raise _too_many() from None
            raise Problem(MALFORMED, f"The multipart body cannot be read: {error.message}") from None
    files = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
    if len(files) > MAX_FILES:
        raise _too_many()
    if not files:
        raise Problem(MALFORMED, "Expected at least one file in the multipart body. Received: none.")
    pictures = [Picture(file.filename or "", await file.read()) for file in files]
    await form.close()
    return pictures


def _too_many() -> Problem:
    return Problem(TOO_LARGE, f"At most {MAX_FILES} pictures are read at once.")
