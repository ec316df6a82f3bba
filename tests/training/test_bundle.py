"""Writing a bundle: whole or not at all, and under a good name."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fer_core import ModelError, load_model, read_card
from fer_core.training.export import bundle as export
from fer_core.utils.files import UNFINISHED
from tests.support.small_network import ARTEFACTS, snapshot


def is_new(path: Path) -> bool:
    return path.name.startswith(UNFINISHED) and path.name.endswith("-tiny")


@pytest.mark.parametrize("step", ["draw", "card", "disk full", "swap"])
def test_a_failed_export_leaves_the_old_bundle(step: str, bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    swap = os.replace
    if step == "draw":
        monkeypatch.setattr(export, "save_png", fail)
    elif step == "card":
        monkeypatch.setattr(export, "write_card", fail)
    elif step == "disk full":
        monkeypatch.setattr(Path, "write_bytes", fail)
    else:
        monkeypatch.setattr(os, "replace", lambda a, b: fail() if is_new(a) else swap(a, b))
    before = snapshot(bundle.parent)
    with pytest.raises(OSError, match="No space"):
        export.write_bundle(replace(read_card(bundle), title="new"), {"model.tflite": b"new"}, bundle.parent)
    monkeypatch.undo()
    assert snapshot(bundle.parent) == before and [p.name for p in bundle.parent.iterdir()] == ["tiny"]


def test_a_written_bundle_replaces_the_old_one_whole(bundle: Path) -> None:
    (bundle / "left-over.txt").write_text("old")
    contents = {"model.tflite": (bundle / "model.tflite").read_bytes()}
    export.write_bundle(replace(read_card(bundle), title="new"), contents, bundle.parent)
    assert load_model(bundle).card.title == "new"
    assert {p.name for p in bundle.iterdir()} == ARTEFACTS - {"predictions.npz", "model.keras"}
    assert [p.name for p in bundle.parent.iterdir()] == ["tiny"]


@pytest.mark.parametrize("name", ["cnn", "my-cnn_2", "2", "A" * 60])
def test_good_names(name: str) -> None:
    export.check_name(name)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\\b", "a b", "-a", ".a", "é", "a\0", "a\n", "A" * 61])
def test_bad_names(name: str) -> None:
    with pytest.raises(ModelError, match="name is made of"):
        export.check_name(name)
