"""Distillation: a network learns what other models answer, beside what the labels say (Hinton et al. 2015)."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from fer_core.model import EmotionModel
from fer_core.splits import Faces
from fer_core.training.augment import one_hot


def soft_targets(part: Faces, teachers: Sequence[EmotionModel], share: float) -> np.ndarray[Any, Any]:
    """(N, 7) float32, rows sum to 1: `share` of it what the teachers say on average, the rest the label.

    Each teacher is asked about the face and its mirror image. share: 0 (labels alone) to 1 (teachers alone). Teachers
    that were trained on these very faces are surer of them than of others: better ones were trained on other folds.
    """
    print(f"Asking {len(teachers)} teachers about {len(part):,} faces: minutes, where they are many.", flush=True)
    said = np.mean(
        [teacher.predict_proba(faces) for teacher in teachers for faces in (part.faces, part.faces[:, :, ::-1])], axis=0
    )
    return np.asarray((1 - share) * one_hot(part.labels) + share * said, np.float32)


def described(teachers: Sequence[EmotionModel]) -> str:
    """The teachers as settings and cards name them: with what tells one version from the next."""
    return " + ".join(f"{teacher.name} ({teacher.version})" for teacher in teachers)
