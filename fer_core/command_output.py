"""What the command line writes: results as a table, JSON or CSV, one picture after another, and refusals."""

import json
import sys
from collections.abc import Callable, Iterable

from fer_core.analyze import Analysis
from fer_core.errors import FerError


def write_table(results: Iterable[Analysis]) -> None:
    """A line for every face, to read."""
    for analysis in results:
        if not analysis.faces:
            print(f"{analysis.name}: no face found")
        for face in analysis.faces:
            answers = "  ".join(
                f"{model} {p.label} {p.confidence:.0%}{' (unsure)' if p.is_uncertain else ''}"
                for model, p in face.predictions.items()
            )
            mark = "  models disagree" if face.models_disagree else ""
            whole = "  (picture taken as the face)" if face.whole_picture else ""
            print(f"{analysis.name}: face {face.number}  {answers}{mark}{whole}")


def write_json(results: Iterable[Analysis]) -> None:
    """A list of pictures, written as it grows: a long folder need not fit into memory."""
    first = True
    print("[", end="")
    for analysis in results:
        print(("" if first else ",") + "\n" + json.dumps(analysis.to_dict()), end="")
        first = False
    print("\n]")


def write_csv(results: Iterable[Analysis]) -> None:
    """A row for every face and model, and one for a picture without a face."""
    from fer_core.reports import csv_lines

    for line in csv_lines(row for analysis in results for row in analysis.to_rows()):
        print(line)


WRITERS: dict[str, Callable[[Iterable[Analysis]], None]] = {
    "table": write_table,
    "json": write_json,
    "csv": write_csv,
}


def refuse(reason: FerError | str) -> int:
    """Say on stderr why a command does nothing; returns the exit code of wrong usage."""
    print(f"error: {reason}", file=sys.stderr)
    return 2
