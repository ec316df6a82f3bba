"""The HTTP service over many requests, and when a process of it is killed: `python -m benchmarks.serving --leak N` and
`--kill`."""

import asyncio
import os
import signal
from pathlib import Path

import numpy as np

from benchmarks.load import closed_loop, post, show
from benchmarks.service import Running, near


def leak(running: Running, count: int) -> None:
    """Resident memory over `count` requests, of one face each, and every tenth a picture; the first tenth warms up."""
    face = post("/v1/faces", np.random.default_rng(0).integers(0, 256, 2304, dtype=np.uint8).tobytes())
    requests = [request for picture in near() for request in (*[face] * 9, post("/v1/analyze", picture))]
    asyncio.run(closed_loop(running.port, requests, 4, most=count // 10))
    before = running.memory()
    for part in range(1, 5):
        outcome = asyncio.run(closed_loop(running.port, requests, 4, most=count * 9 // 40))
        grown = running.memory() - before
        print(f"after {count // 10 + part * count * 9 // 40} requests: {grown:+.1f} MB over {before:.0f} MB "
              f"({outcome.rate:.0f} a second, {outcome.lost} lost)", flush=True)  # fmt: skip


def _processes(running: Running) -> list[int]:
    """Those that answer."""
    children = Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children").read_text().split()
    return [int(c) for c in children if b"spawn_main" in Path(f"/proc/{c}/cmdline").read_bytes()]


async def kill(running: Running, requests: list[bytes]) -> None:
    """kill -9 of one process under load; a second later SIGTERM to the service."""
    load = asyncio.create_task(closed_loop(running.port, requests, 8, 12))
    await asyncio.sleep(4)
    served = _processes(running)
    os.kill(served[0], signal.SIGKILL)
    outcome = await load
    print(f"was {served}, is now {_processes(running)}")
    show("kill -9 of one process under 8 connections", outcome)
    load = asyncio.create_task(closed_loop(running.port, requests, 8, most=64))
    await asyncio.sleep(0.05)
    running.process.send_signal(signal.SIGTERM)
    outcome = await load
    code = running.process.wait(60)
    print(
        f"SIGTERM: {len(outcome.seconds)} answered, {outcome.lost} lost, {outcome.refused} not taken, exit code {code}"
    )
