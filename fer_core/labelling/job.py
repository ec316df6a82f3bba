"""The command `label`: a job over many pictures that can be stopped at any time and run again."""

import argparse
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from tqdm import tqdm

from fer_core.bundle import EmotionModel
from fer_core.detection import load_detector
from fer_core.errors import DatasetError
from fer_core.labelling.local import run_local
from fer_core.labelling.parts import Parts, job_name
from fer_core.labelling.rows import NEW, Rows, Settings, Task
from fer_core.labelling.sources import list_sources
from fer_core.utils.files import atomic_write
from fer_core.utils.locks import locked
from fer_core.utils.progress import progress_bar

SUMMARY: Final = "summary.json"
_PART_ROWS: Final = 20_000  # of a part at most, about; 3 MB with two models
_PART_SECONDS: Final = 60.0  # a killed run loses no more work than this


def run_job(args: argparse.Namespace, models: Mapping[Path, EmotionModel]) -> int:
    """Run a job to its end; returns the exit code: 0, or 1 where pictures were refused. Raises DatasetError.

    models: by the paths that workers load them from.
    """
    sources = list_sources(args.source)
    try:
        return _run(args, sources, models)
    except BlockingIOError as error:
        raise DatasetError(str(error)) from None
    except OSError as error:  # a folder that cannot be written to, a full disk
        raise DatasetError(f"{args.out} cannot be written: {error}") from None


def _run(args: argparse.Namespace, sources: Sequence[str], loaded: Mapping[Path, EmotionModel]) -> int:
    models = list(loaded.values())
    detector = load_detector(args.detector).name  # not always what was asked for: Haar stands in for a damaged file
    settings = Settings(tuple(loaded), args.unsure_below, detector)
    parts = Parts(Path(args.out) / job_name(models, args.unsure_below, detector), [model.name for model in models])
    with locked(parts.folder):
        parts.tidy()
        done = parts.done()
        tasks: list[Task] = [(source, done.get(source, NEW)) for source in sources]
        known = sum(source in done for source in sources)
        print(f"{len(sources)} pictures, {known} of them done before: {parts.folder}")
        started = time.monotonic()
        batches = _engine(args, tasks, settings)
        with progress_bar(len(tasks), "pictures") as bar:
            fresh = _write(batches, parts, bar)
        seconds = time.monotonic() - started
        summary = parts.summary() | {
            "detector": detector,
            "last_run": {
                "pictures": fresh,
                "seconds": round(seconds, 1),
                "pictures_a_second": round(fresh / max(seconds, 1e-9), 2),
                "workers": args.workers,
                "engine": args.engine,
            },
        }
        with atomic_write(parts.folder / SUMMARY) as unfinished:
            unfinished.write_text(json.dumps(summary, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    pictures = summary["pictures"]
    print(
        f"{fresh} pictures in {seconds:.0f} s. In all {pictures['all']}: {pictures['face']} with faces "
        f"({summary['faces']}), {pictures['no face']} without, {pictures['refused']} refused."
    )
    return 1 if pictures["refused"] else 0


def _engine(args: argparse.Namespace, tasks: list[Task], settings: Settings) -> Iterator[tuple[int, Rows]]:
    if args.engine == "local":
        return run_local(tasks, settings, args.workers, args.batch_size)
    from fer_core.labelling.on_ray import run_ray  # needs a package that not everybody has

    return run_ray(tasks, settings, args.workers, args.batch_size, args.address)


def _write(batches: Iterator[tuple[int, Rows]], parts: Parts, bar: "tqdm[Any]") -> int:
    """Gather rows into parts; returns how many pictures were new. Also what was done before an interruption is kept."""
    rows: Rows = []
    fresh = 0
    written = time.monotonic()
    try:
        for pictures, found in batches:
            rows += found
            bar.update(pictures)
            fresh += sum(row.get("face") in (None, 1) for row in found)
            if len(rows) >= _PART_ROWS or time.monotonic() - written > _PART_SECONDS:
                parts.write(rows)
                rows, written = [], time.monotonic()
    finally:
        parts.write(rows)
    return fresh
