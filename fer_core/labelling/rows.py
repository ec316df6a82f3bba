"""One picture -> its rows. `Labeller` is what every engine runs, in each of its workers."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from fer_core.analyze import UNSURE_BELOW, Analysis, analyze
from fer_core.emotions import EMOTIONS
from fer_core.errors import ImageError
from fer_core.model import EmotionModel, load_model

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


class Labeller:
    """Pictures in, rows out. One for each worker process: it loads the models itself."""

    def __init__(self, folders: Sequence[Path], threshold: float = UNSURE_BELOW, threads: int = 1) -> None:
        """folders: of the bundles. threads: of each network, and of OpenCV. Raises ModelError."""
        import cv2

        cv2.setNumThreads(threads)
        self.models: list[EmotionModel] = [load_model(folder, threads=threads) for folder in folders]
        self.threshold = threshold

    def rows(self, source: str, content: bytes | None, reason: str = "") -> list[dict[str, Any]]:
        """A row for every face of a picture; one row for a picture without a face, or that was refused.

        content: the file's bytes, or None where they could not be read, and `reason` says why. Never raises for a
        picture, whatever it is.
        """
        if content is None:
            return [{"source": source, "content_hash": None, "status": REFUSED, "reason": reason}]
        known = {"source": source, "content_hash": hashlib.sha256(content).hexdigest()}
        try:
            analysis = analyze(content, self.models, threshold=self.threshold, name=source)
        except ImageError as error:
            return [known | {"status": REFUSED, "reason": str(error)}]
        height, width = analysis.image.shape[:2]
        known |= {"width": width, "height": height}
        return _faces(analysis, known) or [known | {"status": NO_FACE}]


def _faces(analysis: Analysis, known: dict[str, Any]) -> list[dict[str, Any]]:
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
