"""The files of a film's result with its edits applied, by the writers of unedited ones."""

import contextlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from fer_core.emotions import EMOTIONS
from fer_core.video.edited.edit_file import edits_to_dict
from fer_core.video.edited.edits import Edits, apply_edits
from fer_core.video.edited.recording import Recording
from fer_core.video.elan import elan_document
from fer_core.video.statistics import film_statistics
from fer_core.video.subtitles import subrip, webvtt
from fer_core.video.tables import EYES, PERSON, VIDEO_FIELDS, CsvWriter, ParquetWriter

EDITED_FORMATS: Final = ("csv", "parquet", "eaf", "srt", "vtt", "json")
EDITED_FIELDS: Final = (*VIDEO_FIELDS, PERSON)
"""Columns of edited tables."""
_CHUNK: Final = 10_000  # rows as dicts at a time, 2.5 kB each
_DECIMALS: Final = {name: 4 for name in ("confidence", *EMOTIONS, *(f"raw_{e}" for e in EMOTIONS))} | {
    name: 1 for name in EYES
}


def edited_file(recording: Recording, edits: Edits, kind: str) -> bytes:
    """A file of one of EDITED_FORMATS. Raises ImageError where a temporary file cannot be written."""
    left = apply_edits(recording, edits)
    if kind in ("csv", "parquet"):
        return _table(left, edits, kind)
    segments = left.segments()
    names = {person: edits.names[person] for person in left.faces if person in edits.names}
    if kind == "eaf":
        return elan_document(
            segments,
            Path(recording.film),
            None,
            names=names,
            events=[(event.time, event.text) for event in edits.events],
        )
    if kind == "json":
        return f"{json.dumps(_summary(recording, edits, left), indent=1, ensure_ascii=False)}\n".encode()
    return (webvtt if kind == "vtt" else subrip)(segments, names).encode()


def edited_rows(recording: Recording, edits: Edits) -> Iterator[list[dict[str, Any]]]:
    """Rows with the columns EDITED_FIELDS of a recording whose edits were applied, some thousands at a time."""
    for begin in range(0, len(recording.rows), _CHUNK):
        rows = recording.rows.iloc[begin : begin + _CHUNK]
        columns: dict[str, list[Any]] = {name: rows[name].tolist() for name in VIDEO_FIELDS}
        for name, decimals in _DECIMALS.items():
            columns[name] = np.round(rows[name].to_numpy(np.float64), decimals).tolist()
        for name in EYES:
            columns[name] = [None if value != value else value for value in columns[name]]
        columns[PERSON] = [edits.name(face) for face in columns["face"]]
        yield [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _table(left: Recording, edits: Edits, kind: str) -> bytes:
    with tempfile.TemporaryDirectory(prefix="fer-edited-") as folder:
        path = Path(folder) / f"edited.{kind}"
        with contextlib.closing((CsvWriter if kind == "csv" else ParquetWriter)(path, EDITED_FIELDS)) as table:
            for rows in edited_rows(left, edits):
                table.add(rows)
        return path.read_bytes()


def _summary(recording: Recording, edits: Edits, left: Recording) -> dict[str, Any]:
    segments = left.segments()
    said = film_statistics(segments, recording.end - recording.start, len(recording.times))
    for entry in said["by_face"]:
        entry[PERSON] = edits.name(entry["face"])
    return {"film": recording.film, **said, "edits": edits_to_dict(edits)}
