"""The command `label`: a job over many pictures that can be stopped at any time and run again."""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from fer_core.errors import DatasetError
from fer_core.labelling.local import run_local
from fer_core.labelling.parts import Parts, job_name
from fer_core.labelling.rows import NEW, Rows, Task
from fer_core.labelling.sources import list_sources
from fer_core.model import bundle_folder, list_models, load_model

SUMMARY: Final = "summary.json"
_PART_ROWS: Final = 20_000  # of a part at most, about; 3 MB with two models
_PART_SECONDS: Final = 60.0  # a killed run loses no more work than this


def run_job(args: argparse.Namespace) -> int:
    """Run a job to its end; returns the exit code: 0, or 1 where pictures were refused. Raises DatasetError."""
    sources = list_sources(args.source)
    names = list(dict.fromkeys(args.model or list_models(args.models_dir)[:2]))
    folders = [bundle_folder(name, args.models_dir) for name in names]
    models = [load_model(folder) for folder in folders]
    if not models:
        raise DatasetError(f"There are no models under {args.models_dir}.")
    parts = Parts(Path(args.out) / job_name(models, args.unsure_below), [model.name for model in models])
    with _locked(parts.folder):
        parts.tidy()
        done = parts.done()
        tasks: list[Task] = [(source, done.get(source, NEW)) for source in sources]
        known = sum(source in done for source in sources)
        print(f"{len(sources)} pictures, {known} of them done before: {parts.folder}")
        started = time.monotonic()
        batches = _engine(args, tasks, folders)
        fresh = _write(batches, parts, len(tasks), started)
        seconds = time.monotonic() - started
        summary = parts.summary() | {
            "last_run": {
                "pictures": fresh,
                "seconds": round(seconds, 1),
                "pictures_a_second": round(fresh / max(seconds, 1e-9), 2),
                "workers": args.workers,
                "engine": args.engine,
            }
        }
        _write_whole(parts.folder / SUMMARY, json.dumps(summary, indent=1, ensure_ascii=False) + "\n")
    pictures = summary["pictures"]
    print(
        f"{fresh} pictures in {seconds:.0f} s. In all {pictures['all']}: {pictures['face']} with faces "
        f"({summary['faces']}), {pictures['no face']} without, {pictures['refused']} refused."
    )
    return 1 if pictures["refused"] else 0


def _engine(args: argparse.Namespace, tasks: list[Task], folders: list[Path]) -> Iterator[tuple[int, Rows]]:
    if args.engine == "local":
        return run_local(tasks, folders, args.unsure_below, args.workers, args.batch_size)
    from fer_core.labelling.on_ray import run_ray  # needs a package that not everybody has

    return run_ray(tasks, folders, args.unsure_below, args.workers, args.batch_size, args.address)


def _write(batches: Iterator[tuple[int, Rows]], parts: Parts, total: int, started: float) -> int:
    """Gather rows into parts; returns how many pictures were new. Also what was done before an interruption is kept."""
    rows: Rows = []
    seen = fresh = 0
    written = time.monotonic()
    try:
        for pictures, found in batches:
            rows += found
            seen += pictures
            fresh += sum(row.get("face") in (None, 1) for row in found)
            if len(rows) >= _PART_ROWS or time.monotonic() - written > _PART_SECONDS:
                parts.write(rows)
                rows, written = [], time.monotonic()
            _progress(seen, total, started)
    finally:
        parts.write(rows)
    return fresh


def _progress(seen: int, total: int, started: float) -> None:
    if not sys.stderr.isatty():
        return
    rate = seen / max(time.monotonic() - started, 1e-9)
    left = int((total - seen) / rate)
    line = f"{seen} of {total}, {rate:.1f} a second, {left // 3600}:{left // 60 % 60:02d}:{left % 60:02d} left"
    print(f"\r{line:<60}", end="\n" if seen == total else "", file=sys.stderr, flush=True)


class _locked:
    """One run at a time writes into a job's folder. The system lets go of the lock when a process dies."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._file = open(self._folder / ".lock", "a+b")
        try:
            _lock(self._file)
        except OSError as error:
            self._file.close()
            raise DatasetError(f"Another run is writing into {self._folder}.") from error

    def __exit__(self, *_: object) -> None:
        self._file.close()


def _lock(file: Any) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined, unused-ignore]
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _write_whole(path: Path, text: str) -> None:
    making = path.with_name(f".making-{path.name}")
    making.write_text(text, encoding="utf-8")
    os.replace(making, path)
