"""One phase of training: the best epoch, early stopping and the learning rate."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from fer_core.datasets.readers import read_dataset
from fer_core.datasets.splits import Faces, split_dataset
from fer_core.training import fit
from fer_core.training.architectures.transfer import transfer_network
from fer_core.training.settings import Settings
from tests.support import tiny
from tests.support.small_network import small


def run_phase(tmp_path: Path, network: Any, **settings: Any) -> tuple[list[dict[str, Any]], Faces]:
    split = split_dataset(read_dataset(tiny.fer_csv(tmp_path)))
    defaults: dict[str, Any] = {"epochs": 4, "batch_size": 16, "learning_rate": 0.02}
    history = fit.fit(network, split, Settings(**defaults | settings), tmp_path / "state.npz")
    return history, split.validation


def validation_accuracy(network: Any, part: Faces) -> float:
    logits = network.predict(part.faces[..., None].astype(np.float32), verbose=0)
    return float((logits.argmax(axis=1) == part.labels).mean())


@pytest.mark.parametrize("settings", [{}, {"ema": 0.7, "optimizer": "adamw"}, {"optimizer": "sgd"}], ids=str)
def test_the_best_epoch_is_kept(tmp_path: Path, settings: dict[str, Any]) -> None:
    keras.utils.set_random_seed(1)
    network = small()
    history, validation = run_phase(tmp_path, network, epochs=5, **settings)
    accuracies = [record["val_accuracy"] for record in history]
    assert validation_accuracy(network, validation) == pytest.approx(max(accuracies), abs=1e-6)
    assert len(set(accuracies)) > 1


@pytest.mark.parametrize("settings", [{}, {"ema": 0.7, "optimizer": "adamw"}], ids=str)
def test_the_mean_of_the_last_epochs_is_kept(tmp_path: Path, settings: dict[str, Any]) -> None:
    keras.utils.set_random_seed(1)
    network, seen = small(), []
    split = split_dataset(read_dataset(tiny.fer_csv(tmp_path)))
    watch = keras.callbacks.LambdaCallback(on_test_begin=lambda logs: seen.append(network.get_weights()))
    wanted = Settings(epochs=4, batch_size=16, learning_rate=0.02, average_epochs=3, schedule="constant", **settings)
    fit.fit(network, split, wanted, tmp_path / "state.npz", callbacks=[watch])
    assert len(seen) == 4
    trainable = {id(weight) for weight in network.trainable_weights}
    for index, weight in enumerate(network.weights):
        mean = np.mean([weights[index] for weights in seen[1:]], axis=0)
        if id(weight) in trainable:
            np.testing.assert_allclose(np.asarray(weight), mean, atol=1e-6)
            assert np.abs(mean - seen[3][index]).max() > 0
        else:  # statistics of batch normalisation, estimated anew for the mean
            assert np.abs(np.asarray(weight) - mean).max() > 0


def test_a_run_that_stops_before_them_keeps_its_best_epoch(tmp_path: Path) -> None:
    network = keras.Sequential([keras.Input((48, 48, 1)), keras.layers.Flatten(), keras.layers.Dense(7)])
    options: dict[str, Any] = {"epochs": 6, "patience": 1, "learning_rate": 1e-12, "average_epochs": 3}
    history, validation = run_phase(tmp_path, network, schedule="constant", **options)
    assert len(history) == 2
    assert validation_accuracy(network, validation) == pytest.approx(history[0]["val_accuracy"], abs=1e-6)


@pytest.mark.parametrize(("patience", "epochs"), [(1, 2), (3, 4), (0, 6)])
def test_early_stopping_counts_epochs_without_a_better_validation(tmp_path: Path, patience: int, epochs: int) -> None:
    network = keras.Sequential([keras.Input((48, 48, 1)), keras.layers.Flatten(), keras.layers.Dense(7)])
    history, _ = run_phase(tmp_path, network, epochs=6, patience=patience, learning_rate=1e-12)
    assert len(history) == epochs


@pytest.mark.parametrize(
    ("settings", "halved"),
    [
        ({"plateau_patience": 1}, [1, 1, 0.5, 0.25]),
        ({"plateau_patience": 2}, [1, 1, 1, 0.5]),
        ({"plateau_patience": 1, "lowest_rate": 0.5e-12}, [1, 1, 0.5, 0.5]),
        ({"plateau_patience": 1, "schedule": "constant"}, [1, 1, 1, 1]),
    ],
)
def test_rate_is_halved_on_a_plateau(tmp_path: Path, settings: dict[str, Any], halved: list[float]) -> None:
    network = keras.Sequential([keras.Input((48, 48, 1)), keras.layers.Flatten(), keras.layers.Dense(7)])
    history, _ = run_phase(tmp_path, network, **settings, learning_rate=1e-12, patience=0)
    rates = [record["learning_rate"] for record in history]
    assert rates == pytest.approx([1e-12 * share for share in halved], rel=1e-3)


def test_cosine_warms_up_and_falls(tmp_path: Path) -> None:
    history, _ = run_phase(tmp_path, small(), epochs=5, schedule="cosine", warmup_epochs=2, learning_rate=0.1)
    rates = np.array([record["learning_rate"] for record in history])
    # two epochs of a straight line from a 25th, then half a cosine over three
    line, fall = np.linspace(0.004, 0.1, 3), 0.05 * (1 + np.cos(np.pi * np.arange(3) / 3))
    assert rates == pytest.approx([*line[:2], *fall], rel=1e-5)


def test_constant_warms_up_and_stays(tmp_path: Path) -> None:
    history, _ = run_phase(tmp_path, small(), epochs=4, schedule="constant", warmup_epochs=2, learning_rate=0.1)
    rates = [record["learning_rate"] for record in history]
    assert rates == pytest.approx([0.004, 0.052, 0.1, 0.1], rel=1e-5)


@pytest.mark.parametrize("size", [32, 64])
def test_networks_that_differ_inside_are_told_apart(size: int) -> None:
    options: dict[str, Any] = {"alpha": 0.25, "image_size": 32}
    first = fit._fingerprint(transfer_network("mobilenet", **options))
    assert (fit._fingerprint(transfer_network("mobilenet", **options | {"image_size": size})) == first) == (size == 32)
