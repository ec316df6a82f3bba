"""How `classify` writes results to stdout: as a table, JSON or CSV, one image after another."""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from fer_core.analysis import Analysis, Face, Prediction, csv_lines
from fer_core.cli.table import printable, row_line

_PREDICTION_WIDTH: Final = len("surprise 100% (unsure)")
_MAX_NAME_WIDTH: Final = 60  # a longer name stays whole, so that it can be copied, and moves the rest of its line


def write_table(results: Iterable[Analysis], names: Sequence[str]) -> None:
    """A line per face, to read. names: of all images, which are to fit into the first column."""
    longest = max((len(printable(name)) for name in names), default=0)
    widths: list[int] = []
    for analysis in results:
        if not widths:
            header = ["Picture", "Face", *analysis.models, "Note"]
            predictions = (max(_PREDICTION_WIDTH, len(model)) for model in analysis.models)
            widths = [max(min(longest, _MAX_NAME_WIDTH), len("Picture")), len("Face"), *predictions, len("Note")]
            print(row_line(header, widths, right=[1]))
            print(row_line(["-" * width for width in widths], widths))
        faceless = ["-", *[""] * len(analysis.models), "no face found"]
        for cells in [_cells(face) for face in analysis.faces] or [faceless]:
            print(row_line([printable(analysis.name), *cells], widths, right=[1]))


def _cells(face: Face) -> list[str]:
    notes = ["models disagree"] * face.models_disagree + ["the whole picture is the face"] * face.whole_picture
    return [str(face.number), *map(_shown, face.predictions.values()), ", ".join(notes)]


def _shown(prediction: Prediction) -> str:
    unsure = " (unsure)" if prediction.is_uncertain else ""
    return f"{prediction.label} {prediction.confidence:.0%}{unsure}"


def write_json(results: Iterable[Analysis], names: Sequence[str]) -> None:
    """A list with an entry per image, written as it grows: a long folder need not fit into memory."""
    first = True
    print("[", end="")
    for analysis in results:
        print(("" if first else ",") + "\n" + json.dumps(analysis.to_dict()), end="")
        first = False
    print("\n]")


def write_csv(results: Iterable[Analysis], names: Sequence[str]) -> None:
    """A row per face and model, and one for an image without a face."""
    for line in csv_lines(row for analysis in results for row in analysis.to_rows()):
        print(line)


WRITERS: Final[dict[str, Callable[[Iterable[Analysis], Sequence[str]], None]]] = {
    "table": write_table,
    "json": write_json,
    "csv": write_csv,
}
