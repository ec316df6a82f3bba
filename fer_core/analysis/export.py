"""Rows, dicts and images as files: CSV that a spreadsheet cannot be tricked with, JSON, PNG and ZIP."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fer_core.emotions import EMOTIONS
from fer_core.image import encode_png

ROW_FIELDS: Final = (
    "picture", "face", "x", "y", "width", "height", "whole_picture", "model", "label", "confidence", "unsure",
    *EMOTIONS, "hints", "note",
)  # fmt: skip
"""Columns of a CSV of faces, in order."""

_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
_LINE_END: Final = "\r\n"
_MAX_STEM_LENGTH: Final = 60


def to_csv(rows: Iterable[Mapping[str, Any]], fields: Sequence[str] = ROW_FIELDS) -> str:
    """CSV text with a header. Text that a spreadsheet would run as a formula gets a ' in front."""
    return "\n".join(csv_lines(rows, fields)) + "\n"


def csv_lines(rows: Iterable[Mapping[str, Any]], fields: Sequence[str] = ROW_FIELDS) -> Iterator[str]:
    """The lines of `to_csv`, one by one: the header, then a line as each row comes."""
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, fields, lineterminator=_LINE_END)  # the writer quotes these characters in a field
    writer.writeheader()
    yield buffer.getvalue().removesuffix(_LINE_END)
    for row in rows:
        buffer.seek(0)
        buffer.truncate()
        writer.writerow({key: escape_formula(value) for key, value in row.items()})
        yield buffer.getvalue().removesuffix(_LINE_END)


def escape_formula(value: Any) -> Any:
    """Text that begins like a formula (OWASP, CSV injection) gets a ' in front, NUL goes; numbers stay as they are."""
    if not isinstance(value, str):
        return value
    text = value.replace("\0", "")
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def to_json(results: Iterable[Mapping[str, Any]]) -> str:
    """The JSON text of several images' results (`Analysis.to_dict`): a list."""
    return json.dumps(list(results), indent=1, ensure_ascii=False)


def images_file_name(names: Sequence[str]) -> tuple[str, str]:
    """File name and MIME type of `images_file`: one image is a PNG, several are a ZIP. names: of the images."""
    if len(names) == 1:
        return f"{_stem(names[0])}-emotions.png", "image/png"
    return "emotions.zip", "application/zip"


def images_file(names: Sequence[str], images: Iterable[NDArray[np.uint8]]) -> bytes:
    """Annotated images as one file for download, a PNG or a ZIP of PNGs in the folders of the names, without metadata.

    images: (height, width, 3) RGB uint8, one for each name; a generator keeps one at a time in memory.
    """
    if len(names) == 1:
        (image,) = images
        return encode_png(image)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:  # PNGs do not get smaller
        for number, (name, image) in enumerate(zip(names, images, strict=True), start=1):
            archive.writestr(_place(number, name), encode_png(image))
    return buffer.getvalue()


def _place(number: int, name: str) -> str:
    """Where an image lies in the ZIP: below the folders that its name has; the number makes it the only one."""
    *folders, _ = re.split(r"[/\\]", name)
    below = [safe for folder in folders if (safe := _safe(folder))]
    return "/".join([*below, f"{number:02d}-{_stem(name)}-emotions.png"])


def _stem(name: str) -> str:
    """A file's name without folders and ending, as `_safe` has it."""
    return _safe(re.split(r"[/\\]", name)[-1].rsplit(".", 1)[0]) or "picture"


def _safe(name: str) -> str:
    """A name without what a file system might not like; at most 60 characters, maybe none."""
    return re.sub(r"[^\w-]+", "_", name).strip("_")[:_MAX_STEM_LENGTH]
