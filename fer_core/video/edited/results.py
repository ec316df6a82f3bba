"""Results of `video ... --out DIR`, found and opened below one folder and nowhere else."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fer_core.errors import ImageError
from fer_core.video.edited.recording import Recording, read_recording

_TABLES: Final = ("csv", "parquet")
_SUMMARY_BYTES: Final = 64 * 2**20


@dataclass(frozen=True)
class OpenedResult:
    """A film's result. annotated: its copy with boxes, or None; starts: seconds of the film at which that begins."""

    recording: Recording
    annotated: Path | None
    starts: float


def list_results(root: Path) -> list[str]:
    """Every film's result folder that has a table, as its path below root, sorted. Links are not followed."""
    found = []
    for folder, below, files in os.walk(root):
        below[:] = [name for name in below if not name.startswith(".")]  # unfinished ones among them
        stem = Path(folder).stem
        if f"{stem}.json" in files and any(f"{stem}.{kind}" in files for kind in _TABLES):
            found.append(Path(folder).relative_to(root).as_posix())
    return sorted(found)


def open_result(root: Path, name: str) -> OpenedResult:
    """Read one of `list_results`. Raises ImageError, one line, where it is none or lies outside of root."""
    inside = root.resolve()
    try:
        folder = (inside / name).resolve()
        if not folder.is_relative_to(inside) or not folder.is_dir():
            raise ImageError("There is no such result.")
    except (OSError, ValueError):
        raise ImageError("There is no such result.") from None
    stem = folder.stem

    def file(ending: str) -> Path | None:
        path = folder / f"{stem}{ending}"
        return path if path.is_file() and path.resolve().is_relative_to(inside) else None

    said = _summary(file(".json"), name)
    table = next((path for kind in _TABLES if (path := file(f".{kind}"))), None)
    if table is None:
        raise ImageError(f"{name} has no table: run the command with --formats csv or parquet.")
    film, frames, sampling = said.get("film"), said.get("frames"), said.get("sampling")
    recording = read_recording(
        table, film if isinstance(film, str) else folder.name, frames=frames if isinstance(frames, int) else 0
    )
    starts = sampling.get("start") if isinstance(sampling, dict) else 0.0
    return OpenedResult(
        recording, file("-emotions.mp4"), float(starts) if isinstance(starts, int | float) and starts >= 0 else 0.0
    )


def _summary(path: Path | None, name: str) -> dict[str, Any]:
    try:
        if path is not None and path.stat().st_size <= _SUMMARY_BYTES:
            found = json.loads(path.read_text(encoding="utf-8"))
            if isinstance(found, dict):
                return found
    except (OSError, ValueError, RecursionError):
        pass
    raise ImageError(f"{name} is no result of a film: its summary cannot be read.")
