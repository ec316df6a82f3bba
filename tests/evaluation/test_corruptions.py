"""Corruptions do what they say, the record is whole and repeatable, and storing it changes nothing else."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from fer_core.bundle.card import CARD_NAME, read_card
from fer_core.bundle.registry import read_bundles
from fer_core.cli.parser import main
from fer_core.errors import ModelError
from fer_core.evaluation.corruptions import CORRUPTIONS, Corruption, corrupt, robustness, store_robustness
from fer_core.image import decode_image, sample_image
from fer_core.image.face import FACE_SIZE
from tests.support.synthetic_bundles import change_card, make_bundle, synthetic_robustness

CASES = [(name, severity) for name, corruption in CORRUPTIONS.items() for severity in corruption.severities]


class Brightest:
    """Stands in for a model: says `happy` to faces brighter than `limit`, else `sad`."""

    def __init__(self, limit: float) -> None:
        self.limit = limit

    def predict_proba(self, faces: NDArray[np.uint8]) -> NDArray[np.float32]:
        assert faces.dtype == np.uint8 and faces.shape[1:] == (FACE_SIZE, FACE_SIZE)
        return np.eye(7, dtype=np.float32)[np.where(faces.mean(axis=(1, 2)) > self.limit, 3, 4)]


@pytest.fixture(scope="module")
def face() -> NDArray[np.uint8]:
    """(1, 48, 48): the middle of the sample."""
    from fer_core.image.face import whole_face

    return whole_face(decode_image(sample_image())[40:240, 130:330])[None]


@pytest.mark.parametrize(("name", "severity"), CASES)
def test_every_severity_changes_the_face_and_keeps_its_form(
    name: str, severity: float, face: NDArray[np.uint8]
) -> None:
    before = face.copy()
    changed = corrupt(face, name, severity)
    assert (changed.shape, changed.dtype) == (face.shape, np.uint8)
    assert np.abs(changed.astype(int) - face).mean() > 0.5, "a severity that changes nothing tests nothing"
    assert (face == before).all(), "the face itself stays"
    assert (changed == corrupt(face, name, severity)).all(), "the same for the same seed"


@pytest.mark.parametrize("name", list(CORRUPTIONS))
def test_the_identity_changes_nothing(name: str, face: NDArray[np.uint8]) -> None:
    assert (corrupt(face, name, CORRUPTIONS[name].identity) == face).all()


@pytest.mark.parametrize("name", list(CORRUPTIONS))
def test_greater_severities_change_more(name: str, face: NDArray[np.uint8]) -> None:
    identity, severities = CORRUPTIONS[name].identity, CORRUPTIONS[name].severities
    many = np.repeat(face, 30, axis=0)  # places and directions are drawn: their mean counts
    for side in ([x for x in severities if x > identity], [x for x in severities if x < identity][::-1]):
        sizes = [np.abs(corrupt(many, name, severity).astype(int) - many).mean() for severity in side]
        assert sizes == sorted(sizes)


@pytest.mark.parametrize("name", ["noise", "occlusion", "crop offset"])
def test_the_seed_decides_what_is_drawn(name: str, face: NDArray[np.uint8]) -> None:
    many, severity = np.repeat(face, 5, axis=0), CORRUPTIONS[name].severities[1]
    assert (corrupt(many, name, severity, 1) != corrupt(many, name, severity, 2)).any()


def test_a_new_corruption_leaves_the_others_as_they_were(
    face: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {name: corrupt(face, name, corruption.severities[1]) for name, corruption in CORRUPTIONS.items()}
    inverted = Corruption("times inverted", 0, (1,), lambda face, severity, _: 255 - face if severity else face)
    monkeypatch.setattr("fer_core.evaluation.corruptions.CORRUPTIONS", {"inversion": inverted} | CORRUPTIONS)
    assert (corrupt(face, "inversion", 1) == 255 - face).all(), "one function and one line are enough"
    for name, corruption in CORRUPTIONS.items():
        assert (corrupt(face, name, corruption.severities[1]) == before[name]).all(), name


def test_an_unknown_corruption_is_named(face: NDArray[np.uint8]) -> None:
    with pytest.raises(ValueError, match=r"Expected one of brightness, .*\. Received: fog\."):
        corrupt(face, "fog", 1)


@pytest.mark.parametrize(
    ("name", "severity", "check"),
    [
        ("brightness", 300, lambda f, c: (c == 255).all()),
        ("brightness", -300, lambda f, c: (c == 0).all()),
        ("contrast", 0, lambda f, c: np.ptp(c) == 0 and abs(int(c[0, 0, 0]) - f.mean()) < 1),
        ("occlusion", 16, lambda f, c: (c != f).sum() <= 256 and (c == 127).sum() >= 256),
        ("crop offset", 5, lambda f, c: abs(c.mean() - f.mean()) < 30),
        ("crop margin", 0.4, lambda f, c: np.abs(c[0, 20:28, 2] - c[0, 20:28, 0].astype(int)).max() == 0),
        ("rotation", 90, lambda f, c: np.abs(c[0].astype(int) - np.rot90(f[0])).mean() < 2),
        ("down-scaling", 1, lambda f, c: np.ptp(c) == 0),
    ],
    ids=["white", "black", "grey", "covered", "shifted", "border goes on", "quarter turn", "one pixel"],
)
def test_what_a_corruption_does(name: str, severity: float, check: Any, face: NDArray[np.uint8]) -> None:
    assert check(face, corrupt(face, name, severity))


def some_faces(n: int = 40) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    rng = np.random.default_rng(3)
    faces = rng.integers(0, 256, (n, FACE_SIZE, FACE_SIZE)).astype(np.uint8) // 8 + 100
    labels = np.where(np.arange(n) % 4 == 0, 3, 4).astype(np.uint8)
    faces[labels == 3] += 60
    return faces.astype(np.uint8), labels


def test_the_record() -> None:
    faces, labels = some_faces()
    record = robustness(Brightest(145), faces, labels)  # type: ignore[arg-type]
    assert (record["n"], record["of"], record["seed"], record["accuracy"]) == (40, 40, 0, 1.0)
    assert list(record["curves"]) == list(CORRUPTIONS)
    for name, curve in record["curves"].items():
        corruption = CORRUPTIONS[name]
        assert curve["levels"] == sorted({corruption.identity, *corruption.severities})
        assert curve["accuracy"][curve["levels"].index(corruption.identity)] == record["accuracy"]
    bright = dict(zip(*(record["curves"]["brightness"][key] for key in ("levels", "accuracy")), strict=True))
    assert bright[96] == 0.25 and bright[-96] == 0.75, "all happy; all sad"
    assert json.loads(json.dumps(record)) == record
    assert robustness(Brightest(145), faces, labels) == record  # type: ignore[arg-type]


def test_of_many_faces_a_fixed_number_is_drawn() -> None:
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
    store_robustness(folder, synthetic_robustness())
    after = json.loads((folder / CARD_NAME).read_text(encoding="utf-8"))
    assert after.pop("robustness") == synthetic_robustness() and before.pop("robustness") == {}
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
        store_robustness(folder, synthetic_robustness())
    assert (folder / CARD_NAME).read_bytes() == before
    assert len(list(folder.iterdir())) == 3


def test_a_damaged_card_is_left_alone(tmp_path: Path) -> None:
    folder = make_bundle(tmp_path, "a")
    (folder / CARD_NAME).write_text("{", encoding="utf-8")
    with pytest.raises(ModelError, match="damaged"):
        store_robustness(folder, synthetic_robustness())
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
    assert "a mean of models has none" in capsys.readouterr().err
