"""Bundles as Compare reads them: what two share, which damage is named, what may be missing."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_bundles import change_card, made_robustness, make_bundle

from fer_core.bundles import read_bundles, read_predictions, shared_parts
from fer_core.card import CARD_NAME, MODEL_NAME, PREDICTIONS_NAME, file_entry, read_card
from fer_core.errors import ModelError
from fer_core.published import published_rows
from fer_core.scoreboard import COLUMNS, markdown_table, score_row


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


def broken_json(folder: Path) -> None:
    (folder / CARD_NAME).write_text("{", encoding="utf-8")


BREAKAGES: list[Any] = [
    ("damaged card", broken_json, "damaged"),
    ("no network", lambda folder: (folder / MODEL_NAME).unlink(), "missing"),
    ("network cut off", lambda folder: (folder / MODEL_NAME).write_bytes(b"x"), "its card says"),
    ("evaluation is text", lambda folder: change_card(folder, evaluation={"private_test": "good"}), "private_test"),
    (
        "matrix of 2",
        lambda f: change_card(f, evaluation={"test": {"n": 1, "accuracy": 1.0, "confusion_matrix": [[1]]}}),
        "confusion",
    ),
    (
        "error is text",
        lambda f: change_card(f, evaluation={"test": {"accuracy": 1.0, "ece": "low"}}),
        "evaluation of test",
    ),
    (
        "unknown emotion",
        lambda f: change_card(f, evaluation={"test": {"accuracy": 1.0, "per_class": {"bored": {}}}}),
        "by emotion",
    ),
    ("multiply-adds are text", lambda folder: change_card(folder, multiply_adds="few"), "multiply_adds"),
    ("history of numbers", lambda folder: change_card(folder, history=[1, 2]), "history"),
    ("settings are text", lambda folder: change_card(folder, training={"settings": "all"}), "settings"),
    ("reported is text", lambda folder: change_card(folder, reported="75 %"), "reported"),
    ("robustness of nothing", lambda folder: change_card(folder, robustness={"curves": 3}), "robustness"),
    (
        "a curve cut off",
        lambda f: change_card(f, robustness=made_robustness() | {"curves": {"blur": {"unit": "", "levels": [1]}}}),
        "robustness",
    ),
]


@pytest.mark.parametrize(("damage", "reason"), [b[1:] for b in BREAKAGES], ids=[b[0] for b in BREAKAGES])
def test_ten_bundles_one_broken(tmp_path: Path, damage: Any, reason: str) -> None:
    for number in range(9):
        make_bundle(tmp_path, f"good-{number}", seed=number)
    damage(make_bundle(tmp_path, "bad", robustness=made_robustness()))
    bundles, broken = read_bundles(tmp_path)
    assert [bundle.name for bundle in bundles] == [f"good-{number}" for number in range(9)]
    assert list(broken) == ["bad"] and reason in broken["bad"]


@pytest.mark.parametrize("part", ["history", "reported", "robustness", "evaluation"])
def test_missing_optional_parts_are_no_damage(tmp_path: Path, part: str) -> None:
    empty = {"history": [], "reported": None, "robustness": {}, "evaluation": {}}
    make_bundle(tmp_path, "plain", **{part: empty[part]})
    (bundle,), broken = read_bundles(tmp_path)
    assert broken == {} and list(score_row(bundle)) == [column.key for column in COLUMNS]
    assert "plain" in markdown_table([bundle]).lower()
    assert published_rows(bundle.card)[-1]["figure"] == "test"


@pytest.mark.parametrize(
    "damage",
    [lambda file: file.unlink(), lambda file: file.write_bytes(b""), lambda file: file.write_bytes(b"PK\x03\x04 no")],
    ids=["missing", "empty", "other bytes"],
)
def test_damaged_predictions_are_a_model_error(tmp_path: Path, damage: Any) -> None:
    folder = make_bundle(tmp_path, "a")
    (bundle,), _ = read_bundles(tmp_path)
    assert read_predictions(bundle)["private_test"][1].shape == (300, 7)
    damage(folder / PREDICTIONS_NAME)
    with pytest.raises(ModelError, match=r"a: predictions\.npz"):
        read_predictions(bundle)


def test_answers_that_are_not_there_are_a_model_error(tmp_path: Path) -> None:
    folder = make_bundle(tmp_path, "a")
    buffer = io.BytesIO()
    rows = np.array([0, 1], np.uint32)
    np.savez(buffer, **{"test.labels": np.zeros(2), "test.rows": rows, "probabilities": np.full((1, 7), 1 / 7)})
    (folder / PREDICTIONS_NAME).write_bytes(buffer.getvalue())
    files = read_card(folder).files
    change_card(folder, files=files | {PREDICTIONS_NAME: file_entry(buffer.getvalue())})
    (bundle,), _ = read_bundles(tmp_path)
    with pytest.raises(ModelError, match="cannot be read"):
        read_predictions(bundle)
