"""The parts of a dataset: which one a model is judged by, and which two models share."""

from pathlib import Path
from typing import Any

import pytest

from fer_core.bundle.card import read_card
from fer_core.bundle.parts import REAL_FACES, main_part, part_in_role, shared_parts
from tests.support.synthetic_bundles import make_bundle


@pytest.mark.parametrize(
    ("parts", "main", "test", "validation"),
    [
        (
            ["public_test", "ferplus_test", "private_test_clean", "private_test"],
            "private_test",
            "private_test",
            "public_test",
        ),
        (["validation", "test"], "test", "test", "validation"),
        (["validation"], "validation", None, "validation"),
        (["mine", "yours"], "mine", None, None),
        ([], None, None, None),
    ],
    ids=["official", "own split", "no test part", "unknown parts", "none"],
)
def test_the_part_that_a_model_is_judged_by(
    parts: list[str], main: str | None, test: str | None, validation: str | None
) -> None:
    assert main_part(dict.fromkeys(parts)) == main
    assert part_in_role(parts, "test") == test
    assert part_in_role(parts, "validation") == validation


def test_another_role_is_the_name_of_a_part() -> None:
    assert part_in_role(["mine"], "mine") == "mine"
    assert part_in_role(["mine"], "yours") is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ["private_test", "private_test_clean", "ferplus_test", "public_test"]),
        ({"dataset_sha256": "cd" * 32}, []),
        ({"training": {"seconds": 1}}, []),
        ({"evaluation": {"test": {"n": 3, "accuracy": 1.0}}}, []),
        (
            {"evaluation": {"private_test": {"n": 300, "accuracy": 0.5}, "public_test": {"n": 3, "accuracy": 1.0}}},
            ["private_test"],
        ),
    ],
    ids=["same", "other dataset", "no hash", "other parts", "other number of faces"],
)
def test_parts_that_two_models_share(tmp_path: Path, changes: dict[str, Any], expected: list[str]) -> None:
    first, second = make_bundle(tmp_path, "a"), make_bundle(tmp_path, "b", seed=1, **changes)
    assert shared_parts(read_card(first), read_card(second)) == expected


@pytest.mark.parametrize(
    ("changes", "shared"),
    [({}, True), ({"sha256": "cd" * 32}, False), ({"detector": "haar"}, False), ({"stored_predictions": 0}, False)],
    ids=["same", "other pictures", "other detector", "nothing stored"],
)
def test_real_faces_are_shared_where_both_predictions_are_stored(
    tmp_path: Path, changes: dict[str, Any], shared: bool
) -> None:
    figures = {"accuracy": 0.5, "accuracy_interval": [0.1, 0.9], "balanced_accuracy": 0.5, "found": 1.0, "n": 3}
    about = {"data": "a set", "per_emotion": {}, "sha256": "ab" * 32, "detector": "auto", "stored_predictions": 3}
    record = figures | about
    first = make_bundle(tmp_path, "a", real_faces=record)
    second = make_bundle(tmp_path, "b", seed=1, real_faces=record | changes)
    parts = shared_parts(read_card(first), read_card(second))
    assert (parts[0] == REAL_FACES) == shared and "private_test" in parts
