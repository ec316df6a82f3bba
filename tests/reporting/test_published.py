"""What was published beside what was measured: rows, sentences, and the README's table."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fer_core import read_card
from fer_core.bundle.registry import read_bundles
from fer_core.reporting.published import published_rows, published_table, why_they_differ
from tests.support.synthetic_bundles import make_bundle


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
    (reason,) = (reason for reason in why_they_differ(bundle.card) if "own protocol" in reason)
    assert reason.startswith(
        "On its own protocol: a second training (split in its own way; 40 epochs), tested on 7,178"
    )


def test_an_epoch_chosen_on_the_test_part_is_told(tmp_path: Path) -> None:
    own = {"accuracy": 0.61, "n": 3589, "protocol": "chosen on the test part", "epoch": 31}
    card = read_card(make_bundle(tmp_path, "a", reported={"system": "S", "test_accuracy": 0.75, "own_protocol": own}))
    kept = max(card.history, key=lambda epoch: epoch["val_accuracy"])["epoch"]
    (reason,) = (reason for reason in why_they_differ(card) if "own protocol" in reason)
    assert "epoch 31 of the same training (chosen on the test part)" in reason and f"epoch {kept} ships" in reason
    same = replace(card, reported={"own_protocol": own | {"epoch": kept}})
    assert any("the very epoch that ships" in reason for reason in why_they_differ(same))


def test_what_was_done_otherwise_is_told(tmp_path: Path) -> None:
    reported = {"system": "S", "validation_accuracy": 0.5, "changed": "dropout 0.1 instead of 0.4"}
    card = read_card(make_bundle(tmp_path, "a", reported=reported, training={"settings": {"epochs": 100}}))
    reasons = why_they_differ(card)
    assert "Other settings than the preset's: dropout 0.1 instead of 0.4." in reasons
    assert f"{len(card.history)} of at most 100 epochs" in reasons[-1]


def test_copies_among_the_test_faces_are_counted(tmp_path: Path) -> None:
    card = read_card(make_bundle(tmp_path, "a", reported={"system": "S", "validation_accuracy": 0.5}))
    test = card.evaluation["private_test"]
    clean = test | {"n": test["n"] - 3, "accuracy": 0.125}
    card = replace(card, evaluation=card.evaluation | {"private_test_clean": clean})
    assert any("choosing, but for 3 exact copies of such (without them 12.5%)." in why for why in why_they_differ(card))
    card = replace(card, evaluation={"private_test": test})
    assert any("neither for training nor for choosing." in why for why in why_they_differ(card))


@pytest.mark.parametrize("record", [[], "0.6", {"accuracy": 0.6}, {"n": 5}, {"accuracy": "high", "n": 5}], ids=str)
def test_a_damaged_record_of_its_own_protocol_is_named(tmp_path: Path, record: Any) -> None:
    make_bundle(tmp_path, "bad", reported={"system": "S", "own_protocol": record})
    bundles, broken = read_bundles(tmp_path)
    assert bundles == [] and "reported.own_protocol" in broken["bad"]


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
