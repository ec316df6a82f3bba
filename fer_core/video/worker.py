"""One film -> its result folder. What every worker process runs."""

import contextlib
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fer_core.analysis import Blur
from fer_core.bundle import EmotionModel, load_model
from fer_core.errors import ImageError
from fer_core.utils.files import atomic_folder
from fer_core.video.analyze import analyze_video
from fer_core.video.films import Film
from fer_core.video.reader import Video
from fer_core.video.result import ResultWriter, read_result
from fer_core.video.sampling import Sampling

DIED: Final = "the process that read it died"
_HASHED: Final = 2**22  # bytes at a time


@dataclass(frozen=True)
class FilmSettings:
    """What decides a film's result. bundles: folders of the models; detector: its name; formats: of FORMATS.

    recognise: whether faces that come back get their number again; blur: whose faces the annotated copy hides.
    """

    bundles: tuple[Path, ...]
    detector: str
    sampling: Sampling
    formats: tuple[str, ...]
    recognise: bool = True
    blur: Blur | None = None


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
            settings, folder = self._settings, self._job / film.place
            content_hash = hash_file(film.source)
            before = read_result(folder, film)
            same = before is not None and before["content_hash"] == content_hash
            formats = [*settings.formats, *(before["formats"] if before and same else ())]  # none goes again
            if before and same and set(settings.formats) <= set(before["formats"]):
                return Outcome(film, before, kept=True)
            with atomic_folder(folder) as unfinished:
                writer = ResultWriter(unfinished, folder, film, tuple(dict.fromkeys(formats)))
                with contextlib.closing(writer), Video(film.source, film.source.name, max_bytes=None) as video:
                    for frame in analyze_video(
                        video,
                        self._models,
                        detector=settings.detector,
                        sampling=settings.sampling,
                        recognise=settings.recognise,
                        annotated=writer.annotated,
                        blur=settings.blur,
                    ):
                        writer.add(frame)
                        progress(frame.progress)
                said = {"content_hash": content_hash, **self._said(), "notes": list(video.notes)}
                return Outcome(film, writer.finish(said))
        except ImageError as error:
            return Outcome(film, reason=str(error))
        except Exception as error:  # whatever else a decoder or a full disk comes up with, the other films go on
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            return Outcome(film, reason=f"{film.source.name}: {' '.join(reason.split())}")

    def _said(self) -> dict[str, Any]:
        """How a film was worked through, for its summary."""
        return {
            "models": [model.name for model in self._models],
            "detector": self._settings.detector,
            "sampling": self._settings.sampling.to_dict(),
            "recognition": self._settings.recognise,
            "blur": None if self._settings.blur is None else {"keep": list(self._settings.blur.keep)},
        }


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
