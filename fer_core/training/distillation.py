"""Distillation: a network learns other models' predictions beside the labels (Hinton et al. 2015)."""

import hashlib
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fer_core.bundle import EmotionModel
from fer_core.datasets import Faces
from fer_core.emotions import EMOTIONS
from fer_core.training.folds import taught_by
from fer_core.utils.files import atomic_write


def soft_targets(
    labels: NDArray[np.float32],
    part: Faces,
    teachers: Sequence[EmotionModel],
    share: float,
    kept: Path | None = None,
) -> NDArray[np.float32]:
    """Blend `labels`, (N, 7) with rows that sum to 1, with the mean of the teachers' predictions -> the same shape.

    Each teacher sees the face and its mirror image; one that was trained without a fold sees that fold alone. share: of
    the teachers, 0 (labels alone) to 1 (teachers alone). kept: a file for their predictions, read by a run that goes
    on, replaced where it is of other teachers or faces. Raises OSError where it cannot be written, and ModelError where
    a face has no teacher.
    """
    question = f"{describe(teachers)} about {hashlib.sha256(part.faces.tobytes()).hexdigest()}" if kept else ""
    predictions = _read(kept, question) if kept else None
    if predictions is None:
        predictions = _predict(part, teachers)
        if kept:
            _write(kept, question, predictions)
    return np.asarray((1 - share) * labels + share * predictions, np.float32)


def describe(teachers: Sequence[EmotionModel]) -> str:
    """The teachers as settings and cards name them: with what tells one version from the next."""
    return " + ".join(f"{teacher.name} ({teacher.version})" for teacher in teachers)


def _predict(part: Faces, teachers: Sequence[EmotionModel]) -> NDArray[np.float32]:
    """(N, 7): the mean over the teachers that may teach the face, and over the face and its mirror image."""
    rows = taught_by(teachers, part)
    print(f"Asking {len(teachers)} teachers about {len(part):,} faces: minutes, where they are many.", flush=True)
    total = np.zeros((len(part), len(EMOTIONS)), np.float32)
    for teacher, mine in zip(teachers, rows, strict=True):
        faces = part.faces[mine]
        total[mine] += (teacher.predict_proba(faces) + teacher.predict_proba(faces[:, :, ::-1])) / 2
    return np.asarray(total / np.sum(rows, axis=0)[:, None], np.float32)


def _read(kept: Path, question: str) -> NDArray[np.float32] | None:
    """The predictions for this very question, or None."""
    try:
        with np.load(kept, allow_pickle=False) as saved:
            return np.asarray(saved["said"], np.float32) if str(saved["question"]) == question else None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):  # none yet, or half of one
        return None


def _write(kept: Path, question: str, predictions: NDArray[np.float32]) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(kept) as unfinished, open(unfinished, "wb") as file:
        np.savez(file, question=np.array(question), said=predictions)
