"""The HTTP service under load, on this machine, beside the same work without it.

    python -m benchmarks.serving                          # faces, one picture alone, capacity, p99 at 0.8 of it
    python -m benchmarks.serving --leak 100000            # memory over many requests
    python -m benchmarks.serving --kill                   # kill -9 of a process, then SIGTERM, under load

Pictures of 640x480 pixels as JPEG with one face each, the recommended model, the default detector. "small": as
`benchmarks.labelling` makes them, the face 47 to 91 pixels wide, so that a finer search follows; "near": as before a
webcam. The load comes from the same machine and takes a part of its cores. Where others use them too, waiting is longer
than the service's own; then what is measured in turns compares, and processor time.

deepface's own way of serving (Flask, one request at a time) is not beside it: its networks are not in its package, but
fetched from GitHub when the first request comes, and nothing is fetched here.
"""

import argparse
import asyncio
import itertools
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.labelling import make
from benchmarks.load import closed_loop, open_loop, post, show
from benchmarks.service import MODEL, Running, near, serving
from benchmarks.serving_endurance import kill, leak
from fer_core import analyze, load_model
from fer_core.analysis import analyze_files
from fer_core.benchmark.timing import machine
from fer_core.bundle import bundle_folder
from fer_core.client import Client
from fer_core.detection import load_detector

FACES = 256
TURNS = 15


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
