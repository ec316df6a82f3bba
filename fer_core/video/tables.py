"""Tables of a film, written as its frames come: one row per time, face and model, as CSV and as Parquet."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fer_core.analysis import csv_lines
from fer_core.emotions import EMOTIONS
from fer_core.errors import ImageError

if TYPE_CHECKING:
    import pyarrow as pa

EYES: Final = ("left_eye_x", "left_eye_y", "right_eye_x", "right_eye_y")
VIDEO_FIELDS: Final = (
    "time", "frame", "face", "x", "y", "width", "height", "model", "label", "confidence", "unsure",
    *EMOTIONS, *(f"raw_{emotion}" for emotion in EMOTIONS), *EYES, "hints",
)  # fmt: skip
"""Columns, in order.

time: seconds; frame: from 0, of those looked at; the box and the eyes, left to right in the picture, in pixels of
`Video.frames`, eyes empty where the detector tells none. label, confidence, unsure and the seven emotions are smoothed,
raw_* the frame's own. hints: what makes them doubtful (`fer_core.detection.face_hints`).
"""
PERSON: Final = "person"
"""A further column of edited tables: what the face's person is called."""
TEXT_FIELDS: Final = ("model", "label", "hints", PERSON)
_ROWS_AS_DICTS: Final = 1_000  # that wait as they come, 2.5 kB each,
_ROWS_PER_GROUP: Final = 20_000  # ... and that wait in columns, 0.2 kB each, until they become a group of the file


class CsvWriter:
    """Writes a CSV with the columns `fields`, row by row. Raises ImageError where the file cannot be written."""

    def __init__(self, path: str | Path, fields: Sequence[str] = VIDEO_FIELDS) -> None:
        self._path, self._fields = path, fields
        try:
            self._file = open(path, "w", encoding="utf-8", newline="")
        except OSError as error:
            raise cannot_write(path, error) from None
        self._write(csv_lines([], fields))

    def add(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Append rows: column -> value."""
        lines = csv_lines(rows, self._fields)
        next(lines)  # the header
        self._write(lines)

    def close(self) -> None:
        """Write the remaining rows."""
        try:
            self._file.close()
        except OSError as error:
            raise cannot_write(self._path, error) from None

    def _write(self, lines: Iterable[str]) -> None:
        try:
            self._file.writelines(f"{line}\n" for line in lines)
        except OSError as error:
            raise cannot_write(self._path, error) from None


class ParquetWriter:
    """Writes the same rows as Parquet, a group of rows at a time. Raises ImageError where it cannot be written."""

    def __init__(self, path: str | Path) -> None:
        import pyarrow.parquet as pq  # here: the app's pages read videos without it

        self._path, self._schema = path, schema()
        self._rows: list[Mapping[str, Any]] = []
        self._columns: list[pa.Table] = []
        try:
            self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")
        except OSError as error:
            raise cannot_write(path, error) from None

    def add(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Append rows: column -> value."""
        self._rows += rows
        if len(self._rows) >= _ROWS_AS_DICTS:
            self._pack()
        if sum(map(len, self._columns)) >= _ROWS_PER_GROUP:
            self._flush()

    def close(self) -> None:
        """Write the remaining rows and the index."""
        self._pack()
        self._flush()
        try:
            self._writer.close()
        except OSError as error:
            raise cannot_write(self._path, error) from None

    def _pack(self) -> None:
        import pyarrow as pa

        if self._rows:
            self._columns.append(pa.Table.from_pylist(self._rows, self._schema))
            self._rows = []

    def _flush(self) -> None:
        import pyarrow as pa

        if not self._columns:
            return
        try:
            self._writer.write_table(pa.concat_tables(self._columns))
        except OSError as error:
            raise cannot_write(self._path, error) from None
        self._columns = []


def schema(fields: Sequence[str] = VIDEO_FIELDS) -> "pa.Schema":
    """The columns with their types, of VIDEO_FIELDS and PERSON; eyes are null where the detector tells none."""
    import pyarrow as pa

    text = pa.dictionary(pa.int32(), pa.string())
    own = {"time": pa.float64(), "unsure": pa.bool_(), **dict.fromkeys(TEXT_FIELDS, text)}
    whole = dict.fromkeys(("frame", "face", "x", "y", "width", "height"), pa.int32())
    return pa.schema([(name, (own | whole).get(name, pa.float32())) for name in fields])


def cannot_write(path: str | Path, error: Exception) -> ImageError:
    """What is said of a file that cannot be written, in a line."""
    return ImageError(f"{Path(path).name} cannot be written: {getattr(error, 'strerror', None) or error}.")
