"""Disturbances do what they say, the record is whole and repeatable, and storing it spoils nothing."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_bundles import change_card, made_robustness, make_bundle

from fer_core.__main__ import main
from fer_core.bundles import read_bundles
from fer_core.card import CARD_NAME, read_card
from fer_core.errors import ModelError
from fer_core.faces import FACE_SIZE
from fer_core.images import decode_image, sample_image
from fer_core.robustness import DISTURBANCES, disturb, robustness, store

CASES = [(kind, level) for kind, disturbance in DISTURBANCES.items() for level in disturbance.levels]


class Brightest:
    """Stands in for a model: says `happy` to faces brighter than `limit`, else `sad`."""

    def __init__(self, limit: float) -> None:
        self.limit = limit

    def predict_proba(self, faces: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        assert faces.dtype == np.uint8 and faces.shape[1:] == (FACE_SIZE, FACE_SIZE)
        return np.eye(7, dtype=np.float32)[np.where(faces.mean(axis=(1, 2)) > self.limit, 3, 4)]


@pytest.fixture(scope="module")
def face() -> np.ndarray[Any, Any]:
    """(1, 48, 48): the middle of the sample."""
    from fer_core.faces import whole_face

    return whole_face(decode_image(sample_image())[40:240, 130:330])[None]


@pytest.mark.parametrize(("kind", "level"), CASES)
def test_every_level_changes_the_face_and_keeps_its_form(kind: str, level: float, face: np.ndarray[Any, Any]) -> None:
    before = face.copy()
    changed = disturb(face, kind, level)
    assert (changed.shape, changed.dtype) == (face.shape, np.uint8)
    assert np.abs(changed.astype(int) - face).mean() > 0.5, "a level that changes nothing tests nothing"
    assert (face == before).all(), "the face itself stays"
    assert (changed == disturb(face, kind, level)).all(), "the same for the same seed"


@pytest.mark.parametrize("kind", list(DISTURBANCES))
def test_the_neutral_level_changes_nothing(kind: str, face: np.ndarray[Any, Any]) -> None:
    assert (disturb(face, kind, DISTURBANCES[kind].neutral) == face).all()


@pytest.mark.parametrize("kind", list(DISTURBANCES))
def test_stronger_levels_change_more(kind: str, face: np.ndarray[Any, Any]) -> None:
    neutral, levels = DISTURBANCES[kind].neutral, DISTURBANCES[kind].levels
    many = np.repeat(face, 30, axis=0)  # places and directions are drawn: their mean counts
    for side in ([x for x in levels if x > neutral], [x for x in levels if x < neutral][::-1]):
        sizes = [np.abs(disturb(many, kind, level).astype(int) - many).mean() for level in side]
        assert sizes == sorted(sizes)


@pytest.mark.parametrize(
    ("kind", "level", "check"),
    [
        ("brightness", 300, lambda f, d: (d == 255).all()),
        ("brightness", -300, lambda f, d: (d == 0).all()),
        ("contrast", 0, lambda f, d: np.ptp(d) == 0 and abs(int(d[0, 0, 0]) - f.mean()) < 1),
        ("occlusion", 16, lambda f, d: (d != f).sum() <= 256 and (d == 127).sum() >= 256),
        ("crop offset", 5, lambda f, d: abs(d.mean() - f.mean()) < 30),
        ("crop margin", 0.4, lambda f, d: np.abs(d[0, 20:28, 2] - d[0, 20:28, 0].astype(int)).max() == 0),
        ("rotation", 90, lambda f, d: np.abs(d[0].astype(int) - np.rot90(f[0])).mean() < 2),
        ("down-scaling", 1, lambda f, d: np.ptp(d) == 0),
    ],
    ids=["white", "black", "grey", "covered", "shifted", "border goes on", "quarter turn", "one pixel"],
)
def test_what_a_disturbance_does(kind: str, level: float, check: Any, face: np.ndarray[Any, Any]) -> None:
    assert check(face, disturb(face, kind, level))


def some_faces(n: int = 40) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    rng = np.random.default_rng(3)
    faces = rng.integers(0, 256, (n, FACE_SIZE, FACE_SIZE)).astype(np.uint8) // 8 + 100
    labels = np.where(np.arange(n) % 4 == 0, 3, 4).astype(np.uint8)
    faces[labels == 3] += 60
    return faces.astype(np.uint8), labels


def test_the_record() -> None:
    faces, labels = some_faces()
    record = robustness(Brightest(145), faces, labels)  # type: ignore[arg-type]
    assert (record["n"], record["of"], record["seed"], record["accuracy"]) == (40, 40, 0, 1.0)
    assert list(record["curves"]) == list(DISTURBANCES)
    for kind, curve in record["curves"].items():
        disturbance = DISTURBANCES[kind]
        assert curve["levels"] == sorted({disturbance.neutral, *disturbance.levels})
        assert curve["accuracy"][curve["levels"].index(disturbance.neutral)] == record["accuracy"]
    bright = dict(zip(*(record["curves"]["brightness"][key] for key in ("levels", "accuracy")), strict=True))
    assert bright[96] == 0.25 and bright[-96] == 0.75, "all happy; all sad"
    assert json.loads(json.dumps(record)) == record
    assert robustness(Brightest(145), faces, labels) == record  # type: ignore[arg-type]


def test_of_many_faces_a_fixed_sample_is_taken() -> None:
    faces, labels = some_faces(90)
    first, again, other = (robustness(Brightest(145), faces, labels, seed, most=30) for seed in (1, 1, 2))  # type: ignore[arg-type]
    assert (first["n"], first["of"]) == (30, 90)
    assert first == again
    assert first["curves"]["brightness"]["accuracy"] != other["curves"]["brightness"]["accuracy"]


def test_storing_changes_nothing_else(tmp_path: Path) -> None:
    folder = make_bundle(tmp_path, "a")
    change_card(folder, added_later={"kept": True})
    before = json.loads((folder / CARD_NAME).read_text(encoding="utf-8"))
    mode = (folder / CARD_NAME).stat().st_mode
    store(folder, made_robustness())
    after = json.loads((folder / CARD_NAME).read_text(encoding="utf-8"))
    assert after.pop("robustness") == made_robustness() and before.pop("robustness") == {}
    assert after == before
    assert (folder / CARD_NAME).stat().st_mode == mode
    assert sorted(p.name for p in folder.iterdir()) == sorted(["card.json", "model.tflite", "predictions.npz"])
    assert read_bundles(tmp_path)[1] == {}


def test_a_failed_write_leaves_the_old_card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_bundle(tmp_path, "a")
    before = (folder / CARD_NAME).read_bytes()

    def full(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="disk full"):
        store(folder, made_robustness())
    assert (folder / CARD_NAME).read_bytes() == before
    assert len(list(folder.iterdir())) == 3


def test_a_damaged_card_is_left_alone(tmp_path: Path) -> None:
    folder = make_bundle(tmp_path, "a")
    (folder / CARD_NAME).write_text("{", encoding="utf-8")
    with pytest.raises(ModelError, match="damaged"):
        store(folder, made_robustness())
    assert (folder / CARD_NAME).read_text(encoding="utf-8") == "{"


def test_evaluate_robustness_fills_the_card(bundle: Path, trained: Any, capsys: pytest.CaptureFixture[str]) -> None:
    hashes = read_card(bundle).files
    arguments = ["evaluate", "--data", str(trained.data), "--models-dir", str(bundle.parent), "--robustness"]
    assert main([*arguments, "--model", bundle.name]) == 0
    card = read_card(bundle)
    assert (card.robustness["part"], card.files) == ("private_test", hashes)
    assert card.robustness["dataset_sha256"] == card.training["dataset_sha256"]
    assert card.robustness["of"] == card.evaluation["private_test"]["n"]
    assert card.robustness["accuracy"] == pytest.approx(card.evaluation["private_test"]["accuracy"])
    assert "stored in its card" in capsys.readouterr().out


def test_an_ensemble_has_no_card_for_it(bundle: Path, trained: Any, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["evaluate", "--data", str(trained.data), "--models-dir", str(bundle.parent), "--robustness"]
    assert main([*arguments, "--ensemble", bundle.name]) == 2
    assert "--model" in capsys.readouterr().err
