"""Folds of the training faces, for teachers that never saw the faces they teach.

A teacher is surer, and more often right, about faces that it was trained on, and repeats their labels' errors. So N
teachers are trained, each without one of N folds (`--fold K/N`), and each teaches that fold alone (`distillation`).
"""

import argparse
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fer_core.bundle import EmotionModel
from fer_core.datasets import Faces, Split
from fer_core.errors import ModelError
from fer_core.utils.text import listed


@dataclass(frozen=True)
class Fold:
    """The `number`-th (from 1) of `of` folds. `str` gives it as the option and the cards have it: K/N.

    A face's fold follows from its pixels: copies share one, and it is the same in every run, with other data beside
    too. So folds are of about the same size, and have about the same share of each emotion.
    """

    number: int
    of: int

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    def holds(self, faces: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Whether each of the faces (N, 48, 48) is in this fold -> (N,)."""
        digests = (hashlib.sha256(face.tobytes()).digest() for face in faces)
        return np.array([int.from_bytes(digest[:8], "big") % self.of == self.number - 1 for digest in digests], bool)


def fold(text: str) -> Fold:
    """A type for argparse: K/N, where N is at least 2 and K is 1 to N."""
    number, _, of = text.partition("/")
    if not (number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of) and int(of) >= 2):
        raise argparse.ArgumentTypeError(f"must be one of several folds, such as 1/5 to 5/5. Received: {text}")
    return Fold(int(number), int(of))


def without_fold(split: Split, left_out: Fold) -> Split:
    """`split` without this fold of its training part; what is validated and reported stays."""
    return replace(split, training=split.training.take(~left_out.holds(split.training.faces)), fold=str(left_out))


def taught_by(teachers: Sequence[EmotionModel], part: Faces) -> list[NDArray[np.bool_]]:
    """Which faces of `part` each model may teach -> a mask (N,) each.

    Those of the fold that it was trained without; without a fold, all. Raises ModelError where a face has no teacher.
    """
    masks = [_may_teach(teacher, part) for teacher in teachers]
    alone = len(part) - int(np.any(masks, axis=0).sum())
    if alone:
        raise ModelError(
            f"--teachers: {alone:,} of {len(part):,} training faces are in a fold that none of "
            f"{listed(teacher.name for teacher in teachers)} was trained without. Name the models of all folds."
        )
    return masks


def check_teachers(teachers: Sequence[EmotionModel], split: Split) -> None:
    """Raise ModelError where a face of the training part has no teacher, or one that may have been trained on it."""
    for teacher in teachers:
        training = teacher.card.training
        if "fold" in training and ("aligned" in training) != (split.aligned is not None):
            raise ModelError(
                f"--teachers {teacher.name}: where teachers were trained with --fold, --aligned goes for them and for "
                "this training, or for neither."
            )
    if teachers:
        taught_by(teachers, split.training)


def _may_teach(teacher: EmotionModel, part: Faces) -> NDArray[np.bool_]:
    left_out = teacher.card.training.get("fold")
    return fold(left_out).holds(part.faces) if left_out else np.ones(len(part), bool)
