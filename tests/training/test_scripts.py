"""The training scripts end to end on tiny data: every layout, both scripts, what they refuse as wrong usage."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image
from sklearn.metrics import accuracy_score

import train_mobilenet
from fer_core import EMOTIONS, list_models, load_model, read_card
from fer_core.bundle.predictions import unpack_predictions
from fer_core.datasets.readers import read_dataset
from fer_core.datasets.splits import evaluation_parts
from fer_core.evaluation.metrics import evaluate_models
from fer_core.reporting.model_readme import readme_text
from tests.conftest import Run
from tests.support import tiny
from tests.support.small_network import ARTEFACTS


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
    assert (folder / "README.md").read_text(encoding="utf-8") == readme_text(card)
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


@pytest.mark.parametrize("layout", {tuple(held): name for name, (_, held) in tiny.LAYOUTS.items()}.values())
def test_one_epoch_from_every_set_of_parts(layout: str, tmp_path: Path, train: Callable[..., int], quick: None) -> None:
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
        "train_cnn": ["--arch", "--dropout", "--published-protocol", "--tune", "--tune-epochs"],
        "train_mobilenet": ["--backbone", "--alpha", "--image-size", "--backbone-weights", "--head-epochs"],
    }[script]
    shared = "data name models-dir epochs batch-size learning-rate labels ferplus split class-weights mixed-precision "
    shared += "start-from mixup teachers teacher-share vote-share seed limit max-minutes resume"
    assert caught.value.code == 0
    assert all(f"{option} " in said for option in own + [f"--{name}" for name in shared.split()])
