"""The mean of several models as a row of the table, against scikit-learn; refused where they saw other faces."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score

from fer_core.bundle.predictions import read_predictions
from fer_core.bundle.registry import Bundle, read_bundles
from fer_core.errors import ModelError
from fer_core.reporting.ensemble import ensemble_row, mean_predictions
from fer_core.reporting.leaderboard import COLUMNS, score_row
from tests.support.compare_app import app, checked, leaderboard
from tests.support.synthetic_bundles import make_bundle


def three(folder: Path) -> list[Bundle]:
    for seed, name in enumerate(("first", "second", "third")):
        make_bundle(folder, name, 1.2, seed, flagship=True)
    return read_bundles(folder)[0]


def test_the_row_is_what_scikit_learn_says_of_the_mean(tmp_path: Path) -> None:
    bundles = three(tmp_path)
    answers = [read_predictions(bundle) for bundle in bundles]
    row = ensemble_row(bundles, answers)
    labels = answers[0]["private_test"][0]
    mean = sum(own["private_test"][1].astype(float) for own in answers) / 3
    said = np.asarray(mean).argmax(axis=1)
    assert row["model"] == "Mean of FIRST, SECOND, THIRD" and list(row) == [column.key for column in COLUMNS]
    assert row["accuracy"] == pytest.approx(accuracy_score(labels, said))
    assert row["balanced_accuracy"] == pytest.approx(balanced_accuracy_score(labels, said))
    assert row["macro_f1"] == pytest.approx(f1_score(labels, said, average="macro"))
    assert row["accuracy"] > max(score_row(bundle)["accuracy"] for bundle in bundles), "their mistakes differ"
    assert row["parameters"] == pytest.approx(sum(bundle.card.parameters for bundle in bundles) / 1e6)
    assert row["milliseconds"] is None


@pytest.mark.parametrize(("times", "together"), [([1.0, 2.0, 4.5], 7.5), ([1.0, None, 4.5], None)])
def test_times_add_up_where_all_are_known(tmp_path: Path, times: list[Any], together: float | None) -> None:
    bundles = three(tmp_path)
    assert ensemble_row(bundles, [read_predictions(b) for b in bundles], times)["milliseconds"] == together


def test_a_part_that_one_lacks_has_no_mean() -> None:
    labels, level = np.zeros(3, np.uint8), np.full((3, 7), 1 / 7)
    both = mean_predictions([{"a": (labels, level)}, {"a": (labels, 3 * level)}], "a")
    assert both is not None and both[0] == pytest.approx(2 * level)
    assert mean_predictions([{"a": (labels, level)}, {"b": (labels, level)}], "a") is None
    assert mean_predictions([{"a": (labels, level)}, {"a": (labels + 1, level)}], "a") is None
    assert mean_predictions([{"a": (labels, level)}, {"a": (labels[:2], level[:2])}], "a") is None


def test_other_faces_are_refused(tmp_path: Path) -> None:
    make_bundle(tmp_path, "first")
    make_bundle(tmp_path, "second", labels_seed=8)
    bundles, _ = read_bundles(tmp_path)
    with pytest.raises(ModelError, match="same faces"):
        ensemble_row(bundles, [read_predictions(bundle) for bundle in bundles])


def test_the_page_shows_it_beside_the_models(models_dir: Path) -> None:
    bundles = three(models_dir)
    page = app(view="all")
    assert len(leaderboard(page)) == 3
    page.button_group(key="compare_together").set_value(["first", "third"])
    page = checked(page.run())
    table = leaderboard(page)
    expected = ensemble_row([bundles[0], bundles[2]], [read_predictions(bundles[i]) for i in (0, 2)])
    shown = dict(zip(table["model"], table["accuracy"], strict=True))
    assert shown["Mean of FIRST, THIRD"] == pytest.approx(100 * expected["accuracy"])
    assert table["accuracy"].is_monotonic_decreasing, "best first, the mean where it belongs"
    page.button_group(key="compare_together").set_value(["first"])
    assert len(leaderboard(checked(page.run()))) == 3, "one is no mean"


def test_the_page_says_why_there_is_none(models_dir: Path) -> None:
    make_bundle(models_dir, "first")
    (make_bundle(models_dir, "second") / "predictions.npz").unlink()
    page = app(view="all")
    page.button_group(key="compare_together").set_value(["first", "second"])
    page = checked(page.run())
    assert "No mean of these models" in page.warning[0].value and len(leaderboard(page)) == 2
