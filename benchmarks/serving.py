"""The HTTP service under load, on this machine, beside the same work without it.

    python -m benchmarks.serving                          # faces, one picture alone, capacity, p99 at 0.8 of it
    python -m benchmarks.serving --leak 100000            # memory over many requests
    python -m benchmarks.serving --kill                   # kill -9 of a process, then SIGTERM, under load

Pictures of 640x480 pixels as JPEG with one face each, the recommended model, the default detector. "small": as
`benchmarks.labelling` makes them, the face 47 to 91 pixels wide, so that a finer search follows; "near": as before a
webcam. The load comes from the same machine and takes a part of its cores. Where others use them too, waiting is longer
than the service's own; then what is measured in turns compares, and processor time.
"""

import argparse
import asyncio
import contextlib
import itertools
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.labelling import family_mb, make
from benchmarks.load import Outcome, closed_loop, open_loop, post
from fer_core import analyze, load_model
from fer_core.analysis import analyze_files
from fer_core.benchmark.timing import machine
from fer_core.bundle import bundle_folder
from fer_core.client import Client
from fer_core.detection import load_detector
from fer_core.image import decode_image, sample_image

MODEL = "everyday"
FACES = 256
TURNS = 15


class Running:
    """The service in processes of its own."""

    def __init__(self, workers: int, log: Path) -> None:
        command = [
            sys.executable,
            "-m",
            "fer_core",
            "serve",
            "--port",
            "0",
            "--workers",
            str(workers),
            "--model",
            MODEL,
        ]
        with log.open("w") as err:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=err, text=True)
        assert self.process.stdout
        self.port = int(re.findall(r":(\d+) ", self.process.stdout.readline())[0])
        self._wait()

    def _wait(self) -> None:
        for _ in range(300):
            with contextlib.suppress(OSError), Client(f"http://127.0.0.1:{self.port}", timeout=5) as client:
                client.request("GET", "/readyz")
                return
            time.sleep(0.2)
        raise SystemExit("the service does not start")

    def memory(self) -> float:
        """MB of all its processes."""
        return sum(family_mb(self.process.pid).values())

    def seconds(self) -> float:
        """Processor time of all its processes so far."""
        ticks = 0
        for number in family_mb(self.process.pid):
            with contextlib.suppress(OSError):
                ticks += sum(map(int, Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[11:13]))
        return ticks / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def serving(workers: int) -> Iterator[Running]:
    with tempfile.TemporaryDirectory() as folder:
        running = Running(workers, Path(folder) / "log.txt")
        try:
            yield running
        finally:
            running.process.terminate()
            running.process.wait(60)


def in_turns(*actions: Callable[[], Any], turns: int = TURNS) -> list[np.ndarray]:
    """Seconds of each action, in turns, after one round that is not counted."""
    spent: list[list[float]] = [[] for _ in actions]
    for turn in range(turns + 1):
        for action, own in zip(actions, spent, strict=True):
            began = time.perf_counter()
            action()
            if turn:
                own.append(time.perf_counter() - began)
    return [np.array(own) for own in spent]


def near() -> list[bytes]:
    """The sample's head before a grey wall, a third of the picture wide, at some places."""
    head = cv2.resize(decode_image(sample_image())[20:220, 124:324, ::-1], (420, 420), interpolation=cv2.INTER_CUBIC)
    pictures = []
    for left in range(0, 220, 20):
        picture = np.full((480, 640, 3), 140, np.uint8)
        picture[60:, left : left + 420] = head
        pictures.append(cv2.imencode(".jpg", picture)[1].tobytes())
    return pictures


def faces(running: Running) -> None:
    """/v1/faces beside predict_proba of the same model in this process, on one thread each."""
    crops = np.random.default_rng(0).integers(0, 256, (FACES, 48, 48), dtype=np.uint8)
    model, body = load_model(MODEL, threads=1), crops.tobytes()
    used, own = running.seconds(), time.process_time()
    with Client(f"http://127.0.0.1:{running.port}") as client:
        served, local = in_turns(lambda: client.faces(body), lambda: model.predict_proba(crops))
    cost = running.seconds() - used
    per_face = 1000 / FACES / (TURNS + 1)
    print(f"/v1/faces, {FACES} at once: {FACES / np.median(served):.0f} faces a second")
    print(f"predict_proba in process: {FACES / np.median(local):.0f}; share {np.median(local / served):.2f}")
    print(f"processor time a face: service {cost * per_face:.2f} ms, "
          f"this process, with predict_proba, {(time.process_time() - own) * per_face:.2f} ms")  # fmt: skip


def alone(running: Running, kind: str, pictures: list[bytes]) -> None:
    """/v1/analyze, one request at a time, beside `analyze` in this process."""
    model, detector = load_model(MODEL, threads=1), load_detector("auto", threads=1)
    given, count = itertools.cycle([picture for picture in pictures for _ in range(2)]), 200
    local_cpu = 0.0

    def local() -> None:
        nonlocal local_cpu
        began = time.process_time()
        analyze(next(given), [model], detector=detector)
        local_cpu += time.process_time() - began

    used = running.seconds()
    with Client(f"http://127.0.0.1:{running.port}") as client:
        in_process, over_http = in_turns(local, lambda: client.analyze(next(given)), turns=count)
    for name, values, cpu in (
        (f"/v1/analyze alone, {kind}", over_http, running.seconds() - used),
        (f"analyze in process, {kind}", in_process, local_cpu),
    ):
        low, middle, high = np.percentile(values, [5, 50, 95]) * 1000
        print(f"{name}: p50 {middle:.1f} ms (p5 {low:.1f}, p95 {high:.1f}), processor {cpu / count * 1000:.1f} ms")


class Local:
    """What `label` does on its workers, without writing; it goes on from one measure to the next."""

    def __init__(self, folder: Path, workers: int) -> None:
        paths = itertools.cycle(sorted(folder.rglob("*.jpg")))
        models = {bundle_folder(MODEL): load_model(MODEL)}
        self._results = analyze_files(paths, models, workers=workers)
        self._ahead = workers * 10  # more than its processes have done before anybody asks

    def rate(self, seconds: float) -> float:
        """Pictures a second."""
        for _ in range(self._ahead):
            next(self._results)
        count, began = 0, time.perf_counter()
        while time.perf_counter() - began < seconds:
            next(self._results)
            count += 1
        return count / (time.perf_counter() - began)


def show(name: str, outcome: Outcome) -> None:
    other = f", other answers {outcome.other}" if outcome.other else ""
    p50, p99 = outcome.percentile(50), outcome.percentile(99)
    print(f"{name}: {outcome.rate:.1f} a second, p50 {p50:.0f} ms, p99 {p99:.0f} ms, "
          f"{len(outcome.seconds)} answered, {outcome.lost} lost{other}", flush=True)  # fmt: skip


def capacity(running: Running, requests: list[bytes], folder: Path, workers: int, seconds: float) -> None:
    """Rate at capacity, in turns with `label`'s; then p99 at 0.8 of it."""
    local, used, answered, rates = Local(folder, workers), 0.0, 0, []
    asyncio.run(closed_loop(running.port, requests, 8, 2))
    for _ in range(5):
        before = running.seconds()
        full = asyncio.run(closed_loop(running.port, requests, 8, seconds / 5))
        used, answered = used + running.seconds() - before, answered + len(full.seconds)
        rates.append((full.rate, local.rate(seconds / 5)))
    served, without = (float(np.median(column)) for column in zip(*rates, strict=True))
    share = np.median([a / b for a, b in rates])
    print(f"/v1/analyze, 8 connections: {served:.1f} a second, processor {used / max(1, answered) * 1000:.1f} ms each")
    print(f"the same pictures without it, {workers} processes: {without:.1f} a second; share {share:.2f}")
    show("at 0.8 of capacity, by chance", asyncio.run(open_loop(running.port, requests, 0.8 * served, seconds)))


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seconds", type=float, default=20, help="of each load (default: %(default)s)")
    parser.add_argument("--leak", type=int, metavar="N")
    parser.add_argument("--kill", action="store_true")
    parser.add_argument("--capacity", action="store_true", help="that alone")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    print(f"{machine()}; load average at the start: {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder, serving(args.workers) as running:
        make(Path(folder), 100, 640)
        pictures = [path.read_bytes() for path in sorted(Path(folder).rglob("*.jpg"))]
        requests = [post("/v1/analyze", picture) for picture in pictures]
        if args.leak:
            leak(running, args.leak)
        elif args.kill:
            asyncio.run(kill(running, requests))
        else:
            if not args.capacity:
                faces(running)
                alone(running, "near", near())
                alone(running, "small", pictures)
            capacity(running, requests, Path(folder), args.workers, args.seconds)


if __name__ == "__main__":
    main()
