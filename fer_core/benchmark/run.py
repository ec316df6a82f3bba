"""What users feel, timed: each figure with median, 95th percentile and the goal it is held against.

Goals are for two cores. Ratios are taken turn by turn in one run, so they hold on other machines too.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from fer_core.analysis import analyze
from fer_core.benchmark.app import app_rows
from fer_core.benchmark.images import picture_rows
from fer_core.benchmark.networks import network_rows
from fer_core.benchmark.timing import Row, fresh, machine, print_rows, row, times
from fer_core.bundle import list_models, load_model
from fer_core.detection import DEFAULT_DETECTOR, load_detector
from fer_core.errors import DatasetError
from fer_core.image import decode_image, sample_image

PICTURES: Final = 60
"""Of the folder that workers share, where nothing else is asked for."""


def measure(
    models_dir: Path, peer_network: str | None = None, pictures: int = PICTURES, detector: str = DEFAULT_DETECTOR
) -> list[Row]:
    """All rows, on this machine, with the first two models, or whatever models there are.

    peer_network: the `fer` package's network, for the row that compares with it. pictures: how many the folder holds.
    detector: one of DETECTORS.
    """
    names = list_models(models_dir)[:2]
    loaded = [load_model(name, models_dir) for name in names]
    sample = sample_image()
    pixels = decode_image(sample)
    whole, decoding, finding = times(
        lambda: analyze(sample, loaded, detector=detector),
        lambda: decode_image(sample),
        lambda: load_detector(detector).detect(pixels),
    )
    return [
        row("import fer_core, fresh process", "ms", fresh("import_time", []), 500),
        row(
            "first analyze of the sample, fresh process",
            "ms",
            fresh("first_analyze", [str(models_dir), detector, *names]),
            1500,
        ),
        row("analyze of the sample, 512x512, both models", "ms", whole, 60),
        row("  of it: decoding", "ms", decoding),
        row("  of it: finding the face", "ms", finding),
        *(found for number, name in enumerate(names) for found in network_rows(models_dir, name, first=number == 0)),
        *picture_rows(models_dir, loaded, peer_network, pictures, detector),
        *app_rows(models_dir),
    ]


def run(
    models_dir: Path,
    json_file: str | None = None,
    live: str | None = None,
    peer_network: str | None = None,
    pictures: int = PICTURES,
    detector: str = DEFAULT_DETECTOR,
) -> int:
    """Print every row beside its goal; write them to `json_file` where one is named. Returns the exit code.

    live: None for the common measures, "" for those of the live path, or a video's path to time as well.
    """
    if live is None:
        measured = measure(models_dir, peer_network, pictures, detector)
        print_rows(measured)
        rows = [asdict(found) | {"reached": found.reached} for found in measured]
    else:
        from fer_core.benchmark.live import run_live

        rows = run_live(models_dir, live or None, detector=detector)
        print(machine())
        print(*map(live_line, rows), sep="\n")
    if json_file:
        content = {"machine": machine(), "detector": detector, "rows": rows}
        try:
            Path(json_file).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        except OSError as error:
            raise DatasetError(f"{json_file} cannot be written: {error.strerror}.") from None
    return 0


def live_line(row: Mapping[str, Any]) -> str:
    """A row of `run_live` as it is printed; what could not be measured is a dash."""
    median = "-" if row["median"] is None else f"{row['median']:.2f}"
    p95 = "" if row["p95"] is None else f"{row['p95']:.2f}"
    verdict = {True: "reached", False: "MISSED", None: ""}[row["reached"]]
    return f"{row['what']:<64}{median:>10}{p95:>10}  {row['goal']:<28}{verdict}"
