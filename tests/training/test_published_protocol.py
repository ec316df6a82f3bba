"""`--published-protocol`: a system's own way of splitting or choosing gives a figure in a card, never a bundle."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from fer_core import read_card
from fer_core.bundle.card import CARD_NAME
from fer_core.bundle.registry import read_bundles
from fer_core.datasets.readers import read_dataset
from fer_core.datasets.splits import Faces, split_dataset
from fer_core.errors import DatasetError
from fer_core.evaluation.metrics import wilson_interval
from fer_core.reporting.model_readme import README_NAME, readme_text
from fer_core.training import published_protocol
from fer_core.training.published_protocol import Protocol, TestAccuracy, published_split
from fer_core.training.recipes import RECIPES
from tests.support import tiny
from tests.support.small_network import put_network, saved_checkpoint, small, snapshot

ARCHS = ("deepfer", "deep4")


def small_of(name: str) -> Callable[..., Any]:
    def build(dropout: float = 0.25) -> Any:
        network = small(dropout)
        return keras.Model(network.inputs, network.outputs, name=name)

    return build


@pytest.fixture(scope="module")
def small_networks() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in (*ARCHS, "vgg"):
            put_network(patch, name, small_of(name))
        yield


def run(root: Path, arch: str, *more: object, name: str | None = None) -> tuple[object, ...]:
    options = ("--data", root / "fer2013.csv", "--models-dir", root / "models", "--arch", arch, "--name", name or arch)
    return "train_cnn", *options, "--epochs", 4, "--learning-rate", 0.02, "--precision", "float32", *more


@pytest.fixture(scope="module")
def official(tmp_path_factory: pytest.TempPathFactory, train: Callable[..., int], small_networks: None) -> Path:
    """Bundles of both systems that have a protocol of their own, trained on the official parts."""
    root = tmp_path_factory.mktemp("official")
    tiny.fer_csv(root)
    for arch in ARCHS:
        assert train(*run(root, arch)) == 0
    return root


@pytest.fixture
def root(official: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(official, tmp_path / "work"))


def test_only_the_figure_comes_into_the_card(root: Path, train: Callable[..., int]) -> None:
    before, states = snapshot(root / "models"), snapshot(root / "runs")
    assert train(*run(root, "deepfer", "--published-protocol", "--seed", 2)) == 0
    after = snapshot(root / "models")
    key, page = f"deepfer/{CARD_NAME}", f"deepfer/{README_NAME}"
    old, new = json.loads(before.pop(key)), json.loads(after.pop(key))
    assert before.pop(page) != after.pop(page) == readme_text(read_card(root / "models" / "deepfer")).encode()
    record = new["reported"].pop("own_protocol")
    assert new == old and after == before, "nothing else of the bundle changes, and there is no other bundle"
    assert {name: snapshot(root / "runs")[name] for name in states} == states, "the official run can still be resumed"
    assert read_bundles(root / "models")[1] == {}

    # the figure, from the weights that the run kept and the split made anew
    header, arrays = saved_checkpoint(root, "deepfer.own-protocol")
    split = split_dataset(read_dataset(root / "fer2013.csv"), "72/8/20", seed=2)
    test = split.parts["test"]
    best = max(header["history"], key=lambda epoch: epoch["val_accuracy"])
    assert record["validation_accuracy"] == best["val_accuracy"] and record["training_accuracy"] == best["accuracy"]
    assert record["faces"] == {"training": len(split.training), "validation": len(split.validation)}
    hits = correct(header, arrays, test)
    assert (record["accuracy"], record["n"], record["part"]) == (hits / len(test), len(test), "test")
    assert record["accuracy_interval"] == pytest.approx(wilson_interval(hits, len(test)))
    assert record["protocol"] == RECIPES["deepfer"].protocol.text and record["epochs"] == len(header["history"]) == 4
    assert record["settings"]["learning_rate"] == 0.02 and record["settings"]["dropout"] == 0.25
    assert (
        record["changed"] == old["reported"]["changed"] == "epochs 4 instead of 50, learning rate 0.02 instead of 0.001"
    )
    assert record["command"].endswith("--published-protocol --seed 2") and str(root) not in json.dumps(record)


def correct(header: dict[str, Any], arrays: dict[str, Any], test: Faces) -> int:
    """How many faces of `test` the best weights of a checkpoint predict correctly."""
    network = small()
    network.set_weights([arrays[f"b{i}"] for i in range(header["best"])])
    predicted = network.predict(test.faces[..., None].astype(np.float32), verbose=0).argmax(axis=1)
    return int((predicted == test.labels).sum())


def test_choosing_on_the_test_part_is_noted_beside_the_honest_choice(root: Path) -> None:
    header, arrays = saved_checkpoint(root, "deep4")
    noted = [epoch["test_accuracy"] for epoch in header["history"]]
    kept = max(header["history"], key=lambda epoch: epoch["val_accuracy"])
    test = split_dataset(read_dataset(root / "fer2013.csv")).parts["private_test"]
    assert len(noted) == 4 and kept["test_accuracy"] == pytest.approx(correct(header, arrays, test) / len(test))
    record = (read_card(root / "models" / "deep4").reported or {})["own_protocol"]
    assert record["accuracy"] == pytest.approx(max(noted), abs=1e-6) and record["part"] == "private_test"
    assert record["accuracy"] * record["n"] == round(record["accuracy"] * record["n"]) and record["n"] == len(test)
    assert noted[record["epoch"] - 1] == max(noted) and record["protocol"] == RECIPES["deep4"].protocol.text


@pytest.mark.parametrize(
    "more", [("--limit", 20), ("--split", "72/8/20"), ("--arch", "vgg", "--name", "other")], ids=str
)
def test_only_a_published_training_is_looked_at_so(
    more: tuple[Any, ...], root: Path, train: Callable[..., int]
) -> None:
    assert train(*run(root, "deep4", *more)) == 0
    header, _ = saved_checkpoint(root, "other" if "other" in more else "deep4")
    assert not any("test_accuracy" in epoch for epoch in header["history"])


def test_training_the_bundle_anew_keeps_the_figure(root: Path, train: Callable[..., int]) -> None:
    assert train(*run(root, "deepfer", "--published-protocol")) == 0
    record = (read_card(root / "models" / "deepfer").reported or {})["own_protocol"]
    assert train(*run(root, "deepfer", "--seed", 5)) == 0
    card = read_card(root / "models" / "deepfer")
    assert card.training["seed"] == 5 and (card.reported or {})["own_protocol"] == record
    # but not where the name now holds another network
    assert train(*run(root, "vgg", name="deepfer")) == 0
    assert "own_protocol" not in (read_card(root / "models" / "deepfer").reported or {})


def test_an_interrupted_run_goes_on(root: Path, train: Callable[..., int], monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(published_protocol.keras.Model, "predict", interrupted)
        assert train(*run(root, "deepfer", "--published-protocol")) == 130
    assert "own_protocol" not in (read_card(root / "models" / "deepfer").reported or {})
    monkeypatch.setattr(keras.Model, "fit", lambda *_, **__: pytest.fail("trained again"))
    assert train(*run(root, "deepfer", "--published-protocol", "--resume")) == 0
    assert "own_protocol" in (read_card(root / "models" / "deepfer").reported or {})


def interrupted(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def damaged(root: Path) -> None:
    (root / "models" / "deepfer" / CARD_NAME).write_text("{", encoding="utf-8")


def other_dataset(root: Path) -> None:
    tiny.write_csv(root / "fer2013.csv", tiny.parts(tiny.FER_PARTS, seed=8))


def other_network(root: Path) -> None:
    shutil.rmtree(root / "models" / "deepfer")
    shutil.copytree(root / "models" / "deep4", root / "models" / "deepfer")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda root: shutil.rmtree(root / "models" / "deepfer"), "train deepfer without it first"),
        (damaged, "card.json is damaged"),
        (other_dataset, "deepfer was trained on another dataset"),
        (other_network, "Expected a bundle of deepfer as published. Received: deepfer of deep4"),
    ],
    ids=["no bundle", "damaged card", "other faces", "a bundle of another network"],
)
def test_refused_before_training(
    change: Callable[[Path], Any],
    said: str,
    root: Path,
    train: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    change(root)
    monkeypatch.setattr(keras.Model, "fit", lambda *_, **__: pytest.fail("trained"))
    before = snapshot(root)
    assert train(*run(root, "deepfer", "--published-protocol")) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ") and len(error.splitlines()) == 1 and said in error
    assert snapshot(root) == before


@pytest.mark.parametrize(
    ("arch", "more", "said"),
    [
        ("vgg", (), "vgg has no split of its own; those that have: deepfer"),
        ("deep4", (), "deep4 has no split of its own; those that have: deepfer"),
        ("deepfer", ("--split", "80/10/10"), "no --split"),
        ("deepfer", ("--limit", "30"), "no --split, --limit"),
        ("deepfer", ("--tune", "3"), "no --split, --limit, --labels, --tune"),
        ("deepfer", ("--labels", "ferplus"), "no --split, --limit, --labels"),
        ("deepfer", ("--start-from", "model.keras"), "--start-from, --teachers"),
        ("deepfer", ("--teachers", "cnn"), "--start-from, --teachers"),
        ("deepfer", ("--vote-share", "0.5"), "--teachers, --vote-share"),
        ("deepfer", ("--fold", "1/5"), "--aligned, --fold"),
    ],
)
def test_wrong_usage(
    arch: str, more: tuple[str, ...], said: str, train: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        train("train_cnn", "--data", "x", "--arch", arch, "--published-protocol", *more)
    assert caught.value.code == 2 and said in capsys.readouterr().err


def test_the_option_keeps_its_former_name(train: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    """Commands in cards have it; `--help` does not."""
    with pytest.raises(SystemExit):
        train("train_cnn", "--data", "x", "--arch", "vgg", "--own-protocol")
    assert "--published-protocol: vgg has no split of its own" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        train("train_cnn", "--help")
    assert "--own-protocol" not in capsys.readouterr().out


def test_a_failed_write_leaves_the_old_card(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    before = snapshot(root / "models")
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        published_protocol.store_record(root / "models" / "deepfer", {"accuracy": 0.5, "n": 2})
    assert snapshot(root / "models") == before


def test_without_a_test_part_there_is_nothing_to_look_at(tmp_path: Path) -> None:
    split = split_dataset(read_dataset(tiny.train_val(tmp_path / "faces")))
    with pytest.raises(DatasetError, match="needs a test part"):
        TestAccuracy(split)


def test_shares_pool_all_parts(tmp_path: Path) -> None:
    table = read_dataset(tiny.fer_csv(tmp_path))
    split = published_split(table, Protocol("x", split="72/8/20"), seed=1)
    assert list(split.parts) == ["test"] and split.description == "x"
    assert len(split.training) + len(split.validation) + len(split.parts["test"]) == len(table.labels) == 98
