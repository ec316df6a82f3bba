"""Fuzzing of what reads strangers' bytes: `python -m tests.support.fuzz [TARGET]... [--seconds N] [--keep DIR]`.

Atheris mutates, guided by the Python lines that are reached, where it can be imported (Linux x86-64); elsewhere random
mutations of the same seeds run. Each target gets a process of its own. Anything but a FerError is a finding: its bytes
stay in DIR (default: a temporary folder that is named), and the exit code is 1. A finding becomes a row of a test.
"""

import argparse
import contextlib
import importlib.util
import json
import random
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
GUIDED = importlib.util.find_spec("atheris") is not None
MOST_BYTES = 20_000
SEPARATOR = b"\0card ends\0"  # between a bundle's card and its network


def decode(folder: Path) -> tuple[list[bytes], Callable[[bytes], Any]]:
    """read_image, of bytes."""
    from fer_core.image.decode import read_image
    from tests.support.samples import bmp_header, encode, jpeg_header, orientation, png, portrait, webp_header

    picture = portrait(32, 24)
    seeds = [encode(picture, kind) for kind in ("JPEG", "PNG", "WEBP", "BMP")]
    seeds += [encode(picture, "JPEG", progressive=True), encode(picture, "WEBP", lossless=True)]
    seeds += [encode(picture, "PNG", exif=orientation(6)), encode(picture, "WEBP", save_all=True, append_images=[])]
    seeds += [jpeg_header(9, 9), webp_header(9, 9), bmp_header(9, 9), png(2, 2, bits=16, colour=6, pixels=bytes(34))]

    def run(data: bytes) -> None:
        read_image(data, "x")

    return seeds, run


def model(folder: Path) -> tuple[list[bytes], Callable[[bytes], Any]]:
    """read_bundles and load_model, of a folder whose card and network are mutated (and so no longer agree)."""
    from fer_core.bundle.card import CARD_NAME, MODEL_NAME
    from fer_core.bundle.registry import load_model, read_bundles
    from tests.support.synthetic_bundles import make_bundle, synthetic_robustness

    bundle = make_bundle(folder, "x", robustness=synthetic_robustness())
    card = (bundle / CARD_NAME).read_bytes()
    small = json.loads(card) | {"evaluation": {"test": {"accuracy": 0.5}}, "history": [], "robustness": {}}
    seeds = [c + SEPARATOR + b"TFL3" + bytes(40) for c in (card, json.dumps(small).encode())]

    def run(data: bytes) -> None:
        head, _, network = data.partition(SEPARATOR)
        (bundle / CARD_NAME).write_bytes(head)
        (bundle / MODEL_NAME).write_bytes(network)
        read_bundles(folder)
        load_model("x", folder)

    return seeds, run


def dataset(folder: Path) -> tuple[list[bytes], Callable[[bytes], Any]]:
    """read_dataset of a CSV, of a compressed one, of a folder's picture, and of FER+ votes; the first byte chooses."""
    import gzip

    from fer_core.datasets.readers import read_dataset
    from fer_core.datasets.splits import split_dataset
    from tests.support import tiny

    sound = tiny.write_csv(folder / "sound.csv", {"Training": tiny.faces(1)})
    text = sound.read_bytes()
    short = b"emotion,pixels,Usage\n0," + b"7 " * 2304 + b",Training\n"
    votes = tiny.write_votes(folder / "votes.csv", [("Training", (9, 1, 0, 0, 0, 0, 0, 0, 0, 0))] * 7).read_bytes()
    places = [folder / name for name in ("fer2013.csv", "x.csv.gz", "happy/1.png", "votes.csv")]
    places[2].parent.mkdir()
    seeds = [b"\0" + short, b"\0" + text[:MOST_BYTES], b"\1" + gzip.compress(short), b"\3" + votes]
    seeds.append(b"\2" + decode(folder)[0][1])

    def run(data: bytes) -> None:
        kind, content = data[:1], data[1:]
        place = places[kind[0] % len(places)] if kind else places[0]
        place.write_bytes(content)
        if place == places[3]:
            read_dataset(sound, place)
        else:
            table = read_dataset(place if place != places[2] else place.parents[1] / "happy/..")
            split_dataset(table)

    return seeds, run


TARGETS: dict[str, Callable[[Path], tuple[list[bytes], Callable[[bytes], Any]]]] = {
    "decode": decode,
    "model": model,
    "dataset": dataset,
}


def tested(run: Callable[[bytes], Any]) -> Callable[[bytes], None]:
    """`run`, with the errors that it may raise taken as answers."""
    from fer_core.errors import FerError

    def one(data: bytes) -> None:
        with contextlib.suppress(FerError):
            run(data)

    return one


def guided(target: str, seconds: float, keep: Path, work: Path) -> None:
    """Atheris; it ends the process."""
    import atheris

    names = ["fer_core.image", "fer_core.bundle", "fer_core.datasets"]
    with atheris.instrument_imports(include=names):
        seeds, run = TARGETS[target](work)
    corpus = work / "corpus"
    corpus.mkdir()
    for number, seed in enumerate(seeds):
        (corpus / str(number)).write_bytes(seed)
    limits = [f"-max_total_time={seconds:g}", f"-max_len={MOST_BYTES}", "-timeout=20", "-rss_limit_mb=3000"]
    quiet = ["-print_final_stats=1", "-verbosity=0"]
    atheris.Setup([sys.argv[0], *limits, *quiet, f"-artifact_prefix={keep}/{target}-", str(corpus)], tested(run))
    atheris.Fuzz()


def unguided(target: str, seconds: float, keep: Path, work: Path) -> int:
    """Random mutations of the seeds until the time is over -> exit code."""
    seeds, run = TARGETS[target](work)
    one, chance, end, count = tested(run), random.Random(0), time.monotonic() + seconds, 0
    while time.monotonic() < end:
        data = bytearray(chance.choice(seeds))
        for _ in range(chance.randint(1, 5)):
            at = chance.randint(0, len(data))
            data[at : at + chance.choice((0, 1, 1, 4, 30))] = chance.randbytes(chance.choice((0, 1, 1, 4, 30)))
        count += 1
        try:
            one(bytes(data))
        except Exception:
            traceback.print_exc()
            (keep / f"{target}-crash").write_bytes(data)
            return 1
    print(f"stat::number_of_executed_units: {count}")
    return 0


def main() -> int:
    """Fuzz the targets, each in a process of its own -> exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", choices=[*TARGETS, []], metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=float, default=20, help="for each (default: %(default)s)")
    parser.add_argument("--keep", type=Path, help="where findings are written")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    keep = args.keep or Path(tempfile.mkdtemp(prefix="fer-fuzz-"))
    keep.mkdir(parents=True, exist_ok=True)
    if args.inside:
        with tempfile.TemporaryDirectory() as work:
            if GUIDED:
                guided(args.targets[0], args.seconds, keep, Path(work))
            return unguided(args.targets[0], args.seconds, keep, Path(work))
    running = {}
    for target in args.targets or TARGETS:
        command = [
            sys.executable,
            "-m",
            "tests.support.fuzz",
            target,
            "--inside",
            "--seconds",
            str(args.seconds),
            "--keep",
            str(keep),
        ]
        # not into a pipe: one that nobody empties yet would fill, and hold its process up
        said_in = tempfile.TemporaryFile("w+", errors="replace")
        running[target] = subprocess.Popen(command, stdout=said_in, stderr=subprocess.STDOUT), said_in
    failed = 0
    for target, (process, said_in) in running.items():
        process.wait()
        said_in.seek(0)
        said = said_in.read()
        runs = next((line.split()[-1] for line in said.splitlines() if "number_of_executed_units" in line), "?")
        print(f"{target}: {'a finding' if process.returncode else 'nothing found'}, {runs} runs")
        if process.returncode:
            failed = 1
            print(said[-4000:])
    if failed:
        print(f"Findings are in {keep}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
