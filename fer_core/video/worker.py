"""One film -> its result folder. What every worker process runs."""

import contextlib
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fer_core.bundle import EmotionModel, load_model
from fer_core.errors import ImageError
from fer_core.utils.files import atomic_folder
from fer_core.video.analyze import analyze_video
from fer_core.video.films import Film
from fer_core.video.reader import Video
from fer_core.video.sampling import Sampling
from fer_core.video.summary import VideoSummary
from fer_core.video.tables import CsvWriter, ParquetWriter

DIED: Final = "the process that read it died"
_HASHED: Final = 2**22  # bytes at a time


@dataclass(frozen=True)
class FilmSettings:
    """What decides a film's result. bundles: folders of the models; formats: of FORMATS; detector: its name."""

    bundles: tuple[Path, ...]
    detector: str
    sampling: Sampling
    formats: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """What became of a film. result: its summary, or None where it was refused. kept: it was done before."""

    film: Film
    result: dict[str, Any] | None = None
    reason: str = ""
    kept: bool = False


class FilmWorker:
    """Films in, result folders out. One for each worker process: it loads the models itself."""

    def __init__(self, settings: FilmSettings, job: Path) -> None:
        """job: the folder that the places of films are below. Raises ModelError."""
        import cv2

        cv2.setNumThreads(1)  # the processes share the cores
        self._settings, self._job = settings, job
        self._models: list[EmotionModel] = [load_model(folder, threads=1) for folder in settings.bundles]

    def work(self, film: Film, progress: Callable[[float], None]) -> Outcome:
        """Work through a film, unless its result is there. progress: gets the share of the film that is done.

        Never raises for a film, whatever it is.
        """
        try:
            content_hash = hash_file(film.source)
            folder = self._job / film.place
            formats = set(self._settings.formats)
            before = read_result(folder, film)
            if before and before["content_hash"] == content_hash and formats <= set(before["formats"]):
                return Outcome(film, before, kept=True)
            with atomic_folder(folder) as unfinished:
                return Outcome(film, self._written(film, content_hash, unfinished, progress))
        except ImageError as error:
            return Outcome(film, reason=str(error))
        except OSError as error:
            return Outcome(film, reason=f"{film.source.name}: {error.strerror or error}")

    def _written(
        self, film: Film, content_hash: str, folder: Path, progress: Callable[[float], None]
    ) -> dict[str, Any]:
        settings, summary = self._settings, VideoSummary()
        with contextlib.ExitStack() as stack:
            video = stack.enter_context(Video(film.source, film.source.name, max_bytes=None))
            tables: list[Any] = []
            for name, make in (("csv", CsvWriter), ("parquet", ParquetWriter)):
                if name in settings.formats:
                    tables.append(stack.enter_context(contextlib.closing(make(folder / f"{film.stem}.{name}"))))
            for frame in analyze_video(video, self._models, detector=settings.detector, sampling=settings.sampling):
                summary.add(frame)
                rows = frame.to_rows() if tables else []
                for table in tables:
                    table.add(rows)
                progress(frame.progress)
        result = {
            "film": film.source.name,
            "content_hash": content_hash,
            "formats": sorted(settings.formats),
            "models": [model.name for model in self._models],
            "detector": settings.detector,
            "sampling": settings.sampling.to_dict(),
            "notes": list(video.notes),
            "seconds": round(summary.seconds, 3),
            "frames": summary.frames,
            "faces": len(summary.faces),
        }
        result_path(folder, film).write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        return result


def hash_file(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal. Raises ImageError where it cannot be read."""
    digest = hashlib.sha256()
    try:
        with open(path, "rb") as file:
            while piece := file.read(_HASHED):
                digest.update(piece)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "the name is not a path"
        raise ImageError(f"{path} cannot be opened: {reason}.") from None
    return digest.hexdigest()


def result_path(folder: Path, film: Film) -> Path:
    """The summary of a film in the folder of its result, which says by its presence that all of it is there."""
    return folder / f"{film.stem}.json"


def read_result(folder: Path, film: Film) -> dict[str, Any] | None:
    """The summary of a film that was done before, or None."""
    try:
        found = json.loads(result_path(folder, film).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and {"content_hash", "formats"} <= found.keys() else None
