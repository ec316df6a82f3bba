"""A load generator for HTTP on this machine, cheap enough to share its cores: prepared bytes over open connections."""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np


@dataclass
class Outcome:
    """seconds: of each answer with status 200, from when it was due. other: status -> count.

    lost: connections that broke with a request on them. refused: that were not taken at all.
    """

    seconds: list[float] = field(default_factory=list)
    lost: int = 0
    refused: int = 0
    other: dict[int, int] = field(default_factory=dict)
    wall: float = 0.0

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.seconds) / max(self.wall, 1e-9)

    def percentile(self, share: float) -> float:
        """Milliseconds."""
        return float(np.percentile(self.seconds, share)) * 1000 if self.seconds else float("nan")


def post(path: str, body: bytes, token: str = "") -> bytes:
    """The bytes of a request."""
    asked = f"Authorization: Bearer {token}\r\n" if token else ""
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{asked}Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


class Connection:
    """One that is kept open, and opened anew where it broke."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: bytes) -> int:
        """The status. Raises OSError, or EOFError where the connection ended before the answer did."""
        if self._streams is not None and self._streams[0].at_eof():  # it was idle for longer than the service waits
            self.close()
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        try:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            await reader.readexactly(int(length.split(b":")[1]))
        except (OSError, EOFError):
            self.close()
            raise
        return int(head[9:12])

    def close(self) -> None:
        """Close it; the next request opens another."""
        if self._streams is not None:
            self._streams[1].close()
        self._streams = None


async def _answered(connection: Connection, request: bytes, due: float, outcome: Outcome) -> None:
    try:
        status = await connection.ask(request)
    except ConnectionRefusedError:
        outcome.refused += 1
        return
    except (OSError, EOFError):
        outcome.lost += 1
        return
    if status == 200:
        outcome.seconds.append(time.perf_counter() - due)
    else:
        outcome.other[status] = outcome.other.get(status, 0) + 1


async def closed_loop(
    port: int, requests: Sequence[bytes], connections: int, seconds: float = float("inf"), most: int = 10**9
) -> Outcome:
    """Each connection asks again as soon as it is answered, for `seconds` or until `most` requests were sent."""
    outcome, sent = Outcome(), 0
    began = time.perf_counter()

    async def visitor(number: int) -> None:
        nonlocal sent
        connection = Connection(port)
        while time.perf_counter() - began < seconds and sent < most:
            sent += 1
            await _answered(connection, requests[sent % len(requests)], time.perf_counter(), outcome)
        connection.close()

    await asyncio.gather(*(visitor(number) for number in range(connections)))
    outcome.wall = time.perf_counter() - began
    return outcome


async def open_loop(port: int, requests: Sequence[bytes], rate: float, seconds: float) -> Outcome:
    """Requests come by chance, `rate` a second on average, whether or not earlier ones are answered.

    Times count from when a request was due, so that a service that stalls does not hide it (coordinated omission).
    """
    outcome, free = Outcome(), list[Connection]()
    tasks = set[asyncio.Task[None]]()
    chance = random.Random(0)
    began = due = time.perf_counter()

    async def one(request: bytes, at: float) -> None:
        connection = free.pop() if free else Connection(port)
        await _answered(connection, request, at, outcome)
        free.append(connection)

    while due - began < seconds:
        due += chance.expovariate(rate)
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        tasks.add(task := asyncio.create_task(one(requests[chance.randrange(len(requests))], due)))
        task.add_done_callback(tasks.discard)
    while tasks:
        await asyncio.gather(*tasks)
    outcome.wall = time.perf_counter() - began
    for connection in free:
        connection.close()
    return outcome


def show(name: str, outcome: Outcome) -> None:
    other = f", other answers {outcome.other}" if outcome.other else ""
    p50, p99 = outcome.percentile(50), outcome.percentile(99)
    print(f"{name}: {outcome.rate:.1f} a second, p50 {p50:.0f} ms, p99 {p99:.0f} ms, "
          f"{len(outcome.seconds)} answered, {outcome.lost} lost{other}", flush=True)  # fmt: skip
