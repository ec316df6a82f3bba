"""The training scripts end to end on tiny data, and what they rest on: batches, states, resuming, bundles."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tiny
from conftest import Run
from PIL import Image
from scipy import ndimage
from sklearn.metrics import accuracy_score
from sklearn.utils.class_weight import compute_class_weight

import train_cnn
import train_mobilenet
from fer_core import EMOTIONS, ModelError, list_models, load_model, read_card
from fer_core.datasets import read_dataset
from fer_core.evaluation import evaluate_models, unpack_predictions
from fer_core.model_page import model_page
from fer_core.splits import Faces, evaluation_parts, split_dataset
from fer_core.training import export, fit, state
from fer_core.training.augment import (
    NO_AUGMENTATION,
    Augmentation,
    FaceBatches,
    augment,
    balanced_weights,
    one_hot,
)
from fer_core.training.backbones import transfer_network
from fer_core.training.options import start_from

ARTEFACTS = {"card.json", "model.tflite", "predictions.npz", "model.keras", "accuracy.png", "loss.png"}
ARTEFACTS |= {"confusion_matrix.png", "README.md"}
FACES, LABELS = tiny.faces(5)


def small(dropout: float = 0.25) -> Any:
    """A network with all that has a state (averages, a seed) that trains in no time."""
    layers = keras.layers
    inputs = keras.Input((48, 48, 1))
    x = layers.Rescaling(1 / 255)(inputs)
    x = layers.ReLU()(layers.BatchNormalization()(layers.Conv2D(6, 8, strides=8, use_bias=False)(x)))
    x = layers.Flatten()(layers.Dropout(dropout)(x))
    return keras.Model(inputs, layers.Dense(7, dtype="float32", name="logits")(x), name="small")


def put_small_networks(patch: pytest.MonkeyPatch) -> None:
    """Both kinds of presets, the published one and the flagship's, on the small network."""
    for name in ("compact", "seresnet-small"):
        patch.setitem(train_cnn.CNNS, name, small)
    flagship = train_cnn.PRESETS["seresnet-small"]
    patch.setitem(train_cnn.PRESETS, "seresnet-small", replace(flagship, ema=0.8))


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    put_small_networks(monkeypatch)


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


# --- end to end


def flat(value: Any) -> list[float]:
    """All numbers of nested dicts and lists, in order."""
    if isinstance(value, dict | list | tuple):
        return [number for item in (value.values() if isinstance(value, dict) else value) for number in flat(item)]
    return [float(value)]


def check_bundle(folder: Path, data: Path) -> dict[str, Any]:
    """All artefacts exist, load and agree with one another; returns the card's content."""
    assert {path.name for path in folder.iterdir()} == ARTEFACTS
    assert [p.name for p in folder.parent.iterdir()] == [folder.name], "nothing half-written is left"
    model, card = load_model(folder), read_card(folder)
    assert (folder / "README.md").read_text(encoding="utf-8") == model_page(card)
    assert list_models(folder.parent) == [folder.name] == [card.name]
    for name in ("accuracy.png", "loss.png", "confusion_matrix.png"):
        with Image.open(folder / name) as picture:
            assert min(picture.size) > 300 and len(picture.convert("L").getcolors()) > 5
    network = keras.saving.load_model(folder / "model.keras")
    assert card.parameters == network.count_params()
    saved = unpack_predictions((folder / "predictions.npz").read_bytes())
    assert saved.keys() == card.evaluation.keys()
    for part, (labels, probabilities) in saved.items():
        assert accuracy_score(labels, probabilities.argmax(1)) == pytest.approx(card.evaluation[part]["accuracy"])
    table = read_dataset(data)
    assert card.training["dataset_sha256"] == table.sha256
    if "all" not in table.usage:  # what the dataset names is measured again by `evaluate`
        measured = evaluate_models([model], evaluation_parts(table))[card.name]
        for part, found in measured.items():
            assert flat(found) == pytest.approx(flat(card.evaluation[part]), abs=1e-6), part
    content = (folder / "card.json").read_text(encoding="utf-8")
    assert str(data.parent) not in content and str(Path.home()) not in content, "no path of this machine"
    record: dict[str, Any] = json.loads(content)
    return record


def test_train_cnn_from_the_challenge_file(trained: Run) -> None:
    card = check_bundle(trained.bundle, trained.data)
    assert list(card["evaluation"]) == ["public_test", "private_test", "private_test_clean"]
    assert [record["epoch"] for record in card["history"]] == [1, 2, 3]
    known = {"epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds"}
    assert all(record.keys() == known for record in card["history"])
    assert (card["architecture"], card["parameters"], card["multiply_adds"]) == ("compact", 1_469_479, 86_779_648)
    training = card["training"]
    assert (training["dataset"], training["split"], training["labels"]) == ("fer2013.csv", "official", "fer2013")
    assert training["faces"] == {"training": 70, "validation": 14} and training["settings"]["batch_size"] == 8
    assert training["command"].startswith("python train_cnn.py --data fer2013.csv --name tiny --models-dir models ")
    # 3 epochs are enough to tell bars from bars: it learns, and the kept epoch is the best
    best = max(record["val_accuracy"] for record in card["history"])
    assert card["evaluation"]["public_test"]["accuracy"] == pytest.approx(best, abs=0.08) and best > 2 / 7
    assert set(card["quantisation"]["candidates"]) == {"float32", "float16", "int8"}
    assert card["reproduces"] and card["reported"]["validation_accuracy"] == 0.5035
    for said in ("compact: 1,469,479 parameters", "training 70, validation 14", "private_test_clean", "Written: "):
        assert said in trained.output


@pytest.mark.parametrize("layout", tiny.LAYOUTS)
def test_one_epoch_from_every_layout(layout: str, tmp_path: Path, train: Callable[..., int], quick: None) -> None:
    data = tiny.LAYOUTS[layout][0](tmp_path / "data-of-this-test")
    options = ("--models-dir", tmp_path / "models", "--epochs", 1, "--precision", "float32")
    assert train("train_cnn", "--data", data, *options) == 0
    card = check_bundle(tmp_path / "models" / "my-compact", data)
    held = tiny.LAYOUTS[layout][1]
    parts = {name for name in held if name not in ("all", "training")}
    if "public_test" in parts:
        parts.add("private_test_clean")
    elif "all" in held:
        parts = {"validation", "test"}
    else:
        parts.add("validation")
    assert card["evaluation"].keys() == parts
    assert card["training"]["split"] == ("72/8/20" if "all" in held else "official")


def test_train_mobilenet_from_folders(
    tmp_path: Path, train: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two phases; the first leaves the backbone as it is, averages of its normalisation included."""
    seen: list[list[list[np.ndarray]]] = []
    freeze = train_mobilenet.freeze

    def watched(network: Any, frozen: bool) -> None:
        # copies: what keras gives may be the variables' own memory
        seen.append([[w.copy() for w in network.get_layer(name).get_weights()] for name in ("backbone", "logits")])
        freeze(network, frozen)

    monkeypatch.setattr(train_mobilenet, "freeze", watched)
    data = tiny.images_validation(tmp_path / "faces")
    options = ("--models-dir", tmp_path / "models", "--alpha", 0.25, "--image-size", 32, "--backbone-weights", "none")
    more = ("--head-epochs", 1, "--epochs", 1, "--precision", "int8")
    assert train("train_mobilenet", "--data", data, *options, *more) == 0
    card = check_bundle(tmp_path / "models" / "my-mobilenet", data)
    assert [record["phase"] for record in card["history"]] == ["head", "fine-tuning"]
    assert card["architecture"] == "mobilenet 0.25 at 32 px" and list(card["evaluation"]) == ["validation"]
    assert card["quantisation"]["chosen"] == "int8"
    before, after = seen
    assert all(np.array_equal(a, b) for a, b in zip(before[0], after[0], strict=True))
    # the new classifier learns; of random features, which are all but zero, only its bias does
    assert not np.array_equal(before[1][1], after[1][1])


def test_ferplus_labels_end_to_end(tmp_path: Path, train: Callable[..., int], quick: None) -> None:
    data = tiny.fer_csv(tmp_path)
    table = read_dataset(data)
    order = ("neutral", "happy", "surprise", "sad", "angry", "disgust", "fear")
    usages = dict(zip(("training", "public_test", "private_test"), tiny.USAGES, strict=True))
    votes = [
        (usages[usage], tuple(10 * (name == EMOTIONS[label]) for name in order) + ((0, 0, 0) if i % 10 else (10, 0, 0)))
        for i, (usage, label) in enumerate(zip(table.usage, table.labels, strict=True))
    ]  # every tenth face is a tie of its label and contempt
    options = ("--labels", "ferplus", "--ferplus", tiny.write_votes(tmp_path / "fer2013new.csv", votes))
    more = ("--models-dir", tmp_path / "models", "--epochs", 1, "--precision", "float32")
    assert train("train_cnn", "--data", data, *options, *more) == 0
    card = read_card(tmp_path / "models" / "my-compact")
    assert card.training["labels"] == "ferplus" and card.training["faces"] == {"training": 63, "validation": 12}
    assert list(card.evaluation) == ["public_test", "private_test", "private_test_clean", "ferplus_test"]
    assert (card.evaluation["private_test"]["n"], card.evaluation["ferplus_test"]["n"]) == (14, 13)


# --- going on after an interruption


PLATEAU = ("--arch", "compact", "--epochs", "7", "--learning-rate", "0.5", "--batch-size", "16", "--patience", "4")
COSINE = ("--arch", "seresnet-small", "--epochs", "5", "--learning-rate", "0.01", "--batch-size", "16")
MODES = {"plateau, adam": PLATEAU, "cosine, adamw, averaged weights": COSINE}


class Interrupt:
    """KeyboardInterrupt at the given batch of the given epoch, as Ctrl-C would."""

    def __init__(self, patch: pytest.MonkeyPatch, epoch: int, batch: int) -> None:
        at, now = (epoch, batch), [0]

        def on_epoch_begin(this: Any, epoch: int, logs: Any = None, original: Any = state.TrainingState.on_epoch_begin):
            now[0] = epoch
            original(this, epoch, logs)

        def on_train_batch_end(this: Any, batch: int, logs: Any = None) -> None:
            if (now[0], batch) == at:
                raise KeyboardInterrupt

        patch.setattr(state.TrainingState, "on_epoch_begin", on_epoch_begin)
        patch.setattr(state.TrainingState, "on_train_batch_end", on_train_batch_end, raising=False)


def without_seconds(history: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{k: v for k, v in record.items() if k != "seconds"} for record in history]


def saved_state(root: Path, name: str) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    with np.load(root / "runs" / name / "training.npz") as saved:
        header = json.loads(bytes(saved["header"]).decode())
        header["history"] = without_seconds(header["history"])
        return header, {key: saved[key] for key in saved.files if key != "header"}


def assert_same_run(one: Path, two: Path, name: str) -> None:
    (header, arrays), (other_header, others) = saved_state(one, name), saved_state(two, name)
    assert header == other_header
    assert arrays.keys() == others.keys() and len(arrays) > 15
    for key, array in arrays.items():
        assert np.abs(array.astype(float) - others[key].astype(float)).max(initial=0) < 1e-6, key
    networks = [keras.saving.load_model(root / "models" / name / "model.keras") for root in (one, two)]
    for a, b in zip(*(network.get_weights() for network in networks), strict=True):
        assert np.abs(a - b).max() < 1e-6


@pytest.fixture(scope="module")
def whole_runs(tmp_path_factory: pytest.TempPathFactory, train: Callable[..., int]) -> Iterator[dict[str, Path]]:
    """mode -> where an uninterrupted run of it lies."""
    roots = {}
    with pytest.MonkeyPatch.context() as patch:
        put_small_networks(patch)
        for mode, options in MODES.items():
            roots[mode] = tmp_path_factory.mktemp("whole")
            data = tiny.fer_csv(roots[mode])
            assert train("train_cnn", "--data", data, *common(roots[mode]), *options) == 0
        yield roots


def common(root: Path) -> tuple[Any, ...]:
    return "--models-dir", root / "models", "--name", "run", "--precision", "float32", "--seed", 3


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("epoch", [1, 3])
def test_a_resumed_run_equals_an_uninterrupted_one(
    mode: str,
    epoch: int,
    tmp_path: Path,
    train: Callable[..., int],
    quick: None,
    whole_runs: dict[str, Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    data = tiny.fer_csv(tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        Interrupt(patch, epoch, 2)
        assert train("train_cnn", "--data", data, *common(tmp_path), *MODES[mode]) == 130
    assert "--resume" in capsys.readouterr().err
    assert not list_models(tmp_path / "models")
    header, _ = saved_state(tmp_path, "run")
    assert len(header["history"]) == epoch and not header["finished"]
    assert train("train_cnn", "--data", data, *common(tmp_path), *MODES[mode], "--resume") == 0
    assert_same_run(whole_runs[mode], tmp_path, "run")
    card, expected = (read_card(root / "models" / "run") for root in (tmp_path, whole_runs[mode]))
    assert without_seconds(card.history) == without_seconds(expected.history)
    assert [record["epoch"] for record in card.history] == list(range(1, len(card.history) + 1))


def test_the_compared_runs_have_states_to_lose(whole_runs: dict[str, Path]) -> None:
    plateau, _ = saved_state(whole_runs["plateau, adam"], "run")
    rates = [record["learning_rate"] for record in plateau["history"]]
    assert len(set(rates)) > 1 and any(entry.get("wait") for entry in plateau["callbacks"])
    cosine, _ = saved_state(whole_runs["cosine, adamw, averaged weights"], "run")
    rates = [record["learning_rate"] for record in cosine["history"]]
    assert len(set(rates)) == len(rates) and cosine["history"][-1]["loss"] < cosine["history"][0]["loss"]


def test_out_of_time_writes_what_there_is_and_goes_on_later(
    tmp_path: Path, train: Callable[..., int], quick: None, whole_runs: dict[str, Path]
) -> None:
    data = tiny.fer_csv(tmp_path)
    run = ("train_cnn", "--data", data, *common(tmp_path), *PLATEAU)
    with pytest.MonkeyPatch.context() as patch:
        # a clock on which every epoch takes a minute
        patch.setattr(state.time, "monotonic", iter(range(0, 10**6, 60)).__next__)
        assert train(*run, "--max-minutes", 2.5) == 0
    assert len(read_card(tmp_path / "models" / "run").history) == 2
    assert train(*run, "--resume") == 0
    assert_same_run(whole_runs["plateau, adam"], tmp_path, "run")


@pytest.mark.parametrize("failure", ["no space left", "killed before the swap"])
def test_a_failed_save_keeps_the_last_state(
    failure: str,
    tmp_path: Path,
    train: Callable[..., int],
    quick: None,
    whole_runs: dict[str, Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    data = tiny.fer_csv(tmp_path)
    run = ("train_cnn", "--data", data, *common(tmp_path), *PLATEAU)
    saves, write, swap = [0], np.savez, state.os.replace
    with pytest.MonkeyPatch.context() as patch:

        def savez(file: Any, **arrays: Any) -> None:
            saves[0] += 1
            if saves[0] == 3 and failure == "no space left":
                file.write(b"half of it")
                raise OSError(28, "No space left on device")
            write(file, **arrays)

        def replace_(source: Any, target: Any) -> None:
            if saves[0] == 3 and failure == "killed before the swap":
                raise KeyboardInterrupt
            swap(source, target)

        patch.setattr(state.np, "savez", savez)
        patch.setattr(state.os, "replace", replace_)
        assert train(*run) == {"no space left": 2, "killed before the swap": 130}[failure]
    said = capsys.readouterr().err
    assert "Traceback" not in said and ("No space left on device" in said or "--resume" in said)
    assert [p.name for p in (tmp_path / "runs" / "run").iterdir()] == ["training.npz"]
    assert len(saved_state(tmp_path, "run")[0]["history"]) == 2
    assert train(*run, "--resume") == 0
    assert_same_run(whole_runs["plateau, adam"], tmp_path, "run")


@pytest.fixture
def copied(tmp_path: Path, whole_runs: dict[str, Path]) -> Path:
    """A copy of the uninterrupted plateau run that a test may go on from."""
    return Path(shutil.copytree(whole_runs["plateau, adam"], tmp_path / "run"))


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        (("--epochs", 8), "epochs"),
        (("--batch-size", 32), "batch_size"),
        (("--learning-rate", 0.001), "learning_rate"),
        (("--patience", 1), "patience"),
        (("--class-weights",), "class_weights"),
        (("--seed", 4), "seed"),
        (("--split", "72/8/20"), "faces, split"),
        (("--limit", 60), "faces"),
        (("--dropout", 0.5), "layers"),
        (("--mixed-precision",), "layers"),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, tuple) else None,
)
def test_resume_with_other_settings_is_refused(
    changes: tuple[Any, ...],
    named: str,
    copied: Path,
    train: Callable[..., int],
    quick: None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = snapshot(copied)
    run = ("train_cnn", "--data", copied / "fer2013.csv", *common(copied), *PLATEAU)
    assert train(*run, "--resume", *changes) == 2
    assert f"belongs to another run: these differ: {named}. Give the same" in capsys.readouterr().err
    assert snapshot(copied) == before


def test_resume_with_other_data_is_refused(copied: Path, train: Callable[..., int], quick: None) -> None:
    data = tiny.write_csv(copied / "fer2013.csv", tiny.parts(tiny.FER_PARTS, seed=9))
    before = snapshot(copied)
    assert train("train_cnn", "--data", data, *common(copied), *PLATEAU, "--resume") == 2
    assert snapshot(copied) == before


def test_resuming_a_finished_run_trains_no_more(
    copied: Path, train: Callable[..., int], quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keras.Model, "fit", lambda *_, **__: pytest.fail("trained"))
    before = read_card(copied / "models" / "run")
    shutil.rmtree(copied / "models")
    run = ("train_cnn", "--data", copied / "fer2013.csv", *common(copied), *PLATEAU)
    assert train(*run, "--resume") == 0
    after = read_card(copied / "models" / "run")
    assert (after.files, after.history, after.evaluation) == (before.files, before.history, before.evaluation)


def test_without_resume_a_run_starts_anew(copied: Path, train: Callable[..., int], quick: None) -> None:
    run = ("train_cnn", "--data", copied / "fer2013.csv", *common(copied), *PLATEAU)
    assert train(*run, "--epochs", 1) == 0
    assert len(saved_state(copied, "run")[0]["history"]) == 1


@pytest.mark.parametrize("size", [32, 64])
def test_networks_that_differ_inside_are_told_apart(size: int) -> None:
    options: dict[str, Any] = {"alpha": 0.25, "image_size": 32}
    first = fit._fingerprint(transfer_network("mobilenet", **options))
    assert (fit._fingerprint(transfer_network("mobilenet", **options | {"image_size": size})) == first) == (size == 32)


# --- one phase


def run_phase(tmp_path: Path, network: Any, **settings: Any) -> tuple[list[dict[str, Any]], Faces]:
    split = split_dataset(read_dataset(tiny.fer_csv(tmp_path)))
    defaults: dict[str, Any] = {"epochs": 4, "batch_size": 16, "learning_rate": 0.02}
    history = fit.fit(network, split, fit.Settings(**defaults | settings), tmp_path / "state.npz")
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


# --- batches


def test_without_augmentation_faces_are_unchanged() -> None:
    faces = FACES[..., None].astype(np.float32)
    rng = np.random.default_rng(0)
    assert np.array_equal(np.asarray(augment(faces, NO_AUGMENTATION, rng)), faces)


class Fixed:
    """A random generator whose every uniform draw is at the given share of its range."""

    def __init__(self, share: float) -> None:
        self.share = share

    def uniform(self, low: Any, high: Any, size: Any = None) -> Any:
        return np.full(size, low + (high - low) * self.share)

    def random(self, size: Any) -> Any:
        return np.full(size, self.share)


def move(share: float, **how: Any) -> np.ndarray:
    """Faces with one change, drawn at `share` of its range: 0 lowest, 1 highest."""
    fixed: Any = Fixed(share)
    return np.asarray(augment(FACES[..., None].astype(np.float32), replace(NO_AUGMENTATION, **how), fixed))[..., 0]


@pytest.mark.parametrize(
    ("share", "how", "expected"),
    [
        pytest.param(0.1, {"flip": True}, lambda f: f[:, :, ::-1], id="flip mirrors"),
        pytest.param(0.9, {"flip": True}, lambda f: f, id="half are not flipped"),
        pytest.param(1, {"rotation": 90}, lambda f: np.rot90(f, 1, (1, 2)), id="quarter turn"),
        pytest.param(0, {"rotation": 90}, lambda f: np.rot90(f, -1, (1, 2)), id="quarter turn back"),
        pytest.param(1, {"shift": 4}, lambda f: np.pad(f, ((0, 0), (0, 4), (0, 4)), "edge")[:, 4:, 4:], id="shift"),
        pytest.param(0, {"shift": 4}, lambda f: np.pad(f, ((0, 0), (4, 0), (4, 0)), "edge")[:, :48, :48], id="back"),
        pytest.param(1, {"brightness": 20.0}, lambda f: np.clip(f + 20.0, 0, 255), id="brighter"),
        pytest.param(0, {"contrast": 0.5}, lambda f: (f - 128.0) * 0.5 + 128, id="less contrast"),
    ],
)
def test_a_change_is_the_one_it_is_called(
    share: float, how: dict[str, Any], expected: Callable[[np.ndarray], np.ndarray]
) -> None:
    assert np.abs(move(share, **how) - expected(FACES.astype(float))).max() < 0.02


def test_zoom_keeps_the_middle() -> None:
    at = 23.5 + (np.arange(48) - 23.5) / 2  # half the frame fills the face
    expected = [
        ndimage.map_coordinates(face.astype(float), np.meshgrid(at, at, indexing="ij"), order=1) for face in FACES
    ]
    assert np.abs(move(0, zoom=0.5) - expected).max() < 0.02


STRONG = Augmentation(rotation=30, shift=10, shear=0.3, zoom=0.3, brightness=80, contrast=0.8, erase=1, mixup=0.4)
VARIANTS = {
    "the default": Augmentation(),
    "erasing": replace(NO_AUGMENTATION, erase=1.0),
    "mixup": replace(NO_AUGMENTATION, mixup=0.4),
    "all, strong": STRONG,
}


@pytest.mark.parametrize("how", VARIANTS.values(), ids=VARIANTS.keys())
def test_batches_keep_shape_range_and_labels(how: Augmentation) -> None:
    batches = FaceBatches(Faces(FACES, LABELS), 8, how, seed=1)
    assert len(batches) == 5
    parts = [batches[i] for i in range(len(batches))]
    assert [len(labels) for _, labels in parts] == [8, 8, 8, 8, 3]
    for faces, labels in parts:
        pixels = np.asarray(faces)
        assert pixels.shape == (len(labels), 48, 48, 1) and pixels.dtype == labels.dtype == np.float32
        assert pixels.min() >= 0 and pixels.max() <= 255
        assert labels.min() >= 0 and labels.sum(axis=1) == pytest.approx(np.ones(len(labels)), abs=1e-6)
    mixed = any(((labels > 0) & (labels < 1)).any() for _, labels in parts)
    assert mixed == bool(how.mixup)


def test_an_epoch_has_every_face_once() -> None:
    batches = FaceBatches(Faces(FACES, LABELS), 8, seed=1)
    seen = np.concatenate([np.asarray(batches[i][0]) for i in range(len(batches))])
    assert sorted(f.tobytes() for f in seen[..., 0].astype(np.uint8)) == sorted(f.tobytes() for f in FACES)
    labels = np.concatenate([batches[i][1] for i in range(len(batches))]).argmax(axis=1)
    of_face = {face.tobytes(): label for face, label in zip(FACES, LABELS, strict=True)}
    assert [of_face[f.tobytes()] for f in seen[..., 0].astype(np.uint8)] == labels.tolist()


def first_batch(**options: Any) -> np.ndarray:
    return np.asarray(FaceBatches(Faces(FACES, LABELS), 8, STRONG, **options)[1][0])


def test_seed_epoch_and_number_decide_a_batch() -> None:
    expected = first_batch(seed=5, epoch=2)
    assert np.array_equal(first_batch(seed=5, epoch=2), expected)
    assert not np.array_equal(first_batch(seed=6, epoch=2), expected)
    assert not np.array_equal(first_batch(seed=5, epoch=3), expected)
    running = FaceBatches(Faces(FACES, LABELS), 8, STRONG, seed=5)
    running.start(2)
    assert np.array_equal(np.asarray(running[1][0]), expected)


def test_erasing_replaces_a_rectangle_and_leaves_the_rest() -> None:
    erased = np.asarray(
        augment(FACES[..., None].astype(np.float32), replace(NO_AUGMENTATION, erase=1.0), np.random.default_rng(0))
    )[..., 0]
    shares = []
    for before, after in zip(FACES, erased, strict=True):
        changed = np.argwhere(before != after)
        (top, left), (bottom, right) = changed.min(axis=0), changed.max(axis=0) + 1
        assert len(changed) > 0.95 * (bottom - top) * (right - left)
        shares.append((bottom - top) * (right - left) / 48**2)
    assert 0 < min(shares) and max(shares) <= 0.3


def test_class_weights_are_scikit_learn_s_balanced() -> None:
    labels = np.repeat(np.arange(7), [40, 5, 40, 72, 48, 31, 49])
    expected = compute_class_weight("balanced", classes=np.arange(7), y=labels)
    assert balanced_weights(labels) == pytest.approx(expected.tolist())
    assert np.mean(np.array(balanced_weights(labels))[labels]) == pytest.approx(1)


def test_class_weights_go_with_their_faces() -> None:
    weights = [float(2**i) for i in range(7)]
    _, labels, given = FaceBatches(Faces(FACES, LABELS), 35, seed=1, class_weights=weights)[0]
    assert given.tolist() == [weights[label] for label in labels.argmax(axis=1)]


def test_one_hot() -> None:
    assert one_hot(np.array([0, 6], np.uint8)).tolist() == [[1, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 1]]


# --- refusals


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


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--backbone-weights", "nowhere.h5"), "there is no such file"),
        (("--backbone-weights", "none", "--image-size", 16), "16 pixels"),
        (("--backbone-weights", "none", "--alpha", 0), "alpha 0.0"),
    ],
    ids=["weights that are not there", "too small a picture", "no width"],
)
def test_bad_backbones_are_refused(
    options: tuple[Any, ...], said: str, tmp_path: Path, train: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    data = tiny.fer_csv(tmp_path)
    assert train("train_mobilenet", "--data", data, "--models-dir", tmp_path / "models", *options) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ") and said in error, error
    assert not list_models(tmp_path / "models")


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--data",),
        ("--data", "x", "--epochs", "0"),
        ("--data", "x", "--epochs", "1.5"),
        ("--data", "x", "--batch-size", "-1"),
        ("--data", "x", "--learning-rate", "nan"),
        ("--data", "x", "--learning-rate", "fast"),
        ("--data", "x", "--limit", "0"),
        ("--data", "x", "--max-minutes", "0"),
        ("--data", "x", "--seed", "-1"),
        ("--data", "x", "--seed", str(2**32)),
        ("--data", "x", "--labels", "mine"),
        ("--data", "x", "--arch", "nope", "--backbone", "nope"),
        ("--data", "x", "--precision", "int4"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("script", ["train_cnn", "train_mobilenet"])
def test_wrong_usage_exits_with_2(script: str, options: tuple[str, ...], train: Callable[..., int]) -> None:
    with pytest.raises(SystemExit) as caught:
        train(script, *options)
    assert caught.value.code == 2


@pytest.mark.parametrize("script", ["train_cnn", "train_mobilenet"])
def test_help_explains_every_option(script: str, train: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        train(script, "--help")
    said = capsys.readouterr().out
    own = {
        "train_cnn": ["--arch", "--dropout", "--own-protocol", "--tune", "--tune-epochs"],
        "train_mobilenet": ["--backbone", "--alpha", "--image-size", "--backbone-weights", "--head-epochs"],
    }[script]
    shared = "data name models-dir epochs batch-size learning-rate labels ferplus split class-weights mixed-precision "
    shared += "start-from seed limit max-minutes resume"
    assert caught.value.code == 0
    assert all(f"{option} " in said for option in own + [f"--{name}" for name in shared.split()])


def test_a_run_may_start_from_another_s_weights(tmp_path: Path) -> None:
    first, second = small(), small()
    first.save(tmp_path / "model.keras")
    start_from(second, str(tmp_path / "model.keras"))
    assert all(np.array_equal(a, b) for a, b in zip(first.get_weights(), second.get_weights(), strict=True))
    other = keras.Sequential([keras.Input((48, 48, 1)), keras.layers.Flatten(), keras.layers.Dense(7)])
    for path, network in ((tmp_path / "model.keras", other), (tmp_path / "none.keras", second)):
        with pytest.raises(ModelError, match=r"--start-from .* does not fit"):
            start_from(network, str(path))


# --- writing a bundle


@pytest.mark.parametrize("step", ["draw", "card", "disk full", "swap"])
def test_a_failed_export_leaves_the_old_bundle(step: str, bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    swap = export.os.replace
    if step == "draw":
        monkeypatch.setattr(export, "save_png", fail)
    elif step == "card":
        monkeypatch.setattr(export, "write_card", fail)
    elif step == "disk full":
        monkeypatch.setattr(Path, "write_bytes", fail)
    else:
        half_written = ".tiny."
        monkeypatch.setattr(
            export.os,
            "replace",
            lambda a, b: (
                fail() if Path(a).name.startswith(half_written) and b == bundle and a.suffix != ".old" else swap(a, b)
            ),
        )
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


def test_a_network_that_answers_nan_is_not_exported(
    tmp_path: Path, train: Callable[..., int], quick: None, copied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = snapshot(copied / "models")
    options = ("--arch", "compact", "--epochs", 1, "--learning-rate", 1e38)
    assert train("train_cnn", "--data", copied / "fer2013.csv", *common(copied), *options) == 2
    assert "not numbers" in capsys.readouterr().err
    assert snapshot(copied / "models") == before


@pytest.mark.parametrize("name", ["cnn", "my-cnn_2", "2", "A" * 60])
def test_good_names(name: str) -> None:
    export.check_name(name)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\\b", "a b", "-a", ".a", "é", "a\0", "a\n", "A" * 61])
def test_bad_names(name: str) -> None:
    with pytest.raises(ModelError, match="name is made of"):
        export.check_name(name)


@pytest.mark.parametrize(
    ("argument", "shown"),
    [
        ("/home/me/fer2013.csv", "fer2013.csv"),
        ("C:\\Users\\me\\fer2013.csv", "fer2013.csv"),
        ("--data=/home/me/fer2013.csv", "--data=fer2013.csv"),
        ("72/8/20", "72/8/20"),
        ("--split=72/8/20", "--split=72/8/20"),
        ("--epochs", "--epochs"),
        ("0.5", "0.5"),
    ],
)
def test_a_card_s_command_shows_no_path(argument: str, shown: str) -> None:
    assert export._shown(argument) == shown
