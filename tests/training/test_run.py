"""A run of a training script: what is refused before it trains, and where its first weights come from."""

import hashlib
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest

from fer_core import ModelError, read_card
from fer_core.datasets import read_dataset, split_dataset
from fer_core.errors import DatasetError
from fer_core.training.folds import Fold
from fer_core.training.run import split_of, start_from
from tests.conftest import Run
from tests.support import tiny
from tests.support.small_network import ARTEFACTS, small, snapshot


def missing_class(root: Path) -> Path:
    data = tiny.one_folder(root)
    shutil.rmtree(data / tiny.ALIASES[1])
    return data


def bad_row(root: Path) -> Path:
    path = tiny.fer_csv(root)
    lines = path.read_text().splitlines()
    lines[4] = lines[4].replace(" ", ",", 1)
    lines[6] = "7" + lines[6][1:]
    path.write_text("\n".join(lines))
    return path


def unknown_layout(root: Path) -> Path:
    (root / "cats").mkdir(parents=True)
    return root


def too_few(root: Path) -> Path:
    return tiny.write_folders(root, tiny.faces(1))


REFUSED: dict[str, tuple[Callable[[Path], Path], tuple[Any, ...], str]] = {
    "missing path": (lambda root: root / "nowhere", (), "No dataset at"),
    "unknown layout": (unknown_layout, (), "none of the known layouts"),
    "missing class": (missing_class, (), "No training faces for: disgust"),
    "unreadable rows": (bad_row, (), "line 5|line 7"),
    "empty split": (too_few, (), "part is empty"),
    "impossible split": (tiny.one_folder, ("--split", "80/20"), "three shares"),
    "official split without parts": (tiny.one_folder, ("--split", "official"), "no official split"),
    "FER+ labels without votes": (tiny.fer_csv, ("--labels", "ferplus"), "needs the votes"),
    "no such votes": (tiny.fer_csv, ("--ferplus", "nowhere.csv"), r"No FER\+ votes"),
    "votes for folders": (tiny.one_folder, ("--ferplus", "nowhere.csv"), "go by row"),
    "name with a path": (tiny.fer_csv, ("--name", "../x"), "name is made of"),
    "name with a space": (tiny.fer_csv, ("--name", "a b"), "name is made of"),
    "name too long": (tiny.fer_csv, ("--name", "x" * 61), "name is made of"),
}


@pytest.mark.parametrize("script", ["train_cnn", "train_mobilenet"])
@pytest.mark.parametrize(("write", "options", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_bad_data_is_refused_before_training_and_nothing_is_overwritten(
    script: str,
    write: Callable[[Path], Path],
    options: tuple[Any, ...],
    said: str,
    tmp_path: Path,
    train: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(keras.Model, "fit", lambda *_, **__: pytest.fail("trained"))
    existing = {f"models/my/{name}": b"old" for name in ARTEFACTS} | {"runs/my/training.npz": b"old"}
    for name, content in existing.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    data = write(tmp_path / "dataset")
    before = snapshot(tmp_path)
    more = ("--name", "my", "--models-dir", tmp_path / "models", *options)
    assert train(script, "--data", data, *more) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ") and len(error.splitlines()) == 1 and re.search(said, error), error
    assert snapshot(tmp_path) == before


def test_the_split_of_a_card_is_that_of_its_training(trained: Run, tmp_path: Path) -> None:
    args = SimpleNamespace(data=str(tiny.one_folder(tmp_path / "a")), ferplus=None)
    table = read_dataset(args.data)
    card = read_card(trained.bundle)
    own = {"split": "60/20/20", "seed": 3, "dataset_sha256": table.sha256, "fold": "1/2"}
    split = split_of(replace(card, training=card.training | own), args)
    whole = split_dataset(table, "60/20/20", seed=3)
    assert np.array_equal(split.parts["test"].faces, whole.parts["test"].faces)
    left = whole.training.faces[~Fold(1, 2).holds(whole.training.faces)]
    assert np.array_equal(split.training.faces, left)
    with pytest.raises(DatasetError, match="tiny was trained on other faces or labels than those of"):
        split_of(card, args)
    with pytest.raises(DatasetError, match="was adapted, not trained"):
        split_of(replace(card, training={}), args)


def test_a_run_may_start_from_another_s_weights(tmp_path: Path) -> None:
    first, second, third = small(), small(), small()
    first.save(tmp_path / "model.keras")
    said = start_from(second, str(tmp_path / "model.keras"))["start_from"]
    digest = hashlib.sha256((tmp_path / "model.keras").read_bytes()).hexdigest()
    assert said == {"file": "model.keras", "sha256": digest}
    assert all(np.array_equal(a, b) for a, b in zip(first.get_weights(), second.get_weights(), strict=True))
    (tmp_path / "first").mkdir()
    (tmp_path / "model.keras").rename(tmp_path / "first" / "model.keras")
    said = start_from(third, str(tmp_path / "first"))["start_from"]
    assert said == {"file": "first/model.keras", "sha256": digest}
    assert all(np.array_equal(a, b) for a, b in zip(first.get_weights(), third.get_weights(), strict=True))
    assert start_from(second, None) == {}
    other = keras.Sequential([keras.Input((48, 48, 1)), keras.layers.Flatten(), keras.layers.Dense(7)])
    for path, network in ((tmp_path / "first", other), (tmp_path / "none.keras", second)):
        with pytest.raises(ModelError, match=r"--start-from .* does not fit"):
            start_from(network, str(path))
