"""The files of a film's result with its edits applied, in the form of unedited ones."""

import io
import json
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from fer_core.analysis import escape_formula
from fer_core.emotions import EMOTIONS
from fer_core.video.edited.edit_file import edits_to_dict
from fer_core.video.edited.edits import Edits, apply_edits
from fer_core.video.edited.recording import Recording
from fer_core.video.elan import elan_document
from fer_core.video.statistics import film_statistics
from fer_core.video.subtitles import subrip, webvtt
from fer_core.video.tables import EYES, PERSON, TEXT_FIELDS, VIDEO_FIELDS, schema

EDITED_FORMATS: Final = ("csv", "parquet", "eaf", "srt", "vtt", "json")
EDITED_FIELDS: Final = (*VIDEO_FIELDS, PERSON)
"""Columns of edited tables."""
_DECIMALS: Final = {name: 4 for name in ("confidence", *EMOTIONS, *(f"raw_{e}" for e in EMOTIONS))} | {
    name: 1 for name in EYES
}


def edited_file(recording: Recording, edits: Edits, kind: str) -> bytes:
    """A file of one of EDITED_FORMATS."""
    left = apply_edits(recording, edits)
    if kind in ("csv", "parquet"):
        return (_csv if kind == "csv" else _parquet)(edited_table(left, edits))
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


def edited_table(left: Recording, edits: Edits) -> pd.DataFrame:
    """The columns EDITED_FIELDS of a recording whose edits were applied, with the decimals of unedited tables."""
    rows = left.rows.copy()
    for name, decimals in _DECIMALS.items():
        rows[name] = rows[name].astype(np.float64).round(decimals)
    rows[PERSON] = pd.Categorical(rows["face"]).rename_categories(edits.name)
    return rows


def _csv(table: pd.DataFrame) -> bytes:
    for name in TEXT_FIELDS:
        texts = np.array([escape_formula(text) for text in table[name].cat.categories], object)
        table[name] = texts[table[name].cat.codes.to_numpy()] if len(texts) else ""
    return table.to_csv(columns=list(EDITED_FIELDS), index=False, lineterminator="\n").encode()


def _parquet(table: pd.DataFrame) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = io.BytesIO()
    columns = pa.Table.from_pandas(table[list(EDITED_FIELDS)], schema(EDITED_FIELDS), preserve_index=False)
    # whoever reads it needs no word on pandas
    pq.write_table(columns.replace_schema_metadata(None), file, compression="zstd")
    return file.getvalue()


def _summary(recording: Recording, edits: Edits, left: Recording) -> dict[str, Any]:
    segments = left.segments()
    said = film_statistics(segments, recording.end - recording.start, len(recording.times))
    for entry in said["by_face"]:
        entry[PERSON] = edits.name(entry["face"])
    return {"film": recording.film, **said, "edits": edits_to_dict(edits)}
