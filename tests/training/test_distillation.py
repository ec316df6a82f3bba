"""`--teachers`: what other models answer is learned beside the labels, is in the card, and must stay the same."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from fer_core import EmotionModel, load_model, read_card
from fer_core.datasets.splits import Faces
from fer_core.training.distillation import describe, soft_targets
from fer_core.training.targets import one_hot
from tests.conftest import Run
from tests.support import tiny

PART = Faces(*tiny.faces(2))
LABELS = one_hot(PART.labels)


class Says:
    """A teacher that gives one answer to every face, and another to a face that is mirrored."""

    def __init__(self, plain: Sequence[float], mirrored: Sequence[float], fold: str | None = None) -> None:
        self.name = f"without {fold}" if fold else "teacher"
        self._plain, self._mirrored = np.array(plain, np.float32), np.array(mirrored, np.float32)
        self.card = SimpleNamespace(training={"fold": fold} if fold else {})

    def predict_proba(self, faces: np.ndarray) -> np.ndarray:
        known = {face.tobytes() for face in PART.faces}
        same = all(face.tobytes() in known for face in faces)
        return np.tile(self._plain if same else self._mirrored, (len(faces), 1))


SURE, LEVEL = np.eye(7)[3], np.full(7, 1 / 7)


@pytest.mark.parametrize("share", [0, 0.25, 1])
def test_targets_are_labels_and_the_mean_of_all_answers(share: float) -> None:
    teachers: Any = [Says(SURE, LEVEL), Says(LEVEL, LEVEL)]
    targets = soft_targets(LABELS, PART, teachers, share)
    said = (SURE + 3 * LEVEL) / 4
    assert targets.dtype == np.float32
    assert targets == pytest.approx((1 - share) * LABELS + share * said, abs=1e-6)
    assert targets.sum(axis=1) == pytest.approx(np.ones(len(PART)), abs=1e-6)


def test_what_was_said_is_kept_for_the_same_teachers_and_faces(
    tmp_path: Path, model: EmotionModel, trained: Run
) -> None:
    kept = tmp_path / "runs" / "teachers.npz"
    first = soft_targets(LABELS, PART, [model], 0.5, kept)
    with np.load(kept) as saved:
        np.savez(kept, question=saved["question"], said=np.tile(np.float32(LEVEL), (len(PART), 1)))
    assert soft_targets(LABELS, PART, [model], 1, kept) == pytest.approx(1 / 7), "it was asked again"
    other = load_model(trained.bundle)
    other.card = replace(other.card, calibration={"temperature": 3.0})
    assert other.version != model.version
    asked = soft_targets(LABELS, PART, [other], 1, kept)
    assert asked == pytest.approx(soft_targets(LABELS, PART, [other], 1), abs=1e-6), "another one's answers were taken"
    fewer = Faces(PART.faces[:-1], PART.labels[:-1])
    assert soft_targets(LABELS[:-1], fewer, [model], 0.5, kept) == pytest.approx(first[:-1], abs=1e-6)
    kept.write_bytes(kept.read_bytes()[:-50])
    assert soft_targets(LABELS, PART, [model], 0.5, kept) == pytest.approx(first, abs=1e-6), "half a file"


@pytest.fixture
def run(trained: Run, tmp_path: Path, train: Callable[..., int], quick: None) -> Callable[..., int]:
    """Train beside the tiny bundle, on its data."""
    models = tmp_path / "models"
    models.mkdir()
    (models / "tiny").symlink_to(trained.bundle)

    def call(*options: object, script: str = "train_cnn") -> int:
        common = ("--data", trained.data, "--models-dir", models, "--name", "student", "--precision", "float32")
        return train(script, *common, *options)

    return call


def test_the_card_names_the_teachers_and_other_ones_are_another_run(
    run: Callable[..., int], trained: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--epochs", 1, "--teachers", "tiny", "--teacher-share", 0.3, "--mixup", 0.2) == 0
    card = read_card(tmp_path / "models" / "student")
    settings = card.training["settings"]
    assert settings["teachers"] == describe([load_model(trained.bundle)]) and settings["teachers"].startswith("tiny (")
    assert settings["teacher_share"] == 0.3 and settings["augmentation"]["mixup"] == 0.2
    assert card.reproduces is None, "what was published had no teachers"
    capsys.readouterr()
    assert run("--epochs", 1, "--teachers", "tiny", "--teacher-share", 0.4, "--mixup", 0.2, "--resume") == 2
    assert "these differ: teacher_share" in capsys.readouterr().err


def test_what_is_learned_depends_on_the_teacher(run: Callable[..., int], tmp_path: Path) -> None:
    assert run("--epochs", 1, "--seed", 1) == 0
    alone = read_card(tmp_path / "models" / "student").history[0]["loss"]
    assert run("--epochs", 1, "--seed", 1, "--teachers", "tiny", "--teacher-share", 1) == 0
    taught = read_card(tmp_path / "models" / "student").history[0]["loss"]
    assert taught != pytest.approx(alone, rel=1e-3)


def test_a_run_that_goes_on_asks_nobody_again(run: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    taught = ("--epochs", 2, "--teachers", "tiny")
    assert run(*taught, "--max-minutes", 1e-6) == 0
    assert "Asking 1 teachers" in capsys.readouterr().out
    assert run(*taught, "--resume") == 0
    assert "Asking" not in capsys.readouterr().out


@pytest.mark.parametrize("script", ["train_cnn", "train_mobilenet"])
def test_an_unknown_teacher_is_refused_before_training(
    run: Callable[..., int], tmp_path: Path, script: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--teachers", "tiny", "nobody", script=script) == 2
    assert "There is no model 'nobody'" in capsys.readouterr().err
    assert not (tmp_path / "models" / "student").exists()


@pytest.mark.parametrize(
    "options",
    [("--teacher-share", 1.5), ("--teacher-share", "much"), ("--teachers",), ("--mixup", -1)],
    ids=lambda options: " ".join(map(str, options)),
)
def test_wrong_shares_are_wrong_usage(run: Callable[..., int], options: tuple[object, ...]) -> None:
    with pytest.raises(SystemExit) as caught:
        run(*options)
    assert caught.value.code == 2


def test_a_teacher_is_a_model(model: EmotionModel) -> None:
    targets = soft_targets(LABELS, PART, [model], 1)
    expected = (model.predict_proba(PART.faces) + model.predict_proba(PART.faces[:, :, ::-1])) / 2
    assert targets == pytest.approx(expected, abs=1e-6)
