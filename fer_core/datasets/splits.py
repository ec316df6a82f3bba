"""A dataset -> what trains, what validates, and the parts that are reported. Copies of a face never cross a split."""

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fer_core.datasets.readers import FaceTable
from fer_core.emotions import EMOTIONS
from fer_core.errors import DatasetError

VALIDATION_SHARE: Final = 0.1
"""Of the training part, where a dataset has a test part but no validation part."""
DEFAULT_RATIOS: Final = "72/8/20"
"""For a dataset without parts: training / validation / test, as DeepFER published."""


@dataclass(frozen=True)
class Faces:
    """Faces (N, 48, 48) uint8 with labels (N,) uint8 and, where they are known, FER+ votes (N, 7) float32.

    weights: (N,) float32, how often each face is drawn in an epoch of training; None: once.
    """

    faces: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    votes: NDArray[np.float32] | None = None
    weights: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, index: NDArray[np.bool_] | NDArray[np.integer]) -> "Faces":
        """Select faces, by a mask (N,) or by row numbers."""
        votes = None if self.votes is None else self.votes[index]
        weights = None if self.weights is None else self.weights[index]
        return Faces(self.faces[index], self.labels[index], votes, weights)


@dataclass(frozen=True)
class Split:
    """What one training run uses. parts: what is reported, by name as in the model card. labels: fer2013 | ferplus.

    extra: a record for each further dataset that trains as well, as a card keeps it. aligned: how many training faces a
    detector framed anew; None: they are as the dataset has them. fold: the K/N of its faces that it was left without.
    """

    training: Faces
    validation: Faces
    parts: dict[str, Faces]
    dataset_sha256: str
    description: str
    labels: str = "fer2013"
    extra: tuple[dict[str, Any], ...] = ()
    aligned: int | None = None
    fold: str | None = None

    @property
    def is_official(self) -> bool:
        """Whether parts and labels are FER-2013's official ones alone: only so can a published figure be reproduced."""
        whole = not self.extra and self.aligned is None and self.fold is None
        return "private_test" in self.parts and self.labels == "fer2013" and whole


def split_dataset(
    table: FaceTable, split: str | None = None, labels: str = "fer2013", seed: int = 0, limit: int | None = None
) -> Split:
    """Split a dataset for training.

    split: "official" (the parts the dataset names; a missing validation part is a tenth of training), "A/B/C" shares
    of everything pooled, or None for official where there are parts and 72/8/20 where not. labels: fer2013 | ferplus.
    limit: at most this many faces per part, drawn at random. Raises DatasetError for an empty part, an emotion without
    training faces, or a split or labels that the dataset cannot give.
    """
    if labels == "ferplus" and table.ferplus is None:
        raise DatasetError("--labels ferplus needs the votes. Received: none. Add --ferplus fer2013new.csv.")
    pooled = bool((table.usage == "all").all())
    split = split or (DEFAULT_RATIOS if pooled else "official")
    if split == "official" and pooled:
        raise DatasetError(f"This dataset names no parts, so it has no official split. Use --split {DEFAULT_RATIOS}.")
    wanted = table.labels if labels == "fer2013" or table.ferplus is None else table.ferplus
    index = _official(table, seed) if split == "official" else _by_ratio(table, split, seed)
    chosen = {name: _labelled(table, rows, wanted) for name, rows in index.items()}
    reported = {name: _labelled(table, rows, table.labels) for name, rows in index.items() if name != "training"}
    if {"public_test", "private_test"} <= set(index):
        reported |= _extra_parts(table)
    validation = next((name for name in ("validation", "public_test") if name in index), None)
    if validation is None:
        raise DatasetError("The dataset has no part to validate on.")
    result = Split(chosen["training"], chosen[validation], reported, table.sha256, split, labels)
    if limit:
        rng = np.random.default_rng(seed)
        result = replace(
            result,
            training=_limited(result.training, limit, rng),
            validation=_limited(result.validation, limit, rng),
            parts={name: _limited(part, limit, rng) for name, part in result.parts.items()},
        )
    _check(result)
    return result


def evaluation_parts(table: FaceTable) -> dict[str, Faces]:
    """Return the parts a finished model is evaluated on: all but training; `test` where the dataset names none.

    FER-2013 with its official parts gives public_test, private_test, private_test_clean and, with votes, ferplus_test.
    """
    names = [name for name in dict.fromkeys(table.usage.tolist()) if name not in ("training", "all")]
    parts = {name: _labelled(table, np.flatnonzero(table.usage == name), table.labels) for name in names}
    if {"public_test", "private_test"} <= set(names):
        parts |= _extra_parts(table)
    return parts or {"test": Faces(table.faces, table.labels)}


def copy_groups(faces: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Number faces (N, 48, 48) so that those with the same pixels share a number -> (N,) int64."""
    first: dict[bytes, int] = {}
    return np.array([first.setdefault(face.tobytes(), len(first)) for face in faces], dtype=np.int64)


def grouped_split(
    labels: NDArray[np.integer], groups: NDArray[np.integer], shares: tuple[float, ...], seed: int
) -> list[NDArray[np.int64]]:
    """Split rows into shares, stratified by label, with no group in two of them -> row numbers of each share.

    labels, groups: (N,). shares: of any sum. The same seed gives the same split.

    Within a class the groups are shuffled and laid end to end; a group goes where its middle falls.
    """
    _, first, inverse, sizes = np.unique(groups, return_index=True, return_inverse=True, return_counts=True)
    rng = np.random.default_rng(seed)
    edges = np.cumsum(shares)[:-1] / sum(shares)
    part_of_group = np.zeros(len(sizes), np.int64)
    for label in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels[first] == label))
        if len(members):
            middle = np.cumsum(sizes[members]) - sizes[members] / 2
            part_of_group[members] = np.searchsorted(edges, middle / sizes[members].sum())
    parts = part_of_group[inverse]
    return [np.flatnonzero(parts == part) for part in range(len(shares))]


def _official(table: FaceTable, seed: int) -> dict[str, NDArray[np.int64]]:
    index = {name: np.flatnonzero(table.usage == name) for name in dict.fromkeys(table.usage.tolist())}
    if "training" not in index:
        raise DatasetError("The dataset has no training part.")
    if not {"validation", "public_test"} & set(index):
        rows = index["training"]
        train, validation = grouped_split(
            table.labels[rows], copy_groups(table.faces[rows]), (1 - VALIDATION_SHARE, VALIDATION_SHARE), seed
        )
        index |= {"training": rows[train], "validation": rows[validation]}
    return index


def _by_ratio(table: FaceTable, split: str, seed: int) -> dict[str, NDArray[np.int64]]:
    try:
        shares = tuple(float(share) for share in split.split("/"))
    except ValueError:
        shares = ()
    if len(shares) != 3 or not all(0 < share < float("inf") for share in shares):
        raise DatasetError(
            f"Expected official or three shares such as {DEFAULT_RATIOS} as --split. Received: {split!r}."
        )
    rows = grouped_split(table.labels, copy_groups(table.faces), shares, seed)
    return dict(zip(("training", "validation", "test"), rows, strict=True))


def _extra_parts(table: FaceTable) -> dict[str, Faces]:
    """private_test_clean (no copy in Training or PublicTest) and, with votes, ferplus_test."""
    private = np.flatnonzero(table.usage == "private_test")
    groups = copy_groups(table.faces)
    elsewhere = np.isin(groups[private], groups[table.usage != "private_test"])
    extra = {"private_test_clean": _labelled(table, private[~elsewhere], table.labels)}
    if table.ferplus is not None:
        extra["ferplus_test"] = _labelled(table, private, table.ferplus)
    return extra


def _labelled(table: FaceTable, rows: NDArray[np.int64], labels: NDArray[np.integer]) -> Faces:
    rows = rows[labels[rows].astype(np.int16) >= 0]
    votes = None if table.votes is None else table.votes[rows]
    return Faces(table.faces[rows], labels[rows].astype(np.uint8), votes)


def _limited(part: Faces, limit: int, rng: np.random.Generator) -> Faces:
    return part if len(part) <= limit else part.take(np.sort(rng.choice(len(part), limit, replace=False)))


def _check(split: Split) -> None:
    for name, part in (("training", split.training), ("validation", split.validation), *split.parts.items()):
        if not len(part):
            raise DatasetError(f"The {name} part is empty: the dataset is too small for the split {split.description}.")
    counts = np.bincount(split.training.labels, minlength=len(EMOTIONS))
    missing = [EMOTIONS[i] for i in np.flatnonzero(counts == 0)]
    if missing:
        raise DatasetError(f"No training faces for: {', '.join(missing)}. All seven emotions are needed.")
