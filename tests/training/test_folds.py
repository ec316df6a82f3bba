"""`--fold`: a teacher is trained without some faces, and teaches those alone."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fer_core import EmotionModel, load_model, read_card
from fer_core.bundle import write_card
from fer_core.datasets import Faces, read_dataset, split_dataset
from fer_core.errors import ModelError
from fer_core.training.distillation import soft_targets
from fer_core.training.export.average import average_bundles
from fer_core.training.folds import Fold, fold, without_fold
from fer_core.training.targets import one_hot
from tests.conftest import Run
from tests.support import tiny
from tests.training.test_distillation import SURE, Says

FOLDS = [Fold(number, 3) for number in (1, 2, 3)]


def noise(count: int) -> np.ndarray:
    return np.random.default_rng(5).integers(0, 256, (count, 48, 48), np.uint8)


def test_every_face_is_in_one_fold_and_copies_share_it() -> None:
    faces = noise(3_000)
    held = np.array([one.holds(faces) for one in FOLDS])
    assert (held.sum(axis=0) == 1).all()
    assert held.mean(axis=1) == pytest.approx([1 / 3] * 3, abs=0.03)
    shuffled = np.random.default_rng(1).permutation(len(faces))
    assert np.array_equal(FOLDS[0].holds(faces[shuffled]), held[0][shuffled]), "it depends on more than the face"


@pytest.mark.parametrize("text", ["1/5", "5/5", "2/2"])
def test_a_fold_reads_as_it_is_written(text: str) -> None:
    assert str(fold(text)) == text


@pytest.mark.parametrize("text", ["0/5", "6/5", "1/1", "1", "1/", "/5", "a/b", "1/5/5"])
@pytest.mark.parametrize("script", ["train_cnn", "train_mobilenet"])
def test_what_is_no_fold_is_wrong_usage(
    train: Callable[..., int], script: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        train(script, "--data", "none.csv", "--fold", text)
    assert caught.value.code == 2
    assert f"must be one of several folds, such as 1/5 to 5/5. Received: {text}" in capsys.readouterr().err


def test_only_the_training_part_loses_faces(trained: Run) -> None:
    split = split_dataset(read_dataset(trained.data))
    left = [without_fold(split, one) for one in FOLDS]
    assert sum(len(one.training) for one in left) == 2 * len(split.training)
    for one, which in zip(left, FOLDS, strict=True):
        assert not which.holds(one.training.faces).any()
        assert one.validation is split.validation and one.parts == split.parts
        assert one.fold == str(which) and not one.is_official


def test_each_teaches_the_fold_that_it_has_not_seen() -> None:
    part = Faces(*tiny.faces(8))
    part = Faces(noise(len(part)), part.labels)
    answers = np.eye(7, dtype=np.float32)[:3]
    teachers: Any = [Says(answer, answer, str(which)) for answer, which in zip(answers, FOLDS, strict=True)]
    said = soft_targets(one_hot(part.labels), part, teachers, 1)
    for answer, which in zip(answers, FOLDS, strict=True):
        assert (said[which.holds(part.faces)] == answer).all()
    both = soft_targets(one_hot(part.labels), part, [*teachers, Says(SURE, SURE)], 1)  # one that may teach them all
    assert both == pytest.approx((said + SURE) / 2)


def test_a_face_that_nobody_may_teach_is_an_error() -> None:
    part = Faces(noise(30), tiny.faces(8)[1][:30])
    teachers: Any = [Says(SURE, SURE, "1/3"), Says(SURE, SURE, "2/3")]
    count = int(FOLDS[2].holds(part.faces).sum())
    with pytest.raises(ModelError, match=rf"{count} of 30 training faces are in a fold that none of without 1/3 and"):
        soft_targets(one_hot(part.labels), part, teachers, 1)


def test_from_folds_to_a_student(
    train: Callable[..., int], trained: Run, tmp_path: Path, quick: None, capsys: pytest.CaptureFixture[str]
) -> None:
    models = tmp_path / "models"
    common = ("--data", trained.data, "--models-dir", models, "--precision", "float32", "--epochs", 1)
    for number in (1, 2):
        assert train("train_cnn", *common, "--name", f"fold{number}", "--fold", f"{number}/2") == 0
    cards = [read_card(models / f"fold{number}") for number in (1, 2)]
    assert [card.training["fold"] for card in cards] == ["1/2", "2/2"]
    counts = [card.training["faces"]["training"] for card in cards]
    whole = read_card(trained.bundle).training["faces"]["training"]
    assert sum(counts) == whole and min(counts) > 0
    assert cards[0].reproduces is None, "what was published had all faces"
    assert "without fold 1/2 of the training part" in (models / "fold1" / "README.md").read_text()

    assert train("train_cnn", *common, "--name", "student", "--teachers", "fold1") == 2
    assert "Name the models of all folds" in capsys.readouterr().err
    assert train("train_cnn", *common, "--name", "student", "--teachers", "fold1", "fold2") == 0
    student = read_card(models / "student").training
    assert "fold" not in student and student["faces"]["training"] == whole
    assert [name.split()[0] for name in student["settings"]["teachers"].split(" + ")] == ["fold1", "fold2"]


def test_a_run_goes_on_with_its_own_fold(
    train: Callable[..., int], trained: Run, tmp_path: Path, quick: None, capsys: pytest.CaptureFixture[str]
) -> None:
    common = ("--data", trained.data, "--models-dir", tmp_path / "models", "--precision", "float32", "--epochs", 2)
    assert train("train_cnn", *common, "--name", "one", "--fold", "1/2", "--max-minutes", 1e-6) == 0
    capsys.readouterr()
    assert train("train_cnn", *common, "--name", "one", "--fold", "2/2", "--resume") == 2
    assert "fold" in capsys.readouterr().err


def test_teachers_that_may_have_seen_a_face_are_refused(
    train: Callable[..., int], trained: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("fold1", "fold2"):
        shutil.copytree(trained.bundle, tmp_path / name)
        card = read_card(tmp_path / name)
        training = card.training | {"fold": f"{name[-1]}/2", "aligned": 3}
        write_card(replace(card, training=training), tmp_path / name)
    cases = {
        ("fold1+fold2",): "Use --teachers fold1 fold2.",
        (
            "fold1",
            "fold2",
        ): "--teachers fold1: where teachers were trained with --fold, --aligned goes for them and for",
    }
    for teachers, said in cases.items():
        assert train("train_cnn", "--data", trained.data, "--models-dir", tmp_path, "--teachers", *teachers) == 2
        assert said in capsys.readouterr().err


def test_a_model_without_a_fold_teaches_every_face(model: EmotionModel, trained: Run) -> None:
    assert "fold" not in load_model(trained.bundle).card.training
    part = Faces(*tiny.faces(2))
    assert soft_targets(one_hot(part.labels), part, [model], 1).shape == (len(part), 7)


def test_models_of_different_folds_have_no_mean(trained: Run, tmp_path: Path) -> None:
    """It would teach the one's fold, which the other has seen."""
    shutil.copytree(trained.bundle, tmp_path / "other")
    card = read_card(tmp_path / "other")
    write_card(replace(card, training=card.training | {"fold": "1/2"}), tmp_path / "other")
    split = split_dataset(read_dataset(trained.data))
    with pytest.raises(ModelError, match="without different folds"):
        average_bundles([trained.bundle, tmp_path / "other"], split, "mean", tmp_path, "float32")
    assert not (tmp_path / "mean").exists()
