"""The app under load: visitors who open pages, upload pictures and compare, and webcam streams beside them.

    python -m benchmarks.visitors --visitors 30 --streams 10 --minutes 5      # ten of the thirty stream
    python -m benchmarks.visitors --visitors 4 --streams 2 --minutes 0.5 --after 0

It starts the app as `facial-emotions app` does, on this machine alone, and is itself every visitor: tabs that speak the
pages' own protocol (`benchmarks.tabs`) and WebRTC peers with a film for a camera (`benchmarks.cameras`). So browsers'
drawing is not in it, and what these visitors cost is taken from the same cores; the last row says how much.

Those who stream open Live, press START and stay. The others go round: Classify, an upload of their own, Compare, with
some seconds on each page. A page's time is from the click until it is complete. Frames count once each, as new ones:
a picture that is shown again is none. At the end all leave; the memory is what the app holds then, and --after minutes
later, without anybody having come back.
"""

import argparse
import asyncio
import os
import random
import time
import traceback
from collections import defaultdict
from typing import Any

import cv2
import numpy as np

from benchmarks.cameras import Stream, film
from benchmarks.running_app import App, running
from benchmarks.tabs import Tab
from fer_core.benchmark.timing import machine
from fer_core.image import decode_image, sample_image

ARRIVAL_SECONDS = 0.5
"""Between two visitors' arrivals."""


class Crowd:
    """All visitors. pages: what was done -> seconds of each time. errors: all that any of them saw or met."""

    def __init__(self, url: str, pause: float, seed: int = 0) -> None:
        self.pages, self.errors = defaultdict[str, list[float]](list), list[str]()
        self.tabs, self.streams = list[Tab](), list[Stream]()
        self._url, self._pause, self._chance = url, pause, random.Random(seed)
        self._picture = decode_image(sample_image())[..., ::-1]

    async def stream(self, packets: list[bytes]) -> None:
        """A visitor who streams: until START has worked."""
        try:
            tab = await self._open()
            await self._timed("open Live", tab.visit("live"))
            stream = Stream(tab, packets)
            self.streams.append(stream)
            await self._timed("START to the first frame", stream.start())
        except Exception as error:
            self._met(error)

    async def look_around(self) -> None:
        """A visitor of pages, until cancelled."""
        try:
            tab = await self._open()
            while True:
                await self._read()
                await self._timed("upload and classify", tab.give("me.jpg", self._portrait()))
                await self._read()
                await self._timed("open Compare", tab.visit("compare"))
                await self._read()
                await self._timed("open Classify", tab.visit(""))
        except Exception as error:
            self._met(error)

    async def leave(self) -> None:
        """Everybody closes their tab."""
        for stream in self.streams:
            await stream.leave()
        for tab in self.tabs:
            self.errors += tab.errors
            await tab.close()

    async def _open(self) -> Tab:
        tab = await self._timed("first page", Tab.open(self._url))
        self.tabs.append(tab)
        return tab

    async def _timed(self, what: str, work: Any) -> Any:
        began = time.perf_counter()
        result = await work
        self.pages[what].append(time.perf_counter() - began)
        return result

    async def _read(self) -> None:
        await asyncio.sleep(self._chance.uniform(0.5, 1.5) * self._pause)

    def _portrait(self) -> bytes:
        """A picture of 1280x960 that nobody has given before, so that it is in no cache."""
        size = self._chance.randint(500, 900)
        picture = np.full((960, 1280, 3), self._chance.randint(60, 200), np.uint8)
        left, top = self._chance.randint(0, 1280 - size), self._chance.randint(0, 960 - size)
        picture[top : top + size, left : left + size] = cv2.resize(self._picture, (size, size))
        return cv2.imencode(".jpg", picture)[1].tobytes()

    def _met(self, error: Exception) -> None:
        self.errors.append("".join(traceback.format_exception_only(error)).strip())


async def visit(app: App, visitors: int, streams: int, seconds: float, pause: float, packets: list[bytes]) -> Crowd:
    """The whole visit; the time counts from when the last one has come. Everybody has left at its end."""
    crowd = Crowd(app.url, pause)
    watching = asyncio.create_task(app.watch())
    comings = [crowd.stream(packets) for _ in range(streams)]
    comings += [crowd.look_around() for _ in range(visitors - streams)]
    random.Random(0).shuffle(comings)
    tasks = []
    for coming in comings:
        tasks.append(asyncio.create_task(coming))
        await asyncio.sleep(ARRIVAL_SECONDS)
    while len(crowd.pages["START to the first frame"]) + len(crowd.errors) < streams:
        await asyncio.sleep(0.1)
    began, before, own = time.perf_counter(), app.seconds, time.process_time()
    await asyncio.sleep(seconds)
    ended = time.perf_counter()
    cores = [(app.seconds - before) / seconds, (time.process_time() - own) / seconds]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    show_streams(crowd.streams, began, ended)
    show_pages(crowd)
    await crowd.leave()
    watching.cancel()
    print(f"processor: the app {cores[0]:.2f} cores, all visitors together {cores[1]:.2f}")
    return crowd


def show_streams(streams: list[Stream], began: float, ended: float) -> None:
    """Frames a second, freezes and age, over all streams."""
    if not streams:
        return
    rates = [stream.watched.rate(began, ended) for stream in streams]
    freezes = [stream.watched.freeze(began, ended) for stream in streams]
    ages = [np.percentile(stream.watched.late or [np.nan], 50) for stream in streams]
    print(f"{len(streams)} streams, {ended - began:.0f} s           min   median      max")
    broken = [100 * own.broken / max(1, own.pictures) for own in (stream.watched for stream in streams)]
    rows = {"new frames a second": rates, "longest freeze, s": freezes, "age of a frame, s": ages, "broken, %": broken}
    for what, values in rows.items():
        low, middle, high = np.percentile(values, [0, 50, 100])
        print(f"  {what:<22} {low:8.2f} {middle:8.2f} {high:8.2f}")


def show_pages(crowd: Crowd) -> None:
    """p50 and p95 of everything that visitors waited for."""
    print("pages                       times  p50, s   p95, s")
    rows = {
        **crowd.pages,
        "all but START": [s for what, own in crowd.pages.items() if "START" not in what for s in own],
    }
    for what, seconds in rows.items():
        p50, p95 = np.percentile(seconds, [50, 95]) if seconds else (np.nan, np.nan)
        print(f"  {what:<26} {len(seconds):4} {p50:7.2f} {p95:8.2f}", flush=True)


async def one_visit(url: str) -> None:
    """What the first visitor of a server loads stays for the others."""
    tab = await Tab.open(url)
    for page in ("compare", "live", ""):
        await tab.visit(page)
    await tab.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visitors", type=int, default=30, metavar="N", help="default: %(default)s")
    parser.add_argument("--streams", type=int, default=10, metavar="K", help="of them (default: %(default)s)")
    parser.add_argument("--minutes", type=float, default=5, metavar="M", help="with all there (default: %(default)s)")
    parser.add_argument("--after", type=float, default=10, metavar="M", help="minutes of rest (default: %(default)s)")
    parser.add_argument("--pause", type=float, default=8, help="mean seconds on a page (default: %(default)s)")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    print(f"{machine()}; load average at the start: {os.getloadavg()[0]:.1f}", flush=True)
    packets = film() if args.streams else []
    with running(args.streams) as app:
        fresh = app.memory
        asyncio.run(one_visit(app.url))
        start = app.memory
        crowd = asyncio.run(visit(app, args.visitors, args.streams, args.minutes * 60, args.pause, packets))
        left = app.memory
        print(f"memory, MB: {fresh:.0f} fresh, {start:.0f} after a first visit, {app.peak:.0f} at the peak, "
              f"{left:.0f} ({left - start:+.0f}) when all have left", flush=True)  # fmt: skip
        if args.after:
            time.sleep(args.after * 60)
            print(f"  {args.after:g} minutes later {app.memory:.0f} ({app.memory - start:+.0f})")
        errors = crowd.errors + app.errors
        print(f"errors: {'; '.join(sorted(set(errors))) or 'none'}")
        print(f"load average at the end: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
