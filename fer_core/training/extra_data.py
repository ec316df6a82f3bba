"""`--extra-data`: labelled pictures of faces that train beside the dataset, framed as the app frames its pictures."""

import argparse
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fer_core.analysis import frame_pictures
from fer_core.datasets import Faces, LabelledPictures, Split, labelled_pictures
from fer_core.emotions import EMOTIONS
from fer_core.errors import DatasetError

MOST_DRAWS: Final = 8.0
"""How often at most, times its weight, a face of a rare emotion is drawn in one epoch: it would be learned by heart."""


@dataclass(frozen=True)
class ExtraData:
    """A folder of pictures in folders by emotion.

    weight: how many faces an epoch draws from it, per face that it has.
    """

    path: Path
    weight: float = 1.0


def extra_data(text: str) -> ExtraData:
    """A type for argparse: PATH or PATH:WEIGHT."""
    path, _, weight = text.rpartition(":")
    if path:
        try:
            value = float(weight)
        except ValueError:  # the colon belongs to the path
            return ExtraData(Path(text))
        if not 0 < value < float("inf"):
            raise argparse.ArgumentTypeError(f"must have a weight greater than 0. Received: {text}")
        return ExtraData(Path(path), value)
    return ExtraData(Path(text))


def with_extra_data(split: Split, extras: Sequence[ExtraData], limit: int | None = None) -> Split:
    """`split`, whose training part has the faces of `extras` as well; what is validated and reported stays.

    limit: at most this many pictures of each folder, drawn at random. Raises DatasetError where a folder has no picture
    that can be used.
    """
    training, records = split.training, []
    for extra in extras:
        faces, record = read_extra_data(extra, limit)
        training = _joined(training, faces)
        records.append(record)
        counts = ", ".join(f"{name} {count}" for name, count in record["faces"].items())
        print(f"{extra.path}: {counts}; no face found in {record['not_found']}.", flush=True)
    return replace(split, training=training, extra=tuple(records))


def read_extra_data(extra: ExtraData, limit: int | None = None) -> tuple[Faces, dict[str, Any]]:
    """The largest face of each picture -> faces with their weights, and the record for a card.

    The record has dataset, sha256 (of faces and labels), weight, faces (emotion -> count) and not_found (pictures
    without a face or that cannot be read; they are left out). Raises DatasetError.
    """
    pictures = labelled_pictures(extra.path)
    rows = np.arange(len(pictures.sources))
    if limit and limit < len(rows):
        rows = np.sort(np.random.default_rng(0).choice(rows, limit, replace=False))
    names, sources = tuple(pictures.names[row] for row in rows), tuple(pictures.sources[row] for row in rows)
    framed = frame_pictures(LabelledPictures(names, sources, pictures.labels[rows]))
    faces, labels = framed.faces, framed.labels
    if not len(faces):
        raise DatasetError(f"{extra.path}: no face found in any of {len(rows)} pictures.")
    record = {
        "dataset": extra.path.resolve().name,
        "sha256": hashlib.sha256(faces.tobytes() + labels.tobytes()).hexdigest(),
        "weight": extra.weight,
        "faces": {emotion: int((labels == index).sum()) for index, emotion in enumerate(EMOTIONS)},
        "not_found": len(rows) - len(faces),
    }
    return Faces(faces, labels, weights=draws(labels, extra.weight)), record


def draws(labels: NDArray[np.uint8], weight: float) -> NDArray[np.float32]:
    """(N,) labels -> (N,) float32: how often each face is drawn in an epoch, `weight` on average or a little less.

    An emotion's share of the draws goes with the root of its faces, so that common ones do not swallow the rest; a face
    is drawn at most MOST_DRAWS * weight times.
    """
    counts = np.bincount(labels, minlength=len(EMOTIONS))
    roots = np.sqrt(counts)
    per_face = len(labels) * roots / roots.sum() / np.maximum(counts, 1)
    return np.asarray(weight * np.minimum(per_face, MOST_DRAWS)[labels], np.float32)


def _joined(first: Faces, second: Faces) -> Faces:
    votes = None
    if first.votes is not None:  # no votes: a row of zeros, and the label counts
        votes = np.concatenate([first.votes, np.zeros((len(second), len(EMOTIONS)), np.float32)])
    once = np.ones(len(first), np.float32) if first.weights is None else first.weights
    assert second.weights is not None
    return Faces(
        np.concatenate([first.faces, second.faces]),
        np.concatenate([first.labels, second.labels]),
        votes,
        np.concatenate([once, second.weights]),
    )
