"""Many films, on several processes; a job that can be stopped at any time and run again."""

import json
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing.sharedctypes import RawArray
from pathlib import Path
from typing import Any, Final

from fer_core.bundle import EmotionModel
from fer_core.labelling.parts import job_name
from fer_core.utils.files import atomic_write, remove_unfinished
from fer_core.utils.locks import locked
from fer_core.utils.processes import WorkerPool, end_with_parent, spawning, surviving_map
from fer_core.video.films import Film
from fer_core.video.worker import DIED, FilmSettings, FilmWorker, Outcome

SUMMARY: Final = "summary.json"
_worker: list[FilmWorker] = []  # of a worker process, as is the next
_shares: list[Any] = []


@dataclass(frozen=True)
class Progress:
    """How far a job is. share: of all films' bytes, 0 to 1; done: films."""

    share: float
    done: int


def job_folder(out: Path, models: Sequence[EmotionModel], settings: FilmSettings) -> Path:
    """The folder of a job: other models, weights, calibration or settings, but for formats, make another job."""
    blur = None if settings.blur is None else list(settings.blur.keep)
    return out / job_name(models, settings.detector, settings.sampling.to_dict(), settings.recognise, blur)


def run_films(
    films: Sequence[Film],
    settings: FilmSettings,
    folder: Path,
    *,
    workers: int = 1,
    fresh: bool = False,
    report: Callable[[Progress], None] = lambda _: None,
) -> Iterator[Outcome]:
    """Work through films, yielding what became of each as it is done; then write `summary.json` over all of them.

    fresh: what was done before is done anew. report: called twice a second. Raises BlockingIOError where another run
    writes into the folder, OSError where it cannot be written.
    """
    with locked(folder):
        remove_unfinished(folder)
        if fresh:
            for film in films:
                shutil.rmtree(folder / film.place, ignore_errors=True)
        started = time.monotonic()
        sizes = [_size(film.source) for film in films]
        shares = RawArray("d", len(films))  # of each film, written by its worker alone, so without a lock
        make_pool = partial(_pool, settings=settings, folder=folder, shares=shares)
        outcomes: list[Outcome] = []

        def tell() -> None:
            done = sum(size * share for size, share in zip(sizes, shares, strict=True))
            report(Progress(done / max(1, sum(sizes)), len(outcomes)))

        tasks = list(enumerate(films))
        for (number, film), found in surviving_map(make_pool, _work, tasks, workers, tell):
            outcome = found or Outcome(film, reason=f"{film.source.name}: {DIED}")
            shares[number] = 1.0
            outcomes.append(outcome)
            tell()
            yield outcome
        summary = summarize(outcomes, settings) | {
            "last_run": {"seconds": round(time.monotonic() - started, 1), "workers": workers}
        }
        with atomic_write(folder / SUMMARY) as unfinished:
            unfinished.write_text(json.dumps(summary, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def summarize(outcomes: Sequence[Outcome], settings: FilmSettings) -> dict[str, Any]:
    """Counts and sums over films, then each film, in the order of their places."""
    ordered = sorted(outcomes, key=lambda outcome: outcome.film.place)
    results = [outcome.result for outcome in ordered if outcome.result]
    films = [
        {"source": str(o.film.source), "result": str(o.film.place) if o.result else None, "reason": o.reason or None}
        | {key: o.result[key] for key in ("seconds", "frames", "faces", "notes") if o.result}
        for o in ordered
    ]
    return {
        "films": {"all": len(ordered), "done": len(results), "refused": len(ordered) - len(results)},
        "seconds": round(sum(result["seconds"] for result in results), 3),
        "frames": sum(result["frames"] for result in results),
        "detector": settings.detector,
        "sampling": settings.sampling.to_dict(),
        "each": films,
    }


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except (OSError, ValueError):
        return 0


def _pool(workers: int, *, settings: FilmSettings, folder: Path, shares: Any) -> WorkerPool:
    return WorkerPool(workers, spawning(), initializer=_start, initargs=(settings, folder, shares))


def _start(settings: FilmSettings, folder: Path, shares: Any) -> None:
    end_with_parent()
    _worker.append(FilmWorker(settings, folder))
    _shares.append(shares)


def _work(task: tuple[int, Film]) -> Outcome:
    number, film = task

    def progress(share: float) -> None:
        _shares[0][number] = share

    return _worker[0].work(film, progress)
