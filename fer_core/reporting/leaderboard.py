"""The leaderboard: one row per bundle, from the cards alone, for the Compare page and the README.

To add a column, write one line of COLUMNS and one of `score_row`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from fer_core.bundle import OFFICIAL_TEST, Bundle, main_part, network_entry
from fer_core.evaluation import FaceTime
from fer_core.reporting.markdown import MISSING, decimal, markdown_table, percent, percent_interval


@dataclass(frozen=True)
class Column:
    """A column of the leaderboard.

    key: of the rows that `score_row` returns; help: its explanation. kind: "text", "share" (a fraction, shown in
    percent) or "number", shown with `decimals`. better: "high", "low", or "" where neither is better.
    """

    key: str
    title: str
    help: str
    kind: str = "share"
    decimals: int = 3
    better: str = "high"


COLUMNS: Final = (
    Column("model", "Model", "The bundle's title; in brackets its folder under models/, where that has another name.",
           "text", better=""),
    Column("real_faces", "Real faces", "Share of labelled pictures of people whose expression is named correctly, end "
           "to end: the largest face is found, framed and classified, and one that is not found counts as wrong."),
    Column("real_balanced", "Real faces, balanced", "The same as the mean recall of the seven emotions: rare fear "
           "counts as much as frequent neutral."),
    Column("accuracy", "FER-2013 test (PrivateTest)", "Share of the official FER-2013 test faces that are classified "
           "correctly. No model here was trained on them or chosen by them."),
    Column("interval", "95 % interval", "95 % confidence interval of the accuracy on all faces of this kind, of which "
           "these are a sample (Wilson). Models whose intervals overlap much may be equally good.", "text", better=""),
    Column("clean", "Clean faces", "The same without the faces that are, pixel by pixel, also in the training part or "
           "PublicTest."),
    Column("milliseconds", "ms per face", "Milliseconds for one face, measured on this machine by the button below: "
           "the fastest of several rounds in which the models take turns.", "number", 2, "low"),
    Column("milliseconds_span", "ms, all rounds", "The fastest and the slowest round. Models whose ranges overlap may "
           "be equally fast.", "text", better=""),
    Column("balanced_accuracy", "Balanced", "Mean recall of the seven emotions: rare disgust counts as much as "
           "frequent happy."),
    Column("macro_f1", "Macro F1", "Mean F1 of the seven emotions, 0 to 1: high only where both precision and recall "
           "are high.", "number"),
    Column("ferplus", "FER+", "Accuracy on the same faces under the labels that ten people voted on later (FER+); "
           "faces without a clear vote for one of the seven are left out."),
    Column("own", "Own test", "Accuracy on the test part of another dataset than FER-2013 with its official split; "
           "such figures compare only within one dataset."),
    Column("ece", "Calibration error", "Mean gap between the model's confidence and its accuracy (ECE, 15 bins), "
           "as a fraction; 0 is perfect.", "number", better="low"),
    Column("parameters", "Parameters (M)", "Millions of learned weights.", "number", 2, ""),
    Column("megabytes", "File (MB)", "Size of the network's file, model.tflite.", "number", 2, "low"),
    Column("minutes", "Training (min)", "Minutes that training took on the hardware named beside it.", "number", 0, ""),
    Column("hardware", "Trained on", "The hardware that trained it.", "text", better=""),
)  # fmt: skip
_JUDGED_BY: Final = ("real_faces", "accuracy")
_NOT_IN_README: Final = ("own", "milliseconds", "milliseconds_span", "hardware", "minutes")


def score_row(bundle: Bundle, time: FaceTime | None = None) -> dict[str, Any]:
    """Return a bundle's row: the keys of COLUMNS; None where the card does not say.

    time: per face, where it was measured.
    """
    card = bundle.card
    part = main_part(card.evaluation)
    judged = card.evaluation[part] if part else {}
    private, own = (judged, {}) if part == OFFICIAL_TEST else ({}, judged)
    interval = private.get("accuracy_interval")
    seconds = card.training.get("seconds")
    entry = network_entry(card)
    return {
        "model": card.title if card.title.lower() == bundle.name.lower() else f"{card.title} ({bundle.name})",
        "real_faces": card.real_faces.get("accuracy"),
        "real_balanced": card.real_faces.get("balanced_accuracy"),
        "accuracy": private.get("accuracy"),
        "interval": percent_interval(*interval) if interval else None,
        "clean": card.evaluation.get("private_test_clean", {}).get("accuracy"),
        "milliseconds": time.fastest if time else None,
        "milliseconds_span": f"{time.fastest:.2f} to {time.slowest:.2f}" if time else None,
        "balanced_accuracy": private.get("balanced_accuracy"),
        "macro_f1": private.get("macro_f1"),
        "ferplus": card.evaluation.get("ferplus_test", {}).get("accuracy"),
        "own": own.get("accuracy"),
        "ece": private.get("ece"),
        "parameters": card.parameters / 1e6,
        "megabytes": entry["bytes"] / 1e6 if "bytes" in entry else None,
        "minutes": seconds / 60 if seconds is not None else None,
        "hardware": card.training.get("hardware"),
    }


def best_first(rows: Sequence[dict[str, Any]]) -> tuple[str, list[dict[str, Any]]]:
    """The column that orders the rows of `score_row`, and the rows, those without it last.

    It is the accuracy on real faces where any row has it, else the accuracy on FER-2013's test part.
    """
    key = next((key for key in _JUDGED_BY if any(row[key] is not None for row in rows)), _JUDGED_BY[-1])
    return key, sorted(rows, key=lambda row: (row[key] is None, -(row[key] or 0)))


def leaderboard_table(bundles: Sequence[Bundle]) -> str:
    """Return the README's results table as Markdown, best first, generated so that no number is typed.

    A column that no card fills is left out.
    """
    _, rows = best_first([score_row(bundle) for bundle in bundles])
    filled = {key for row in rows for key, value in row.items() if value is not None}
    shown = [column for column in COLUMNS if column.key in filled and column.key not in _NOT_IN_README]
    header = [column.title for column in shown]
    return markdown_table(header, [[_cell(row[column.key], column) for column in shown] for row in rows])


def _cell(value: Any, column: Column) -> str:
    if column.kind == "text":
        return MISSING if value is None else str(value)
    return percent(value) if column.kind == "share" else decimal(value, column.decimals)
