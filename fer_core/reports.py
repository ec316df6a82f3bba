"""Results as files: JSON-ready dicts, flat rows, CSV that a spreadsheet cannot be tricked with."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from fer_core.emotions import EMOTIONS

if TYPE_CHECKING:
    from fer_core.analyze import Analysis

_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
_LINE_END: Final = "\r\n"
ROW_FIELDS: Final = (
    "picture", "face", "x", "y", "width", "height", "whole_picture", "model", "label", "confidence", "unsure",
    *EMOTIONS, "hints", "note",
)  # fmt: skip
"""Columns of a CSV of faces, in order."""


def analysis_dict(analysis: "Analysis") -> dict[str, Any]:
    """The JSON form of an Analysis: no pixels and no metadata of the file, only what was found."""
    height, width = analysis.image.shape[:2]
    return {
        "picture": analysis.name,
        "width": width,
        "height": height,
        "models": list(analysis.models),
        "notes": list(analysis.notes),
        "faces": [
            {
                "face": face.number,
                "box": {"x": face.box.x, "y": face.box.y, "width": face.box.width, "height": face.box.height},
                "whole_picture": face.whole_picture,
                "models_disagree": face.models_disagree,
                "hints": list(face.hints),
                "predictions": {
                    model: {
                        "label": prediction.label,
                        "confidence": round(prediction.confidence, 4),
                        "unsure": prediction.is_uncertain,
                        "probabilities": _by_emotion(prediction.probabilities),
                    }
                    for model, prediction in face.predictions.items()
                },
            }
            for face in analysis.faces
        ],
    }


def analysis_rows(analysis: "Analysis") -> list[dict[str, Any]]:
    """One row per face and model, with the columns ROW_FIELDS; a picture without a face has one that says so."""
    note = "; ".join(analysis.notes)
    if not analysis.faces:
        return [{"picture": analysis.name, "note": "; ".join(["no face found", *analysis.notes])}]
    return [
        {
            "picture": analysis.name,
            "face": face.number,
            "x": face.box.x,
            "y": face.box.y,
            "width": face.box.width,
            "height": face.box.height,
            "whole_picture": face.whole_picture,
            "model": model,
            "label": prediction.label,
            "confidence": round(prediction.confidence, 4),
            "unsure": prediction.is_uncertain,
            **_by_emotion(prediction.probabilities),
            "hints": "; ".join(face.hints),
            "note": note,
        }
        for face in analysis.faces
        for model, prediction in face.predictions.items()
    ]


def to_csv(rows: Iterable[Mapping[str, Any]], fields: Sequence[str] = ROW_FIELDS) -> str:
    """CSV text with a header. Text that a spreadsheet would run as a formula gets a ' in front."""
    return "\n".join(csv_lines(rows, fields)) + "\n"


def csv_lines(rows: Iterable[Mapping[str, Any]], fields: Sequence[str] = ROW_FIELDS) -> Iterator[str]:
    """The lines of `to_csv`, one by one: the header, then a line as each row comes."""
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, fields, lineterminator=_LINE_END)  # what is in it gets quoted in a field
    writer.writeheader()
    yield buffer.getvalue().removesuffix(_LINE_END)
    for row in rows:
        buffer.seek(0)
        buffer.truncate()
        writer.writerow({key: neutralised(value) for key, value in row.items()})
        yield buffer.getvalue().removesuffix(_LINE_END)


def to_json(analyses: Sequence["Analysis"]) -> str:
    """The JSON text of several pictures' results: a list."""
    return json.dumps([analysis.to_dict() for analysis in analyses], indent=1, ensure_ascii=False)


def pictures_name(analyses: Sequence["Analysis"]) -> tuple[str, str]:
    """File name and MIME type of `pictures_file`: one picture is a PNG, several are a ZIP."""
    if len(analyses) == 1:
        return f"{_stem(analyses[0].name)}-emotions.png", "image/png"
    return "emotions.zip", "application/zip"


def pictures_file(analyses: Sequence["Analysis"]) -> bytes:
    """The annotated pictures, for download."""
    from fer_core.images import encode_png

    if len(analyses) == 1:
        return encode_png(analyses[0].annotated())
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:  # PNGs do not get smaller
        for number, analysis in enumerate(analyses, start=1):
            archive.writestr(f"{number:02d}-{_stem(analysis.name)}-emotions.png", encode_png(analysis.annotated()))
    return buffer.getvalue()


def _stem(name: str) -> str:
    """A picture's name without folders, ending and what a file system might not like; at most 60 characters."""
    stem = re.split(r"[/\\]", name)[-1].rsplit(".", 1)[0]
    return re.sub(r"[^\w-]+", "_", stem).strip("_")[:60] or "picture"


def neutralised(value: Any) -> Any:
    """Text that begins like a formula (OWASP, CSV injection) gets a ' in front, NUL goes; numbers stay as they are."""
    if not isinstance(value, str):
        return value
    text = value.replace("\0", "")
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _by_emotion(probabilities: Any) -> dict[str, float]:
    return {emotion: round(float(p), 4) for emotion, p in zip(EMOTIONS, probabilities, strict=True)}
