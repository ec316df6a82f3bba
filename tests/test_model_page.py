"""The page of a model: in step with its card, and whole for cards that say much or little."""

from dataclasses import replace
from pathlib import Path

import pytest
from made_bundles import made_robustness, make_bundle

from fer_core import EMOTIONS, read_card
from fer_core.__main__ import main
from fer_core.model import bundle_folder
from fer_core.model_page import PAGE_NAME, main_part, model_page


def test_the_page_is_in_step_with_the_card(shipped: str) -> None:
    folder = bundle_folder(shipped)
    said = "renew it with `python -m fer_core models --cards`"
    assert (folder / PAGE_NAME).is_file(), said
    assert (folder / PAGE_NAME).read_text(encoding="utf-8") == model_page(read_card(folder)), said


def test_a_page_says_what_the_card_says(tmp_path: Path) -> None:
    card = read_card(make_bundle(tmp_path, "a", robustness=made_robustness(), intended_use="To try.", limits="Many."))
    page = model_page(card)
    for text in ("# A\n", "## Intended use\n\nTo try.", "## Limits\n\nMany.", "disturbed as much as was tried"):
        assert text in page
    found = card.evaluation["private_test"]
    for emotion in EMOTIONS:
        figures = [f"{found['per_class'][emotion][name]:.3f}" for name in ("precision", "recall", "f1")]
        assert f"| {' | '.join([emotion, *figures, str(found['per_class'][emotion]['support'])])} | " in page
    for part, name in (("private_test", "PrivateTest"), ("public_test", "PublicTest (used for choosing)")):
        assert f"| {name} | {card.evaluation[part]['n']} | {card.evaluation[part]['accuracy']:.1%} |" in page


def test_a_page_shows_what_was_published_beside_what_was_measured(tmp_path: Path) -> None:
    own = {"accuracy": 0.61, "n": 20, "protocol": "split in its own way", "epochs": 3}
    reported = {"system": "S", "test_accuracy": 0.7, "data": "D", "own_protocol": own, "why": "Why not."}
    card = read_card(make_bundle(tmp_path, "a", reproduces="S", reported=reported))
    page, test = model_page(card), card.evaluation["private_test"]
    assert "After S." in page and "- Why not." in page and "split in its own way" in page
    assert f"| test | 70.00% | 61.0% | {test['accuracy']:.1%} | PrivateTest, {test['n']} faces |" in page
    assert "Published and measured" not in model_page(replace(card, reported=None))
    silent = model_page(replace(card, reported={"system": "S", "data": "none"}))
    assert f"| test | {test['accuracy']:.1%} |" in silent and "| Published |" not in silent


def test_a_page_names_the_weights_it_was_begun_with(tmp_path: Path) -> None:
    begun = {"start_from": {"file": "model.keras", "sha256": "abc"}}
    card = read_card(make_bundle(tmp_path, "a", training={"settings": begun}))
    assert "- Begun with the weights of model.keras, SHA-256 `abc`" in model_page(card)


def test_a_page_says_how_much_of_a_label_is_votes(tmp_path: Path) -> None:
    card = read_card(make_bundle(tmp_path, "a"))
    for settings in ({"vote_share": 0.3}, {"fine_tuning": {"vote_share": 0.3}}):
        page = model_page(replace(card, training={"labels": "fer2013", "settings": settings}))
        assert "- Labels: fer2013, of which 30% how the FER+ votes are spread; split: " in page
    for settings in ({}, {"vote_share": 0.0}, {"head": {}, "fine_tuning": {}}):
        page = model_page(replace(card, training={"labels": "fer2013", "settings": settings}))
        assert "- Labels: fer2013; split: " in page


@pytest.mark.parametrize("missing", ["evaluation", "training", "history", "robustness", "quantisation", "files"])
def test_a_page_leaves_out_what_a_card_lacks(tmp_path: Path, missing: str) -> None:
    card = read_card(make_bundle(tmp_path, "a"))
    page = model_page(replace(card, **{missing: type(getattr(card, missing))()}))
    assert page.startswith("# A\n") and "None" not in page and "\n\n\n" not in page


def test_the_part_that_counts(tmp_path: Path) -> None:
    card = read_card(make_bundle(tmp_path, "a"))
    assert main_part(card) == "private_test"
    assert main_part(replace(card, evaluation={"mine": {"accuracy": 1.0}})) == "mine"
    assert main_part(replace(card, evaluation={})) is None


def test_the_command_writes_every_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folders = [make_bundle(tmp_path, name) for name in "ab"]
    assert main(["models", "--cards", "--models-dir", str(tmp_path)]) == 0
    assert capsys.readouterr().out.splitlines() == [str(folder / PAGE_NAME) for folder in folders]
    for folder in folders:
        assert (folder / PAGE_NAME).read_text(encoding="utf-8") == model_page(read_card(folder))
