"""Uploaded faces, labelled by the names of their files or folders -> a table, and models measured on it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fer_core.bundle import MAX_BATCH, EmotionModel
from fer_core.datasets import Faces, FaceTable, evaluation_parts, labelled_uploads
from fer_core.errors import DatasetError, ImageError
from fer_core.evaluation.metrics import metrics
from fer_core.image import read_image, whole_face


@dataclass(frozen=True)
class Measured:
    """Predictions on a dataset: probabilities[model][part] is (N, 7) float32, of the faces of parts[part]."""

    source: str
    dataset_sha256: str
    parts: dict[str, Faces]
    probabilities: dict[str, dict[str, NDArray[np.float32]]]

    def results(self) -> dict[str, dict[str, dict[str, Any]]]:
        """Return model -> part -> metrics."""
        return {
            model: {part: metrics(predictions, self.parts[part].labels) for part, predictions in by_part.items()}
            for model, by_part in self.probabilities.items()
        }

    def to_dict(self) -> dict[str, Any]:
        """Return the same JSON as `python -m fer_core evaluate --json` writes."""
        return {"data": self.source, "dataset_sha256": self.dataset_sha256, "models": self.results()}


def table_of_uploads(files: Iterable[tuple[str, bytes]]) -> tuple[FaceTable, list[str]]:
    """Return labelled faces, and a line for each file that was left out. files: (name, content).

    Each picture is taken whole as one face crop, as `evaluate --data` takes those of a folder. Raises DatasetError
    where no picture is left or there are too many.
    """
    pictures, left_out = labelled_uploads(files)
    faces, labels, unreadable = [], [], []
    for name, content, label in zip(pictures.names, pictures.sources, pictures.labels, strict=True):
        try:
            faces.append(whole_face(read_image(content, name).pixels))
            labels.append(label)
        except ImageError as error:
            unreadable.append(str(error))
    if not faces:
        raise DatasetError(f"None of the pictures can be read: {unreadable[0]}")
    usage = np.full(len(faces), "all")
    table = FaceTable(np.stack(faces), np.array(labels, np.uint8), usage, Path("uploads"), "uploads")
    return table, [*left_out, *unreadable]


def measure(
    models: Mapping[str, EmotionModel], table: FaceTable, progress: Callable[[float, str], None] | None = None
) -> Measured:
    """Run each model on each part of the table. progress: called with the fraction done (0-1) and a text."""
    parts = evaluation_parts(table)
    total, done = max(1, len(models) * sum(len(part) for part in parts.values())), 0
    probabilities: dict[str, dict[str, NDArray[np.float32]]] = {}
    for name, model in models.items():
        probabilities[name] = {}
        for part, faces in parts.items():
            batches = []
            for start in range(0, len(faces), MAX_BATCH):
                batches.append(model.predict_proba(faces.faces[start : start + MAX_BATCH]))
                done += len(batches[-1])
                if progress:
                    progress(done / total, f"{name}: {done:,} of {total:,} predictions")
            probabilities[name][part] = np.concatenate(batches)
    return Measured(table.source.name, table.sha256, parts, probabilities)
