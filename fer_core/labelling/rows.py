"""One picture -> its rows. `Labeller` is what every engine runs, in each of its workers."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from fer_core.analysis import UNSURE_BELOW, Analysis, analyze
from fer_core.bundle import EmotionModel, load_model
from fer_core.detection import DEFAULT_DETECTOR, load_detector
from fer_core.emotions import EMOTIONS
from fer_core.errors import ImageError
from fer_core.labelling.sources import read_source

Rows = list[dict[str, Any]]
Task = tuple[str, str | None]
"""A source, and the content hash that it had when it was done before; NEW where it has not been done."""
NEW: Final = ""
DIED: Final = "the process that read it died"

FACE, NO_FACE, REFUSED = "face", "no face", "refused"
STATUSES: Final = (FACE, NO_FACE, REFUSED)
_PICTURE: Final = (
    ("source", pa.string()), ("content_hash", pa.string()), ("status", pa.string()), ("reason", pa.string()),
    ("width", pa.int32()), ("height", pa.int32()),
)  # fmt: skip
_BOX: Final = tuple((name, pa.int32()) for name in ("face", "box_x", "box_y", "box_width", "box_height"))


def schema(models: Sequence[str]) -> pa.Schema:
    """Columns of a part: the picture, the face and its box, then for each model its answer.

    content_hash: SHA-256 of the file, null where it could not be read. status: "face", "no face" or "refused"; reason:
    why refused. width, height and the box are in pixels. <model>_label, _confidence, _uncertain and seven
    <model>_<emotion>, probabilities from 0 to 1. Everything that does not apply is null.
    """
    answers: list[tuple[str, pa.DataType]] = []
    for model in models:
        answers += [(f"{model}_label", pa.string()), (f"{model}_confidence", pa.float32())]
        answers += [(f"{model}_uncertain", pa.bool_()), *((f"{model}_{emotion}", pa.float32()) for emotion in EMOTIONS)]
    return pa.schema([*_PICTURE, *_BOX, *answers])


@dataclass(frozen=True)
class Settings:
    """What decides a picture's rows. folders: of the bundles; detector: one of DETECTORS."""

    folders: tuple[Path, ...]
    threshold: float = UNSURE_BELOW
    detector: str = DEFAULT_DETECTOR


class Labeller:
    """Pictures in, rows out. One for each worker process: it loads the models itself."""

    def __init__(self, settings: Settings, threads: int = 1) -> None:
        """threads: of each network, and of OpenCV. Raises ModelError."""
        import cv2

        cv2.setNumThreads(threads)
        self.models: list[EmotionModel] = [load_model(folder, threads=threads) for folder in settings.folders]
        self.detector = load_detector(settings.detector, threads)
        self.threshold = settings.threshold

    def rows(self, source: str, content: bytes | None, reason: str = "") -> Rows:
        """A row for every face of a picture; one row for a picture without a face, or that was refused.

        content: the file's bytes, or None where they could not be read, and `reason` says why. Never raises for a
        picture, whatever it is.
        """
        if content is None:
            return [{"source": source, "content_hash": None, "status": REFUSED, "reason": reason}]
        known = {"source": source, "content_hash": hashlib.sha256(content).hexdigest()}
        try:
            analysis = analyze(content, self.models, threshold=self.threshold, name=source, detector=self.detector)
        except ImageError as error:
            return [known | {"status": REFUSED, "reason": str(error)}]
        height, width = analysis.image.shape[:2]
        known |= {"width": width, "height": height}
        return _faces(analysis, known) or [known | {"status": NO_FACE}]


def read_task(task: Task) -> tuple[bytes | None, str] | None:
    """(content, "") or (None, why it cannot be read); None where the picture is what it was when it was done."""
    source, before = task
    try:
        content = read_source(source)
    except ImageError as error:
        return (None, str(error)) if before is not None else None  # unreadable before too: it has that row
    return None if before and hashlib.sha256(content).hexdigest() == before else (content, "")


def label_batch(labeller: Labeller, tasks: Sequence[Task]) -> Rows:
    """The rows of some pictures, read one by one. Those that are as they were when they were done give none."""
    rows: Rows = []
    for task in tasks:
        if (found := read_task(task)) is not None:
            rows += labeller.rows(task[0], *found)
    return rows


def died(source: str) -> Rows:
    """The row of a picture that ends every process that reads it."""
    return [{"source": source, "content_hash": None, "status": REFUSED, "reason": DIED}]


def _faces(analysis: Analysis, known: dict[str, Any]) -> Rows:
    rows = []
    for face in analysis.faces:
        row = known | {"status": FACE, "face": face.number}
        row |= {f"box_{side}": getattr(face.box, side) for side in ("x", "y", "width", "height")}
        for model, answer in face.predictions.items():
            row |= {
                f"{model}_label": answer.label,
                f"{model}_confidence": answer.confidence,
                f"{model}_uncertain": answer.is_uncertain,
                **{f"{model}_{e}": float(p) for e, p in zip(EMOTIONS, answer.probabilities, strict=True)},
            }
        rows.append(row)
    return rows
