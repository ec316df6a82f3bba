"""Films through `python -m fer_core video ... --out`: frames a second, memory, workers, and runs that are killed.

    python -m benchmarks.video [--only throughput memory workers killed] [--seconds N] [--model NAME]
    python -m benchmarks.video --only peer --peer-network FILE --seconds 10

Films of 640x480 at 30 frames a second with one face that goes to and fro, the sample's. Longer ones repeat its packets.
Processor time is that of the command with all its processes, its start taken off by a film of one frame; on a machine
that does other work too it says more than the clock.

"peer": the same film in the way of the `fer` package, frame by frame: OpenCV's reader, Haar cascade, its network by
Keras' `predict`, or compiled (`benchmarks.against_peer` tells of it, and of FILE), beside `analyze_video`, in turns in
one process; none writes anything. Times are of the second of two rounds.
"""

import argparse
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2

from benchmarks.labelling import watched
from fer_core.benchmark.frames import FRAME_RATE, moving
from fer_core.benchmark.peer import Predict, peer_pixels
from fer_core.benchmark.timing import machine
from fer_core.bundle import EmotionModel, load_model
from fer_core.video import Video, analyze_video

KILLS = 10
FILMS = 20


def make(path: Path, seconds: float) -> None:
    """A film of the sample's face going to and fro, as H.264."""
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=FRAME_RATE, options={"preset": "veryfast", "crf": "23"})
        stream.width, stream.height, stream.pix_fmt = 640, 480, "yuv420p"
        for index, (_, picture, _) in enumerate(moving(seconds)):
            frame: Any = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, FRAME_RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def repeat(source: Path, target: Path, times: int) -> None:
    """The packets of a film over and over, without encoding anything."""
    with av.open(str(target), "w") as out:
        stream: Any = None
        shift = 0
        for _ in range(times):
            with av.open(str(source)) as film:
                own: Any = film.streams.video[0]
                stream = stream or out.add_stream_from_template(own)
                for packet in film.demux(own):
                    if packet.dts is None:
                        continue
                    packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                    packet.stream = stream
                    out.mux(packet)
                shift += own.duration


def command(films: Path, out: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "fer_core", "video", str(films), "--out", str(out), *options]


def run(*given: Any) -> tuple[float, float, float]:
    """Seconds by the clock, seconds of processor time, and the memory of the largest process, MB."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    sizes = watched(command(*given), 0.25)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.monotonic() - started, processor, max(sizes, default=0.0)


def throughput(folder: Path, seconds: float, options: list[str]) -> Iterator[str]:
    short, film = folder / "short.mp4", folder / "film.mp4"
    make(short, 1 / FRAME_RATE)
    make(film, seconds)
    frames = round(seconds * FRAME_RATE)
    _, start, _ = run(short, folder / "start", *options, "--workers", "1")
    for name, further in (("every frame", []), ("--every 5", ["--every", "5"])):
        clock, processor, _ = run(film, folder / name, *options, "--workers", "1", *further)
        yield (
            f"{name:<12} {frames / clock:6.0f} frames of footage a second by the clock, its start included; "
            f"{1000 * (processor - start) / frames:.2f} ms of processor time a frame of footage"
        )


def memory(folder: Path, options: list[str]) -> Iterator[str]:
    minute, hour = folder / "minute.mp4", folder / "hour.mp4"
    make(minute, 60)
    repeat(minute, hour, 60)
    for film in (minute, hour):
        clock, processor, size = run(film, folder / film.stem, *options, "--workers", "1", "--every", "5")
        yield f"{film.stem:<8} largest process {size:.0f} MB; {clock:.0f} s, {processor:.0f} s of processor time"


def workers(folder: Path, options: list[str]) -> Iterator[str]:
    films = folder / "films"
    films.mkdir()
    make(films / "00.mp4", 10)
    for number in range(1, FILMS):
        shutil.copy(films / "00.mp4", films / f"{number:02}.mp4")
    one = None
    for count in (1, 2):
        clock, processor, _ = run(films, folder / f"workers{count}", *options, "--workers", str(count))
        one = one or clock
        speed = f"{clock:.0f} s ({one / clock:.2f} x)"
        yield f"{FILMS} films, {count} workers: {speed}, {processor:.0f} s of processor time"


def killed(folder: Path, options: list[str]) -> Iterator[str]:
    films = folder / "few"
    films.mkdir()
    for number in range(4):
        make(films / f"{number}.mp4", 2 + number)
    length, _, _ = run(films, folder / "whole", *options)
    whole, chance, same = contents(folder / "whole"), random.Random(0), 0
    for number in range(KILLS):
        out = folder / f"killed{number}"
        job = subprocess.Popen(command(films, out, *options), stdout=subprocess.DEVNULL)
        time.sleep(chance.uniform(0.1, 1.0) * length)
        job.kill()
        job.wait()
        run(films, out, *options)
        same += contents(out) == whole
    yield f"killed at random moments and run again: {same} of {KILLS} results equal an uninterrupted run's"


def peer(folder: Path, seconds: float, model: str, network: Path) -> Iterator[str]:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras
    import tensorflow as tf

    loaded, own = keras.models.load_model(network, compile=False), load_model(model)
    compiled = tf.function(lambda faces: loaded(faces, training=False), reduce_retracing=True)
    film = folder / "both.mp4"
    make(film, seconds)
    ways: dict[str, Callable[[], int]] = {
        f"analyze_video, {model}": lambda: analysed(film, own),
        "the fer package's way, predict": lambda: theirs(film, lambda faces: loaded.predict(faces, verbose=0)),
        "the fer package's way, compiled": lambda: theirs(film, compiled),
    }
    spent: dict[str, tuple[float, float]] = {}
    for title in [*ways, *ways]:
        clock, processor = time.perf_counter(), time.process_time()
        assert ways[title](), f"{title} found no face"
        spent[title] = time.perf_counter() - clock, time.process_time() - processor
    frames, first = round(seconds * FRAME_RATE), next(iter(spent.values()))
    for title, (clock, processor) in spent.items():
        yield (
            f"{title:<31} {frames / clock:6.0f} frames a second, {1000 * processor / frames:.2f} ms of processor time "
            f"a frame; {clock / first[0]:.1f} and {processor / first[1]:.1f} times the first"
        )


def theirs(film: Path, predict: Predict) -> int:
    """Faces over all frames, the package's way."""
    return sum(peer_pixels(frame, predict) for frame in opencv_frames(film))


def opencv_frames(film: Path) -> Iterator[Any]:
    """As the package reads a film: every frame, RGB."""
    capture = cv2.VideoCapture(str(film))
    while (read := capture.read())[0]:
        yield cv2.cvtColor(read[1], cv2.COLOR_BGR2RGB)
    capture.release()


def analysed(film: Path, model: EmotionModel) -> int:
    """Faces over all frames, this project's way."""
    with Video(film) as video:
        return sum(len(frame.faces) for frame in analyze_video(video, [model]))


def contents(folder: Path) -> dict[str, bytes]:
    """What a job has written, but for the times in its summary."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name not in (".lock", "summary.json"))
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    measures = ("throughput", "memory", "workers", "killed")
    parser.add_argument(
        "--only", nargs="+", choices=(*measures, "peer"), default=measures, help="default: all but peer"
    )
    parser.add_argument("--seconds", type=float, default=60, help="of the film for throughput (default: %(default)s)")
    parser.add_argument("--model", default="everyday", metavar="NAME", help="default: %(default)s")
    parser.add_argument("--peer-network", type=Path, metavar="FILE", help="the package's emotion model, HDF5, for peer")
    args = parser.parse_args()
    if "peer" in args.only and args.peer_network is None:
        parser.error("peer needs --peer-network")
    options = ["--model", args.model]
    print(machine(), flush=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        steps = {
            "throughput": lambda: throughput(folder, args.seconds, options),
            "memory": lambda: memory(folder, options),
            "workers": lambda: workers(folder, options),
            "killed": lambda: killed(folder, options),
            "peer": lambda: peer(folder, args.seconds, args.model, args.peer_network),
        }
        for step in args.only:
            for line in steps[step]():
                print(line, flush=True)


if __name__ == "__main__":
    main()
