"""Comparison numbers against SciPy and scikit-learn, words against what they must say, bundles against damage."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_bundles import answers, change_card, made_robustness, make_bundle
from scipy import stats
from sklearn.calibration import calibration_curve
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.metrics import roc_curve as sklearn_roc

from fer_core.bundles import read_bundles, read_predictions, shared_parts
from fer_core.card import CARD_NAME, MODEL_NAME, PREDICTIONS_NAME, read_card
from fer_core.comparison import (
    EXACT_BELOW,
    confident_mistakes,
    mcnemar,
    precision_recall_curve,
    reliability,
    roc_curve,
    verdict,
)
from fer_core.errors import ModelError
from fer_core.evaluation import expected_calibration_error
from fer_core.published import published_rows, published_table, why_they_differ
from fer_core.scoreboard import COLUMNS, markdown_table, score_row


def hits(both: int, only_first: int, only_second: int, neither: int) -> tuple[Any, Any]:
    first = [True] * both + [True] * only_first + [False] * only_second + [False] * neither
    second = [True] * both + [False] * only_first + [True] * only_second + [False] * neither
    return np.array(first), np.array(second)


@pytest.mark.parametrize(
    ("both", "only_first", "only_second", "neither"),
    [(50, 3, 9, 8), (50, 0, 1, 0), (10, 20, 20, 5), (0, 0, 7, 0), (900, 60, 39, 100), (5, EXACT_BELOW - 1, 0, 0)],
)
def test_few_disagreements_are_tested_exactly(both: int, only_first: int, only_second: int, neither: int) -> None:
    test = mcnemar(*hits(both, only_first, only_second, neither))
    oracle = stats.binomtest(only_first, only_first + only_second, 0.5).pvalue
    assert (test.method, test.p_value) == ("exact", pytest.approx(oracle, rel=1e-9))
    assert (test.both, test.only_first, test.only_second, test.neither) == (both, only_first, only_second, neither)


@pytest.mark.parametrize(("only_first", "only_second"), [(50, 50), (51, 50), (400, 350), (200, 320), (1500, 900)])
def test_many_disagreements_by_chi_square(only_first: int, only_second: int) -> None:
    test = mcnemar(*hits(2000, only_first, only_second, 700))
    statistic = max(0, abs(only_first - only_second) - 1) ** 2 / (only_first + only_second)
    assert (test.method, test.p_value) == ("chi-square", pytest.approx(stats.chi2.sf(statistic, 1), rel=1e-9))
    exact = stats.binomtest(only_first, only_first + only_second, 0.5).pvalue
    assert test.p_value == pytest.approx(exact, rel=0.1, abs=1e-6)  # the approximation may be used here


def test_the_interval_of_the_difference_holds_the_truth() -> None:
    """Of 400 draws from two models that differ by 5 points, about 95 in 100 intervals hold the 5 points."""
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(400):
        which = rng.choice(4, 1000, p=[0.5, 0.15, 0.10, 0.25])
        test = mcnemar(np.isin(which, (0, 1)), np.isin(which, (0, 2)))
        held += test.interval[0] <= 0.05 <= test.interval[1]
    assert 365 <= held <= 393


@pytest.mark.parametrize(
    ("first", "second"),
    [((3,), (4,)), ((0,), (0,)), ((2, 2), (2, 2))],
    ids=["lengths differ", "empty", "two-dimensional"],
)
def test_hits_that_cannot_be_compared(first: tuple[int, ...], second: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="hits on the same faces"):
        mcnemar(np.zeros(first, bool), np.zeros(second, bool))


@pytest.mark.parametrize(
    ("counts", "wanted", "unwanted"),
    [
        (
            (2000, 400, 200, 700),
            ["CNN is very probably better than Net", "less than once in", "6.1 percentage"],
            ["well be"],
        ),
        (
            (2000, 200, 400, 700),
            ["Net is very probably better than CNN", "6.1 percentage points (95 % interval 4.6 to 7.5)"],
            [],
        ),
        (
            (50, 6, 4, 10),
            ["CNN gets more faces right", "could well be chance", "about 75 times in 100"],
            ["very probably"],
        ),
        ((50, 5, 5, 10), ["equally many faces right", "practically always"], ["very probably", "well be chance"]),
        ((50, 0, 0, 10), ["exactly the same", "no difference"], ["chance"]),
        ((2000, 229, 178, 700), ["about once in 100 times"], ["1 times"]),
    ],
    ids=["first better", "second better", "may be chance", "even", "no disagreement", "one in a hundred"],
)
def test_the_verdict_in_words(counts: tuple[int, ...], wanted: list[str], unwanted: list[str]) -> None:
    said = verdict(mcnemar(*hits(*counts)), "CNN", "Net")
    assert [text for text in wanted if text not in said] == []
    assert [text for text in unwanted if text in said] == []


@pytest.mark.parametrize("ties", [False, True], ids=["distinct", "ties"])
@pytest.mark.parametrize("emotion", range(7))
def test_curves_are_scikit_learns(emotion: int, ties: bool) -> None:
    labels, probabilities = answers(400, 1.0)
    scores = probabilities[:, emotion].round(1 if ties else 7)
    positive = labels == emotion
    roc, pr = roc_curve(scores, positive), precision_recall_curve(scores, positive)
    assert roc is not None and pr is not None
    assert roc.area == pytest.approx(roc_auc_score(positive, scores), abs=1e-9)
    assert pr.area == pytest.approx(average_precision_score(positive, scores), abs=1e-9)
    x, y, _ = sklearn_roc(positive, scores, drop_intermediate=False)
    assert np.allclose([roc.x, roc.y], [x, y])
    assert (np.diff(roc.x) >= 0).all() and (np.diff(pr.x) >= 0).all()


@pytest.mark.parametrize("positive", [[True] * 4, [False] * 4], ids=["only positives", "no positives"])
@pytest.mark.parametrize("curve", [roc_curve, precision_recall_curve])
def test_no_curve_without_both_sides(curve: Any, positive: list[bool]) -> None:
    assert curve(np.linspace(0, 1, 4), np.array(positive)) is None


def test_a_thinned_curve_keeps_its_ends_and_area() -> None:
    labels, probabilities = answers(2000)
    whole = roc_curve(probabilities[:, 3], labels == 3)
    assert whole is not None
    thin = whole.thinned(50)
    assert len(thin.x) <= 50 < len(whole.x)
    assert (thin.x[0], thin.y[0], thin.x[-1], thin.y[-1], thin.area) == (0, 0, 1, 1, whole.area)


def test_reliability_bins() -> None:
    labels, probabilities = answers(1000, 1.0)
    bins = reliability(probabilities, labels)
    correct = probabilities.argmax(axis=1) == labels
    accuracy, confidence = calibration_curve(correct, probabilities.max(axis=1), n_bins=15)
    assert [b["accuracy"] for b in bins] == pytest.approx(accuracy.tolist())
    assert [b["confidence"] for b in bins] == pytest.approx(confidence.tolist())
    assert sum(b["faces"] for b in bins) == 1000
    gaps = sum(b["faces"] * abs(b["accuracy"] - b["confidence"]) for b in bins) / 1000
    assert gaps == pytest.approx(expected_calibration_error(probabilities, labels))


def test_the_surest_mistakes_come_first() -> None:
    probabilities = np.full((4, 7), 0.02)
    probabilities[[0, 1, 2, 3], [0, 1, 2, 3]] = [0.5, 0.9, 0.7, 0.8]
    assert confident_mistakes(probabilities, np.array([0, 6, 6, 6])).tolist() == [1, 3, 2]
    assert confident_mistakes(probabilities, np.array([0, 6, 6, 6]), most=1).tolist() == [1]
    assert confident_mistakes(probabilities, np.arange(4)).tolist() == []


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


def test_the_markdown_table_says_what_the_cards_say(tmp_path: Path) -> None:
    make_bundle(tmp_path, "a", title="A | B")
    (bundle,), _ = read_bundles(tmp_path)
    header, _, row = markdown_table([bundle]).splitlines()
    cells = dict(zip((c.strip() for c in header.split("|")), (c.strip() for c in row.split("|")), strict=True))
    private = bundle.card.evaluation["private_test"]
    assert cells["Model"] == "A / B (a)"
    assert cells["PrivateTest"] == f"{private['accuracy']:.1%}"
    assert cells["Calibration error"] == f"{private['ece']:.3f}"


def test_published_beside_measured(tmp_path: Path) -> None:
    reported = {
        "system": "S",
        "training_accuracy": 0.42,
        "validation_accuracy": 0.5,
        "data": "its own part",
        "why": "W.",
    }
    make_bundle(tmp_path, "a", reported=reported)
    (bundle,), _ = read_bundles(tmp_path)
    training, validation, test = published_rows(bundle.card)
    assert [row["own"] for row in (training, validation, test)] == [None] * 3
    assert (training["published"], training["measured"]) == (0.42, bundle.card.history[-1]["accuracy"])
    assert (validation["published"], validation["published_on"]) == (0.5, "its own part")
    assert validation["measured"] == bundle.card.evaluation["public_test"]["accuracy"]
    assert (test["published"], test["published_on"]) == (None, "not published")
    assert test["measured"] == bundle.card.evaluation["private_test"]["accuracy"]
    assert why_they_differ(bundle.card)[0] == "W."


OWN = {"accuracy": 0.61, "n": 7178, "validation_accuracy": 0.63, "protocol": "split in its own way", "epochs": 40}


def test_the_figure_on_the_system_s_own_protocol_is_the_third(tmp_path: Path) -> None:
    reported = {"system": "S", "validation_accuracy": 0.5, "test_accuracy": 0.48, "data": "D", "own_protocol": OWN}
    make_bundle(tmp_path, "a", reported=reported)
    (bundle,), _ = read_bundles(tmp_path)
    rows = published_rows(bundle.card)
    assert [(row["figure"], row["published"], row["own"]) for row in rows] == [
        ("validation", 0.5, 0.63),
        ("test", 0.48, 0.61),
    ]
    (reason,) = (reason for reason in why_they_differ(bundle.card) if "does not ship" in reason)
    assert "split in its own way" in reason and "7,178" in reason and "40 epochs" in reason


@pytest.mark.parametrize("record", [[], "0.6", {"accuracy": 0.6}, {"n": 5}, {"accuracy": "high", "n": 5}], ids=str)
def test_a_damaged_record_of_its_own_protocol_is_named(tmp_path: Path, record: Any) -> None:
    make_bundle(tmp_path, "bad", reported={"system": "S", "own_protocol": record})
    assert read_bundles(tmp_path) == ([], {"bad": "its card's record of its system's own protocol is damaged."})


def test_table_of_published_systems(tmp_path: Path) -> None:
    make_bundle(tmp_path, "ours")
    make_bundle(tmp_path, "silent", reproduces="No | figures", reported={"system": "N", "data": "none"})
    reported = {"system": "S", "validation_accuracy": 0.5035, "test_accuracy": 0.756, "own_protocol": OWN}
    make_bundle(tmp_path, "told", seed=1, reproduces="A system", reported=reported)
    bundles, _ = read_bundles(tmp_path)
    lines = published_table(bundles).splitlines()
    header, _, *rows = ([cell.strip() for cell in line.split("|")[1:-1]] for line in lines)
    silent, told = (dict(zip(header, row, strict=True)) for row in rows)
    evaluation = bundles[2].card.evaluation
    low, high = evaluation["private_test"]["accuracy_interval"]
    assert told == {
        "System": "A system",
        "Model": "`told`",
        "Published": "validation 50.35%, test 75.60%",
        "On its own protocol, here": "validation 63.0%, test 61.0%",
        "PublicTest": f"{evaluation['public_test']['accuracy']:.1%}",
        "PrivateTest": f"{evaluation['private_test']['accuracy']:.1%}",
        "95 % interval": f"{low:.1%} to {high:.1%}",
    }
    assert (silent["System"], silent["Published"], silent["On its own protocol, here"]) == ("No / figures", "-", "-")
    assert published_table(bundles[:1]) == ""
