"""What users feel, timed: each figure with median, 95th percentile and the goal it is held against.

Goals are for two cores. Ratios are taken turn by turn in one run, so they hold on other machines too.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Final

from fer_core.analyze import analyze
from fer_core.benchmark_app import app_rows
from fer_core.benchmark_networks import network_rows
from fer_core.benchmark_pictures import picture_rows
from fer_core.benchmark_rows import Row, fresh, machine, print_rows, row, times
from fer_core.faces import find_faces
from fer_core.images import decode_image, sample_image
from fer_core.model import list_models, load_model

# Each runs in a fresh process and prints one number.
_IMPORT: Final = "import time; t = time.perf_counter(); import fer_core; print((time.perf_counter() - t) * 1000)"
_FIRST: Final = """
import sys, time
from pathlib import Path
from fer_core import analyze, load_model
from fer_core.images import sample_image
data = sample_image()
t = time.perf_counter()
analyze(data, [load_model(name, Path(sys.argv[1])) for name in sys.argv[2:]])
print((time.perf_counter() - t) * 1000)
"""
PICTURES: Final = 60
"""Of the folder that workers share, where nothing else is asked for."""


def measure(models_dir: Path, peer_network: str | None = None, pictures: int = PICTURES) -> list[Row]:
    """All rows, on this machine, with the flagships (at most two) or whatever models there are.

    peer_network: the `fer` package's network, for the row that compares with it. pictures: how many the folder holds.
    """
    names = list_models(models_dir)[:2]
    loaded = [load_model(name, models_dir) for name in names]
    sample = sample_image()
    pixels = decode_image(sample)
    whole, decoding, finding = times(
        lambda: analyze(sample, loaded), lambda: decode_image(sample), lambda: find_faces(pixels)
    )
    return [
        row("import fer_core, fresh process", "ms", fresh(_IMPORT, []), 500),
        row("first analyze of the sample, fresh process", "ms", fresh(_FIRST, [str(models_dir), *names]), 1500),
        row("analyze of the sample, 512x512, both models", "ms", whole, 60),
        row("  of it: decoding", "ms", decoding),
        row("  of it: finding the face", "ms", finding),
        *(found for number, name in enumerate(names) for found in network_rows(models_dir, name, first=number == 0)),
        *picture_rows(models_dir, loaded, peer_network, pictures),
        *app_rows(models_dir),
    ]


def run(
    models_dir: Path,
    json_file: str | None = None,
    live: str | None = None,
    peer_network: str | None = None,
    pictures: int = PICTURES,
) -> int:
    """Print every row beside its goal; write them to `json_file` where one is named. Returns the exit code.

    live: None for the common measures, "" for those of the live path, or a video's path to time as well.
    """
    if live is None:
        measured = measure(models_dir, peer_network, pictures)
        print_rows(measured)
        rows = [asdict(found) | {"reached": found.reached} for found in measured]
    else:
        from fer_core.live_benchmark import run_live

        rows = run_live(models_dir, live or None)
        print(machine())
        for found in rows:
            p95 = "" if found["p95"] is None else f"{found['p95']:.2f}"
            verdict = {True: "reached", False: "MISSED", None: ""}[found["reached"]]
            print(f"{found['what']:<64}{found['median']:>10.2f}{p95:>10}  {found['goal']:<28}{verdict}")
    if json_file:
        content = {"machine": machine(), "rows": rows}
        Path(json_file).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return 0
