"""How a model was trained, in words: which faces and labels, what it was compared with, how long, which weights."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fer_core import ModelCard, read_card
from fer_core.reporting import training_facts
from tests.support.synthetic_bundles import make_bundle


@pytest.fixture
def card(tmp_path: Path) -> ModelCard:
    return read_card(make_bundle(tmp_path, "a"))


def told(card: ModelCard, **training: Any) -> dict[str, str]:
    return training_facts(replace(card, training=training))


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"vote_share": 0.3}, "70% the label, 30% the distribution of the FER+ votes"),
        ({"head": {}, "fine_tuning": {"vote_share": 1.0}}, "100% the distribution of the FER+ votes"),
        (
            {"vote_share": 0.5, "teachers": "cnn (12-34) + mobilenet (56-78)", "teacher_share": 0.4},
            "30% the label, 30% the distribution of the FER+ votes, 40% the predictions of cnn and mobilenet",
        ),
        ({"teachers": "cnn (12-34)", "teacher_share": 0.5}, "50% the label, 50% the predictions of cnn"),
        ({"teachers": "", "teacher_share": 0.5}, None),
        ({"vote_share": 0.0}, None),
        ({"head": {}, "fine_tuning": {}}, None),
        ({}, None),
    ],
)
def test_targets_that_are_more_than_the_label(card: ModelCard, settings: dict[str, Any], text: str | None) -> None:
    assert told(card, settings=settings).get("Targets") == text


def test_labels_of_another_dataset_are_not_called_those_of_fer2013(card: ModelCard) -> None:
    assert told(card, labels="fer2013")["Labels"] == "FER-2013's own"
    assert told(card, labels="ferplus")["Labels"].startswith("FER+, ")
    elsewhere = replace(card, evaluation={"test": card.evaluation["private_test"]})
    assert told(elsewhere, labels="fer2013")["Labels"] == "the dataset's own"


@pytest.mark.parametrize(("seconds", "text"), [(40.4, "40 seconds"), (119.0, "119 seconds"), (3600.0, "60 minutes")])
def test_the_time_it_took(card: ModelCard, seconds: float, text: str) -> None:
    epochs = f"{len(card.history)} epochs"
    assert told(card, seconds=seconds)["Time"] == f"{epochs}, {text}"
    assert told(card, seconds=seconds, hardware="a laptop")["Time"] == f"{epochs}, {text}, on a laptop"
    assert training_facts(replace(card, history=card.history[:1]))["Time"].startswith("1 epoch, ")
    assert "Time" not in training_facts(replace(card, history=[]))


def test_further_pictures_and_a_start_are_named(card: ModelCard) -> None:
    extra = [{"dataset": "faces", "faces": {"happy": 1200, "sad": 34}}, {"dataset": "more", "faces": {"fear": 5}}]
    begun = {"start_from": {"file": "cnn/model.keras", "sha256": "0123456789abcdef"}}
    facts = told(card, extra_data=extra, settings=begun)
    assert facts["Further pictures"] == "faces (1,234 faces), more (5 faces)"
    assert facts["Started from"] == "the weights of cnn/model.keras, SHA-256 0123456789ab\u2026"


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"average_epochs": 0}, "those of the epoch with the highest validation accuracy"),
        ({"epochs": 5, "average_epochs": 2}, "the mean of the last 2 epochs"),
        ({"head": {}, "fine_tuning": {"epochs": 5, "average_epochs": 1}}, "those of the last epoch"),
        ({"epochs": 6, "average_epochs": 3}, "the mean of the last 2 epochs"),  # out of time after five
        ({"epochs": 9, "average_epochs": 2}, "those of the epoch with the highest validation accuracy"),
        (
            {"averaged": [{"file": "one/model.keras"}, {"file": "two/model.keras"}]},
            "the mean of one/model.keras and two/model.keras, whose commands are in card.json",
        ),
    ],
)
def test_the_weights_that_ship(card: ModelCard, settings: dict[str, Any], text: str) -> None:
    assert told(card, settings=settings)["Weights"] == text


def test_what_a_card_does_not_say_is_left_out(card: ModelCard) -> None:
    assert training_facts(replace(card, training={}, history=[])) == {}
