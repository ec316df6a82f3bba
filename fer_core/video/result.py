"""The files of one film's result, written as its frames come."""

import contextlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fer_core.video.analyze import VideoFrame
from fer_core.video.elan import elan_document
from fer_core.video.films import Film
from fer_core.video.segments import SegmentLog
from fer_core.video.statistics import film_statistics
from fer_core.video.subtitles import subrip, webvtt
from fer_core.video.tables import CsvWriter, ParquetWriter, cannot_write


class ResultWriter:
    """Writes the formats that are asked for into a folder: tables row by row, the rest by `finish`.

    folder: where the files are written; target: where they will be. annotated: the path for the annotated copy, or
    None. Raises ImageError where a file cannot be written.
    """

    def __init__(self, folder: Path, target: Path, film: Film, formats: Sequence[str]) -> None:
        self._folder, self._target, self._film, self._formats = folder, target, film, formats
        self.annotated = folder / f"{film.stem}-emotions.mp4" if "mp4" in formats else None
        self._log = SegmentLog()
        self._tables: list[CsvWriter | ParquetWriter] = []
        with contextlib.ExitStack() as opened:
            for name, make in (("csv", CsvWriter), ("parquet", ParquetWriter)):
                if name in formats:
                    self._tables.append(opened.enter_context(contextlib.closing(make(self._path(name)))))
            self._opened = opened.pop_all()

    def add(self, frame: VideoFrame) -> None:
        """Take the next frame."""
        self._log.add(frame)
        rows = frame.to_rows() if self._tables else []
        for table in self._tables:
            table.add(rows)

    def finish(self, said: dict[str, Any]) -> dict[str, Any]:
        """Complete all files, the summary last, and return it. said: what else the summary says of the film."""
        self.close()
        segments = self._log.segments()
        if "eaf" in self._formats:
            self._write("eaf", elan_document(segments, self._film.source, self._target))
        if "srt" in self._formats:
            self._write("srt", subrip(segments).encode())
        if "vtt" in self._formats:
            self._write("vtt", webvtt(segments).encode())
        summary = {
            "film": self._film.source.name,
            **said,
            "formats": sorted(self._formats),
            **film_statistics(segments, self._log.seconds, self._log.frames),
        }
        self._write("json", f"{json.dumps(summary, indent=1, ensure_ascii=False)}\n".encode())
        return summary

    def close(self) -> None:
        """Close what is open; again has no effect."""
        self._opened.close()

    def _path(self, ending: str) -> Path:
        return self._folder / f"{self._film.stem}.{ending}"

    def _write(self, ending: str, content: bytes) -> None:
        try:
            self._path(ending).write_bytes(content)
        except OSError as error:
            raise cannot_write(self._path(ending), error) from None


def read_result(folder: Path, film: Film) -> dict[str, Any] | None:
    """The summary of a film that was done before, or None: where it is, all of the result is."""
    try:
        found = json.loads((folder / f"{film.stem}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and {"content_hash", "formats"} <= found.keys() else None
