"""Rates and memory of `label`: one worker, two, and Ray, over the same made pictures.

    python -m benchmarks.labelling                       # 600 pictures, engine local
    python -m benchmarks.labelling --pictures 20000 --width 320 --workers 2 --ray

Pictures of 640x480 pixels, or of another width, with the sample's face at a random place and size, each of its own
content; both flagships.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from fer_core.image import decode_image, sample_image


def make(folder: Path, count: int, width: int) -> None:
    """`count` JPEG files, `width` pixels wide and three quarters as high, the same in every run."""
    height = width * 3 // 4
    rng = np.random.default_rng(0)
    sample = decode_image(sample_image())[..., ::-1]
    for number in range(count):
        side = int(rng.integers(height * 5 // 12, height - 10))
        picture = np.full((height, width, 3), rng.integers(60, 200), np.uint8)
        left, top = int(rng.integers(0, width - side)), int(rng.integers(0, height - side))
        picture[top : top + side, left : left + side] = cv2.resize(sample, (side, side), interpolation=cv2.INTER_AREA)
        inside = picture[top : top + side, left : left + side]
        cv2.add(inside, rng.integers(0, 12, inside.shape).astype(np.uint8), dst=inside)
        place = folder / f"{number // 1000:03}"
        place.mkdir(exist_ok=True)
        cv2.imwrite(str(place / f"{number:06}.jpg"), picture)


def family_mb(root: int) -> dict[int, float]:
    """Resident memory, MB, of a process and all that came from it; Linux. Shared memory, Ray's store, is left out."""
    parents, sizes = {}, {}
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            fields = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
        except OSError:
            continue
        number = int(status.parent.name)
        parents[number] = int(fields["PPid"])
        resident, shared = (int(fields.get(name, "0 kB").split()[0]) for name in ("VmRSS", "RssShmem"))
        sizes[number] = (resident - shared) / 1024
    family, fresh = {root}, True
    while fresh:
        fresh = {number for number, parent in parents.items() if parent in family} - family
        family |= fresh
    return {number: sizes.get(number, 0.0) for number in family}


def watched(command: Sequence[str], seconds: float, **options: Any) -> list[float]:
    """Run a command to its end -> the largest of its processes in MB, looked at every so many seconds.

    options: of subprocess.Popen.
    """
    job = subprocess.Popen(command, stdout=subprocess.DEVNULL, **options)
    sizes: list[float] = []
    done = threading.Event()

    def watch() -> None:
        while not done.wait(seconds):
            sizes.append(max(family_mb(job.pid).values()))

    watcher = threading.Thread(target=watch)
    watcher.start()
    code = job.wait()
    done.set()
    watcher.join()
    assert code == 0, f"{' '.join(command)} ended with {code}"
    return sizes


def label(pictures: Path, out: Path, *options: str) -> tuple[float, float, float]:
    """Pictures a second, and the largest process of the job (`family_mb`): in its first quarter, and after that."""
    models = ("--model", "cnn", "--model", "mobilenet")
    command = [sys.executable, "-m", "fer_core", "label", str(pictures), "--out", str(out), *models, *options]
    sizes = watched(command, 0.5, stderr=subprocess.DEVNULL)
    last = json.loads(next(out.glob("*/summary.json")).read_text())["last_run"]
    early = max(sizes[: max(1, len(sizes) // 4)])
    return last["pictures_a_second"], early, max(sizes[len(sizes) // 4 :])


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--pictures", type=int, default=600, metavar="N", help="default: %(default)s")
    options.add_argument("--width", type=int, default=640, metavar="W", help="pixels (default: %(default)s)")
    options.add_argument(
        "--workers",
        type=int,
        nargs="+",
        default=[1, 2],
        metavar="N",
        help="a run each (default: 1 2); Ray gets the most",
    )
    options.add_argument("--ray", action="store_true", help="also with --engine ray (needs requirements-ray.txt)")
    args = options.parse_args()
    runs = {f"local, workers {count}": ["--workers", str(count)] for count in args.workers}
    if args.ray:
        most = max(args.workers)
        runs[f"ray, workers {most}"] = ["--workers", str(most), "--engine", "ray"]
    with tempfile.TemporaryDirectory() as folder:
        started = time.monotonic()
        pictures = Path(folder) / "pictures"
        pictures.mkdir()
        make(pictures, args.pictures, args.width)
        print(f"{args.pictures} pictures made in {time.monotonic() - started:.0f} s", flush=True)
        first = None
        for name, given in runs.items():
            rate, early, late = label(pictures, Path(folder) / name.replace(" ", ""), *given)
            first = first or rate
            print(
                f"{name:<18} {rate:7.1f} pictures a second ({rate / first:.2f} x)   "
                f"largest process {early:.0f} MB in the first quarter, {late:.0f} MB later",
                flush=True,
            )


if __name__ == "__main__":
    main()
