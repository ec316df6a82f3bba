"""Somebody's own labelled faces: uploads named or foldered by emotion -> a table, and models measured on it."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from fer_core.datasets import FaceTable
from fer_core.emotions import EMOTIONS, emotion_index
from fer_core.errors import DatasetError, ImageError
from fer_core.evaluation import metrics
from fer_core.faces import whole_face
from fer_core.images import decode_image
from fer_core.model import MAX_BATCH, EmotionModel
from fer_core.splits import Faces, evaluation_parts

MOST_UPLOADS: Final = 2000
"""Pictures of one upload; a larger set is better read from its folder."""


@dataclass(frozen=True)
class Measured:
    """What models answered on a dataset: probabilities[model][part] is (N, 7) float32 for the faces of parts[part]."""

    source: str
    dataset_sha256: str
    parts: dict[str, Faces]
    probabilities: dict[str, dict[str, np.ndarray[Any, Any]]]

    def results(self) -> dict[str, dict[str, dict[str, Any]]]:
        """model -> part -> metrics."""
        return {
            model: {part: metrics(answers, self.parts[part].labels) for part, answers in by_part.items()}
            for model, by_part in self.probabilities.items()
        }

    def to_dict(self) -> dict[str, Any]:
        """The same JSON as `python -m fer_core evaluate --json` writes."""
        return {"data": self.source, "dataset_sha256": self.dataset_sha256, "models": self.results()}


def emotion_in_name(name: str) -> int | None:
    """The emotion that a file's name tells, as an index into EMOTIONS: its folder's name, else a word of its own name.

    "happy/1.png", "me_happy_2.jpg", "Anger-03.png"; None where no emotion, or more than one, is named.
    """
    *folders, last = re.split(r"[/\\]", name)
    for folder in reversed(folders):
        found = emotion_index(folder)
        if found is not None:
            return found
    words = {emotion_index(word) for word in re.split(r"[^A-Za-z]+", last.rsplit(".", 1)[0])} - {None}
    return words.pop() if len(words) == 1 else None


def table_of_uploads(files: Iterable[tuple[str, bytes]]) -> tuple[FaceTable, list[str]]:
    """(name, content) pairs -> faces with labels, and a line for every file that was left out.

    Every picture is taken whole as one face crop, as `evaluate --data` takes a folder's. Raises DatasetError where no
    picture is left or there are more than MOST_UPLOADS.
    """
    faces, labels, left_out = [], [], []
    for number, (name, content) in enumerate(files):
        if number == MOST_UPLOADS:
            raise DatasetError(f"More than {MOST_UPLOADS:,} pictures: give the folder's path instead.")
        label = emotion_in_name(name)
        if label is None:
            left_out.append(f"{name}: its name and folder tell no emotion, or several.")
            continue
        try:
            faces.append(whole_face(decode_image(content)))
            labels.append(label)
        except ImageError as error:
            left_out.append(f"{name}: {error}")
    if not faces:
        raise DatasetError(
            "None of the pictures can be used. Name each, or its folder, after its emotion: "
            f"{', '.join(EMOTIONS)}; for example happy_1.jpg or happy/1.jpg."
        )
    usage = np.full(len(faces), "all")
    return FaceTable(np.stack(faces), np.array(labels, np.uint8), usage, Path("uploads"), "uploads"), left_out


def measure(
    models: Mapping[str, EmotionModel], table: FaceTable, progress: Callable[[float, str], None] | None = None
) -> Measured:
    """Let every model answer every face of the table's parts. progress: called with the share done and a text."""
    parts = evaluation_parts(table)
    total, done = max(1, len(models) * sum(len(part) for part in parts.values())), 0
    probabilities: dict[str, dict[str, np.ndarray[Any, Any]]] = {}
    for name, model in models.items():
        probabilities[name] = {}
        for part, faces in parts.items():
            answers = []
            for start in range(0, len(faces), MAX_BATCH):
                answers.append(model.predict_proba(faces.faces[start : start + MAX_BATCH]))
                done += len(answers[-1])
                if progress:
                    progress(done / total, f"{name}: {done:,} of {total:,} answers")
            probabilities[name][part] = np.concatenate(answers)
    return Measured(table.source.name, table.sha256, parts, probabilities)
