"""Splits: stratified, repeatable, and no copy of a face on two sides."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fer_core import DatasetError
from fer_core.datasets.readers import FaceTable, read_dataset
from fer_core.datasets.splits import Faces, copy_groups, evaluation_parts, grouped_split, split_dataset
from tests.support import tiny

OFFICIAL = ("training", "public_test", "private_test")


def table(per_class: int = 20, usage: str | list[str] = "all", **more: Any) -> FaceTable:
    faces, labels = tiny.faces(per_class)
    usages = np.array([usage] * len(labels) if isinstance(usage, str) else usage)
    return FaceTable(faces, labels, usages, Path("tiny"), "csv", **more)


def keys(part: Faces) -> set[bytes]:
    return {face.tobytes() for face in part.faces}


def with_copies(source: FaceTable) -> FaceTable:
    """Every third face three times more, one copy of them under another label, all in another order."""
    third = np.arange(0, len(source.labels), 3)
    order = np.random.default_rng(1).permutation(len(source.labels) + 3 * len(third))
    labels = np.concatenate([source.labels, *[source.labels[third]] * 2, (source.labels[third] + 1) % 7])
    faces = np.concatenate([source.faces, *[source.faces[third]] * 3])
    usage = np.concatenate([source.usage, *[source.usage[third]] * 3])
    return FaceTable(faces[order], labels[order].astype(np.uint8), usage[order], source.source, source.layout)


def test_copies_share_a_group() -> None:
    faces = np.zeros((5, 48, 48), np.uint8)
    faces[1, 47, 47] = faces[3, 47, 47] = 1
    faces[4, 0, 0] = 1
    groups = copy_groups(faces)
    assert groups[0] == groups[2] and groups[1] == groups[3] and len({*groups.tolist()}) == 3


@pytest.mark.parametrize("shares", [(9, 1), (72, 8, 20), (0.5, 0.25, 0.25)], ids=str)
@pytest.mark.parametrize("seed", [0, 1, 7])
def test_grouped_split_is_stratified_and_complete(shares: tuple[float, ...], seed: int) -> None:
    rng = np.random.default_rng(5)
    labels = rng.choice(7, 3000, p=[0.3, 0.02, 0.1, 0.2, 0.18, 0.1, 0.1])
    parts = grouped_split(labels, np.arange(3000), shares, seed)
    assert sorted(np.concatenate(parts).tolist()) == list(range(3000))
    for rows, share in zip(parts, np.array(shares) / sum(shares), strict=True):
        counts, expected = np.bincount(labels[rows], minlength=7), np.bincount(labels) * share
        assert (np.abs(counts - expected) <= 1).all(), (counts, expected)


@pytest.mark.parametrize("seed", range(5))
def test_no_group_is_on_two_sides(seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels, groups = rng.integers(0, 7, 600), rng.integers(0, 150, 600)
    parts = grouped_split(labels, groups, (72, 8, 20), seed)
    assert sorted(np.concatenate(parts).tolist()) == list(range(600))
    sides = [set(groups[rows].tolist()) for rows in parts]
    assert all(sides) and not (sides[0] & sides[1] or sides[0] & sides[2] or sides[1] & sides[2])


def test_a_seed_decides_the_split() -> None:
    labels, groups = np.arange(700) % 7, np.arange(700)
    first, again, other = (grouped_split(labels, groups, (8, 2), seed)[1].tolist() for seed in (3, 3, 4))
    assert first == again != other


@pytest.mark.parametrize(
    ("usage", "split", "parts"),
    [
        pytest.param("all", None, ("validation", "test"), id="one folder"),
        pytest.param("all", "60/20/20", ("validation", "test"), id="shares"),
        pytest.param(["training"] * 100 + ["test"] * 40, None, ("test", "validation"), id="train, test"),
        pytest.param(["training"] * 100 + ["test"] * 40, "72/8/20", ("validation", "test"), id="pooled again"),
    ],
)
@pytest.mark.parametrize("seed", [0, 1])
def test_copies_never_cross_a_split_that_is_made_here(
    usage: str | list[str], split: str | None, parts: tuple[str, ...], seed: int
) -> None:
    data = with_copies(table(20, usage))
    made = split_dataset(data, split, seed=seed)
    assert set(made.parts) == set(parts)
    sides = [keys(made.training), keys(made.validation)]
    if set(data.usage) == {"all"} or split:
        sides.append(keys(made.parts["test"]))
        assert sum(map(len, (made.training, made.validation, made.parts["test"]))) == len(data.labels)
    assert sum(map(len, sides)) == len(set().union(*sides)) and all(sides)
    assert keys(made.validation) == keys(made.parts["validation"])


def test_shares_are_of_the_faces() -> None:
    made = split_dataset(table(100), None)
    assert [len(made.training), len(made.validation), len(made.parts["test"])] == [504, 56, 140]
    assert np.bincount(made.training.labels).tolist() == [72] * 7
    assert made.description == "72/8/20"


def fer_table(private_copies: int = 0, public_copies: int = 0, **more: Any) -> FaceTable:
    """Ten, three and four faces of every class; the first private ones are copies of training and public ones."""
    data = table(17, [name for name, n in zip(OFFICIAL, (70, 21, 28), strict=True) for _ in range(n)], **more)
    private = 91
    data.faces[private : private + private_copies] = data.faces[:private_copies]
    data.faces[private + private_copies : private + private_copies + public_copies] = data.faces[
        70 : 70 + public_copies
    ]
    return data


def test_official_split_is_the_dataset_s_own() -> None:
    data = fer_table()
    made = split_dataset(data)
    assert np.array_equal(made.training.faces, data.faces[:70])
    assert np.array_equal(made.validation.faces, data.faces[70:91])
    assert np.array_equal(made.parts["private_test"].faces, data.faces[91:])
    assert set(made.parts) == {"public_test", "private_test", "private_test_clean"}
    assert (made.description, made.labels, made.dataset_sha256) == ("official", "fer2013", data.sha256)


@pytest.mark.parametrize(("training", "public"), [(0, 0), (3, 0), (0, 2), (5, 4)])
def test_clean_part_has_no_copy_in_the_other_parts(training: int, public: int) -> None:
    data = fer_table(training, public)
    made = split_dataset(data)
    assert np.array_equal(made.parts["private_test_clean"].faces, data.faces[91 + training + public :])
    assert np.array_equal(made.parts["private_test_clean"].labels, data.labels[91 + training + public :])
    assert len(made.parts["private_test"]) == 28


def test_copies_within_private_test_stay_clean() -> None:
    data = fer_table()
    data.faces[92] = data.faces[91]
    assert len(split_dataset(data).parts["private_test_clean"]) == 28


def test_a_tenth_of_training_validates_where_nothing_else_does() -> None:
    made = split_dataset(table(50, ["training"] * 280 + ["test"] * 70))
    assert np.bincount(made.validation.labels, minlength=7).tolist() == [4] * 7
    assert len(made.training) == 252 and list(made.parts) == ["test", "validation"]


@pytest.mark.parametrize(
    ("labels", "training", "validation", "ferplus"),
    [("fer2013", (70, 0), (21, 0), (27, 1)), ("ferplus", (69, 1), (20, 1), (27, 1))],
)
def test_ferplus_labels(labels: str, training: Any, validation: Any, ferplus: Any) -> None:
    """Votes say the next class for every face, and nothing for the first face of each part."""
    votes = ((fer_table().labels + 1) % 7).astype(np.int8)
    votes[[0, 70, 91]] = -1
    data = fer_table(ferplus=votes)
    made = split_dataset(data, labels=labels)
    for part, (size, step), rows in (
        (made.training, training, range(70)),
        (made.validation, validation, range(70, 91)),
        (made.parts["ferplus_test"], ferplus, range(91, 119)),
    ):
        assert len(part) == size
        kept = list(rows)[-size:]
        assert np.array_equal(part.faces, data.faces[kept])
        assert np.array_equal(part.labels, (data.labels[kept] + step) % 7)
    # what is reported under its plain name keeps the dataset's own labels
    assert np.array_equal(made.parts["private_test"].labels, data.labels[91:])
    assert np.array_equal(made.parts["public_test"].labels, data.labels[70:91])


@pytest.mark.parametrize("limit", [1, 10, 25, 1000])
def test_limit_holds_for_every_part(limit: int) -> None:
    whole = split_dataset(fer_table())
    if limit < 7:
        with pytest.raises(DatasetError, match="No training faces for"):
            split_dataset(fer_table(), limit=limit)
        return
    made = split_dataset(fer_table(), limit=limit)
    again = split_dataset(fer_table(), limit=limit)
    assert np.array_equal(made.training.faces, again.training.faces)
    pairs = [(made.training, whole.training), (made.validation, whole.validation)]
    for part, full in pairs + [(made.parts[name], whole.parts[name]) for name in whole.parts]:
        assert len(part) == min(limit, len(full)) and keys(part) <= keys(full)


@pytest.mark.parametrize(
    ("data", "options", "said"),
    [
        pytest.param(table(), {"split": "official"}, "no official split", id="official without parts"),
        pytest.param(table(), {"split": "80/20"}, "three shares.*'80/20'", id="two shares"),
        pytest.param(table(), {"split": "70/10/10/10"}, "three shares", id="four shares"),
        pytest.param(table(), {"split": "a/b/c"}, "three shares", id="letters"),
        pytest.param(table(), {"split": "80/0/20"}, "three shares", id="nothing to validate on"),
        pytest.param(table(), {"split": "80/-5/25"}, "three shares", id="negative share"),
        pytest.param(table(), {"split": "nan/1/1"}, "three shares", id="not a number"),
        pytest.param(table(), {"split": "inf/1/1"}, "three shares", id="infinite"),
        pytest.param(table(), {"labels": "ferplus"}, "needs the votes", id="FER+ labels without votes"),
        pytest.param(table(1), {}, "validation part is empty", id="too few faces"),
        pytest.param(table(20, "test"), {}, "no training part", id="no training part"),
        pytest.param(
            FaceTable(*tiny.faces(20), np.array(["training"] * 126 + ["validation"] * 14), Path(), "x",
                      np.full(140, -1, np.int8)),
            {"labels": "ferplus"}, "training part is empty", id="no vote for any of the seven",
        ),
    ],
)  # fmt: skip
def test_refuses(data: FaceTable, options: dict[str, Any], said: str) -> None:
    with pytest.raises(DatasetError, match=said):
        split_dataset(data, **options)


@pytest.mark.parametrize("missing", [[1], [0, 6]], ids=["one class", "two classes"])
def test_refuses_a_missing_class_by_name(missing: list[int]) -> None:
    data = table()
    kept = ~np.isin(data.labels, missing)
    data = FaceTable(data.faces[kept], data.labels[kept], data.usage[kept], data.source, data.layout)
    with pytest.raises(DatasetError, match={1: "for: disgust\\.", 2: "for: angry, neutral\\."}[len(missing)]):
        split_dataset(data)


@pytest.mark.parametrize(("write", "held"), tiny.LAYOUTS.values(), ids=tiny.LAYOUTS.keys())
def test_every_layout_can_be_split_and_evaluated(
    tmp_path: Path, write: Callable[[Path], Path], held: dict[str, int]
) -> None:
    data = read_dataset(write(tmp_path))
    made, evaluated = split_dataset(data), evaluation_parts(data)
    assert not keys(made.training) & keys(made.validation) and len(made.validation)
    named = {name: 7 * count for name, count in held.items() if name not in ("training", "all")}
    if "private_test" in named:
        named["private_test_clean"] = named["private_test"]
    assert {name: len(part) for name, part in evaluated.items()} == (named or {"test": len(data.labels)})
    # the card's figures under these names are of the same faces
    assert {name: len(made.parts[name]) for name in named} == named
    assert set(made.parts) - set(named) <= {"validation", "test"}
    assert Counter(made.training.labels.tolist()).keys() == set(range(7))
