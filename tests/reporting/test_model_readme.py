"""The README of a bundle: in step with its card, and whole for cards that say much or little."""

from dataclasses import replace
from pathlib import Path

import pytest

from fer_core import EMOTIONS, read_card
from fer_core.bundle import PART_NAMES
from fer_core.bundle.registry import bundle_folder
from fer_core.cli.parser import main
from fer_core.reporting.model_readme import README_NAME, readme_text
from tests.support.synthetic_bundles import make_bundle, synthetic_robustness


def test_the_page_is_in_step_with_the_card(shipped: str) -> None:
    folder = bundle_folder(shipped)
    said = "renew it with `python -m fer_core models --cards`"
    assert (folder / README_NAME).is_file(), said
    assert (folder / README_NAME).read_text(encoding="utf-8") == readme_text(read_card(folder)), said


def test_a_page_says_what_the_card_says(tmp_path: Path) -> None:
    card = read_card(
        make_bundle(tmp_path, "a", robustness=synthetic_robustness(), intended_use="To try.", limits="Many.")
    )
    page = readme_text(card)
    for text in ("# A\n", "## Intended use\n\nTo try.", "## Limits\n\nMany.", "At the worst severity of each"):
        assert text in page
    found = card.evaluation["private_test"]
    for emotion in EMOTIONS:
        figures = [f"{found['per_class'][emotion][name]:.3f}" for name in ("precision", "recall", "f1")]
        assert f"| {' | '.join([emotion, *figures, str(found['per_class'][emotion]['support'])])} | " in page
    for part in ("private_test", "public_test"):
        name = PART_NAMES[part]
        assert f"| {name} | {card.evaluation[part]['n']} | {card.evaluation[part]['accuracy']:.1%} |" in page


def test_a_page_shows_what_was_published_beside_what_was_measured(tmp_path: Path) -> None:
    own = {"accuracy": 0.61, "n": 20, "protocol": "split in its own way", "epochs": 3}
    reported = {"system": "S", "test_accuracy": 0.7, "data": "D", "own_protocol": own, "why": "Why not."}
    card = read_card(make_bundle(tmp_path, "a", reproduces="S", reported=reported))
    page, test = readme_text(card), card.evaluation["private_test"]
    assert "After S." in page and "- Why not." in page and "split in its own way" in page
    on = f"{PART_NAMES['private_test']}, {test['n']} faces"
    assert f"| test | 70.00% | 61.0% | {test['accuracy']:.1%} | {on} |" in page
    assert "Published and measured" not in readme_text(replace(card, reported=None))
    silent = readme_text(replace(card, reported={"system": "S", "data": "none"}))
    assert f"| test | {test['accuracy']:.1%} |" in silent and "| Published |" not in silent


def test_a_page_names_the_weights_it_was_begun_with(tmp_path: Path) -> None:
    begun = {"start_from": {"file": "model.keras", "sha256": "abc"}}
    card = read_card(make_bundle(tmp_path, "a", training={"settings": begun}))
    assert "- Started from: the weights of model.keras, SHA-256 abc\u2026\n" in readme_text(card) + "\n"


@pytest.mark.parametrize("missing", ["evaluation", "training", "history", "robustness", "quantization", "files"])
def test_a_page_leaves_out_what_a_card_lacks(tmp_path: Path, missing: str) -> None:
    card = read_card(make_bundle(tmp_path, "a"))
    page = readme_text(replace(card, **{missing: type(getattr(card, missing))()}))
    assert page.startswith("# A\n") and "None" not in page and "\n\n\n" not in page


def test_the_command_writes_every_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folders = [make_bundle(tmp_path, name) for name in "ab"]
    assert main(["models", "--cards", "--models-dir", str(tmp_path)]) == 0
    assert capsys.readouterr().out.splitlines() == [str(folder / README_NAME) for folder in folders]
    for folder in folders:
        assert (folder / README_NAME).read_text(encoding="utf-8") == readme_text(read_card(folder))
