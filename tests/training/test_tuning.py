"""`--tune`: what is tried, judged and kept, and that the training that follows uses it."""

import ast
import importlib.util
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest

from fer_core import DatasetError, list_models, read_card
from fer_core.datasets.readers import read_dataset
from fer_core.datasets.splits import Split, split_dataset
from fer_core.training import tuning
from fer_core.training.settings import Settings
from tests.conftest import ROOT
from tests.support import tiny
from tests.support.small_network import put_small_networks, small, snapshot, without_seconds

TRIAL = re.compile(r"Trial (\d+): learning rate (\S+), batch size (\d+), dropout (\S+): validation accuracy (\S+)")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    put_small_networks(monkeypatch)


def command(root: Path, *more: object, name: str = "run") -> tuple[object, ...]:
    options = ("--data", root / "fer2013.csv", "--models-dir", root / "models", "--name", name, "--epochs", 3)
    return "train_cnn", *options, "--precision", "float32", "--seed", 3, *more


def tried(said: str) -> list[tuple[float, ...]]:
    return [tuple(map(float, match.groups())) for match in TRIAL.finditer(said)]


def test_the_best_settings_are_said_used_and_kept(
    tmp_path: Path, train: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    tiny.fer_csv(tmp_path)
    given = ("--learning-rate", 0.004, "--batch-size", 16, "--dropout", 0.2)
    assert train(*command(tmp_path, *given, "--tune", 5, "--tune-epochs", 2)) == 0
    said = capsys.readouterr().out
    trials = tried(said)
    assert [trial[0] for trial in trials] == [1, 2, 3, 4, 5] and trials[0][1:4] == (0.004, 16, 0.2)
    assert len({trial[1] for trial in trials}) > 2, "it does try others"
    best = max(trials, key=lambda trial: trial[4])
    assert f"Best of 5 trials: learning rate {best[1]:g}, batch size {best[2]:g}, dropout {best[3]:g}" in said
    card = read_card(tmp_path / "models" / "run")
    settings, record = card.training["settings"], card.training["tuning"]
    assert (settings["learning_rate"], settings["batch_size"], settings["dropout"]) == best[1:4]
    assert settings["epochs"] == 3 and len(card.history) <= 3, "not the trials' epochs"
    assert record["best"] == pytest.approx(
        dict(zip(("learning_rate", "batch_size", "dropout", "validation_accuracy"), best[1:], strict=True)), abs=5e-5
    )
    assert (record["trials"], record["epochs_per_trial"]) == (5, 2)
    assert record["start"] == {"learning_rate": 0.004, "batch_size": 16, "dropout": 0.2}
    low, high = record["space"]["learning_rate"]
    assert (low, high) == pytest.approx((0.0004, 0.04)) and record["space"]["batch_size"] == [16, 32, 64, 128]
    assert all(low <= trial[1] <= high and 0.1 <= trial[3] <= 0.45 for trial in trials)

    # the same training without a search, given what was found
    found = ("--learning-rate", best[1], "--batch-size", int(best[2]), "--dropout", best[3])
    assert train(*command(tmp_path, *found, name="given")) == 0
    plain = read_card(tmp_path / "models" / "given")
    assert without_seconds(plain.history) == without_seconds(card.history)
    assert "tuning" not in plain.training


def test_an_interrupted_search_goes_on(
    tmp_path: Path,
    train: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    tiny.fer_csv(tmp_path)
    search = command(tmp_path, "--tune", 4, "--tune-epochs", 1)
    fit, runs = tuning.fit, [0]

    def third_is_interrupted(*args: Any, **options: Any) -> Any:
        runs[0] += 1
        if runs[0] == 3:
            raise KeyboardInterrupt
        return fit(*args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(tuning, "fit", third_is_interrupted)
        assert train(*search) == 130
    printed = capsys.readouterr()
    first = tried(printed.out)
    assert len(first) == 2 and "--resume" in printed.err and not list_models(tmp_path / "models")
    assert train(*search, "--resume") == 0
    rest = tried(capsys.readouterr().out)
    assert len(rest) == 2 and len({trial[1:4] for trial in first + rest}) == 4, "none is tried twice"
    card = read_card(tmp_path / "models" / "run")
    best = max(first + rest, key=lambda trial: trial[4])
    assert card.training["settings"]["learning_rate"] == best[1] and card.training["tuning"]["trials"] == 4
    # all done: neither a trial nor an epoch more
    monkeypatch.setattr(keras.Model, "fit", lambda *_, **__: pytest.fail("trained"))
    assert train(*search, "--resume") == 0
    again = read_card(tmp_path / "models" / "run")
    assert again.training["settings"] == card.training["settings"] and again.history == card.history


# --- the search itself, on trainings whose outcome is given


@pytest.fixture
def split(tmp_path: Path) -> Split:
    return split_dataset(read_dataset(tiny.fer_csv(tmp_path)))


def search(split: Split, store: Path, monkeypatch: pytest.MonkeyPatch, curves: list[list[float]], **more: Any) -> Any:
    """tune(), each trial with the next of the given validation accuracies; also how many epochs each ran."""
    ran: list[tuple[Settings, int]] = []

    def played(
        network: Any, split: Split, settings: Settings, state: Path, *, callbacks: Any
    ) -> list[dict[str, float]]:
        (judge,) = callbacks
        judge.set_model(SimpleNamespace(stop_training=False))
        history: list[dict[str, float]] = []
        for epoch, accuracy in enumerate(curves[len(ran)]):
            history.append({"val_accuracy": accuracy})
            judge.on_epoch_end(epoch, history[-1])
            if judge.model.stop_training:
                break
        ran.append((settings, len(history)))
        return history

    monkeypatch.setattr(tuning, "fit", played)
    settings = Settings(epochs=9, batch_size=32, learning_rate=0.01, ema=0.9, patience=4, warmup_epochs=2, seed=1)
    given = {"build": small, "split": split, "settings": settings, "dropout": 0.25, "store": store}
    found = tuning.tune(**given | {"trials": len(curves), "epochs": len(curves[0])} | more)
    return found, ran


def test_hopeless_trials_end_early(split: Split, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    curves = [[0.5, 0.6, 0.6], [0.4, 0.5, 0.55], [0.45, 0.7, 0.6], [0.1, 0.9, 0.9], [0.6, 0.65, 0.62]]
    found, ran = search(split, tmp_path / "s.db", monkeypatch, curves)
    assert [epochs for _, epochs in ran] == [3, 3, 3, 1, 3], "the fourth is below the median after its first epoch"
    assert found.record["ended_early"] == 1 and found.record["trials"] == 5
    assert found.record["best"]["validation_accuracy"] == 0.7, "a trial counts by its best epoch"
    assert found.settings.learning_rate == ran[2][0].learning_rate and found.settings.batch_size == ran[2][0].batch_size


def test_trials_are_short_and_the_training_is_not(
    split: Split, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, ran = search(split, tmp_path / "s.db", monkeypatch, [[0.2, 0.3]] * 2)
    assert {(s.epochs, s.ema, s.patience, s.warmup_epochs, s.seed) for s, _ in ran} == {(2, 0.0, 0, 0.5, 1)}
    assert (found.settings.epochs, found.settings.ema, found.settings.patience) == (9, 0.9, 4)


def test_going_on_with_another_search_is_refused(split: Split, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = tmp_path / "s.db"
    search(split, store, monkeypatch, [[0.2]] * 2)
    before = store.read_bytes()
    with pytest.raises(DatasetError, match="belongs to another search"):
        search(split, store, monkeypatch, [[0.2, 0.3]] * 2, resume=True)
    assert store.read_bytes() == before
    found, ran = search(split, store, monkeypatch, [[0.2, 0.3]] * 3)  # without --resume: anew
    assert len(ran) == found.record["trials"] == 3


def another(dropout: float) -> Any:
    network = small(dropout)
    return keras.Model(network.inputs, network.outputs, name="another")


@pytest.mark.parametrize(
    "other",
    [
        lambda split: {"split": replace(split, training=split.training.take(np.arange(30)))},
        lambda split: {"split": replace(split, labels="ferplus")},
        lambda split: {"build": another},
        lambda split: {"settings": Settings(epochs=9, batch_size=32, learning_rate=0.01, class_weights=True, seed=1)},
    ],
    ids=["fewer faces", "other labels", "another network", "class weights"],
)
def test_a_search_goes_on_only_with_the_same_faces_and_network(
    other: Callable[[Split], dict[str, Any]], split: Split, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    search(split, tmp_path / "s.db", monkeypatch, [[0.2]] * 2)
    with pytest.raises(DatasetError, match="belongs to another search"):
        given = {"split": split, "store": tmp_path / "s.db", "resume": True} | other(split)
        search(monkeypatch=monkeypatch, curves=[[0.2]] * 2, **given)


@pytest.mark.parametrize("option", [("--start-from", "model.keras"), ("--teachers", "cnn")], ids=" ".join)
def test_a_search_starts_from_nothing(
    option: tuple[str, ...], train: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        train("train_cnn", "--data", "x", "--tune", 2, *option)
    assert caught.value.code == 2 and "omit --start-from and --teachers" in capsys.readouterr().err


# --- without Optuna


def test_without_optuna_it_says_what_to_install(
    tmp_path: Path, train: Callable[..., int], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny.fer_csv(tmp_path)
    assert train(*command(tmp_path)) == 0
    before, find = snapshot(tmp_path), importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "optuna" else find(name))
    capsys.readouterr()
    assert train(*command(tmp_path, "--tune", 2)) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ") and 'pip install "optuna' in error and len(error.splitlines()) == 1
    assert snapshot(tmp_path) == before


def test_only_a_search_imports_optuna() -> None:
    named = [path for path in ROOT.glob("fer_core/**/*.py") if "import optuna" in path.read_text(encoding="utf-8")]
    assert [path.name for path in named] == ["tuning.py"]
    top = ast.parse(named[0].read_text(encoding="utf-8")).body
    names = {alias.name for node in top if isinstance(node, ast.Import | ast.ImportFrom) for alias in node.names}
    assert "keras" in names and "optuna" not in names
