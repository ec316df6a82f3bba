"""Distillation: a network learns what other models answer, beside what the labels say (Hinton et al. 2015)."""

import hashlib
import os
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fer_core.model import EmotionModel
from fer_core.splits import Faces


def soft_targets(
    labels: np.ndarray[Any, Any],
    part: Faces,
    teachers: Sequence[EmotionModel],
    share: float,
    kept: Path | None = None,
) -> np.ndarray[Any, Any]:
    """(N, 7) float32, rows sum to 1: `share` of it what the teachers say on average, the rest `labels`, (N, 7) too.

    Each teacher is asked about the face and its mirror image. share: 0 (labels alone) to 1 (teachers alone). kept: a
    file for what they said, read by a run that goes on, replaced where it is of other teachers or faces. Raises OSError
    where it cannot be written. Teachers that were trained on these very faces are surer of them than of others: better
    ones were trained on other folds.
    """
    question = f"{described(teachers)} about {hashlib.sha256(part.faces.tobytes()).hexdigest()}" if kept else ""
    said = _read(kept, question) if kept else None
    if said is None:
        said = _ask(part, teachers)
        if kept:
            _keep(kept, question, said)
    return np.asarray((1 - share) * labels + share * said, np.float32)


def _ask(part: Faces, teachers: Sequence[EmotionModel]) -> np.ndarray[Any, Any]:
    """(N, 7): what the teachers say on average, of each face and of its mirror image."""
    print(f"Asking {len(teachers)} teachers about {len(part):,} faces: minutes, where they are many.", flush=True)
    answers = [teacher.predict_proba(faces) for teacher in teachers for faces in (part.faces, part.faces[:, :, ::-1])]
    return np.asarray(np.mean(answers, axis=0), np.float32)


def _read(kept: Path, question: str) -> np.ndarray[Any, Any] | None:
    """What was answered to this very question, or None."""
    try:
        with np.load(kept, allow_pickle=False) as saved:
            return np.asarray(saved["said"]) if str(saved["question"]) == question else None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):  # none yet, or half of one
        return None


def _keep(kept: Path, question: str, said: np.ndarray[Any, Any]) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    temporary = kept.with_suffix(".tmp")
    try:
        with open(temporary, "wb") as file:
            np.savez(file, question=np.array(question), said=said)
        os.replace(temporary, kept)
    finally:
        temporary.unlink(missing_ok=True)  # of a full disk


def described(teachers: Sequence[EmotionModel]) -> str:
    """The teachers as settings and cards name them: with what tells one version from the next."""
    return " + ".join(f"{teacher.name} ({teacher.version})" for teacher in teachers)
