"""The bundles that ship: whole, small enough, right about the astronaut, and as good as their cards say."""

from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from fer_core import analyze, list_models, load_model, read_card
from fer_core.bundle import REAL_FACES
from fer_core.bundle.card import MODEL_NAME, PREDICTIONS_NAME, read_file
from fer_core.bundle.predictions import unpack_predictions
from fer_core.bundle.registry import bundle_folder
from fer_core.datasets.readers import FaceTable
from fer_core.datasets.splits import evaluation_parts
from fer_core.evaluation.metrics import metrics
from fer_core.image import SAMPLES, sample_image
from fer_core.reporting.model_readme import README_NAME

LIMIT = 60_000_000  # bytes, all committed files of all bundles
KEPT_OUT = (".keras", ".png")  # .gitignore: made again by the training scripts, unless a card lists them


def committed_files(folder: Path) -> list[Path]:
    listed = read_card(folder).files
    return [path for path in folder.iterdir() if path.name in listed or path.suffix not in KEPT_OUT]


@pytest.fixture(scope="module")
def fer2013(shared_data: Path, fer2013_tool: ModuleType) -> FaceTable:
    images, emotion, usage, *_ = fer2013_tool.load(shared_data / "fer2013_lossless.npz")
    names = np.array(["training", "public_test", "private_test"])
    return FaceTable(images, emotion, names[usage], shared_data, "csv")


def test_card_and_files_agree(shipped: str) -> None:
    folder = bundle_folder(shipped)
    card = read_card(folder)
    assert {MODEL_NAME, PREDICTIONS_NAME} <= set(card.files)
    for name, entry in card.files.items():
        assert len(read_file(card, folder, name)) == entry["bytes"], name
    assert {path.name for path in committed_files(folder)} == {"card.json", README_NAME, *card.files}
    assert card.multiply_adds > 0 and card.history and card.intended_use and card.limits
    assert card.quantization["chosen"] in card.quantization["candidates"]


def test_card_agrees_with_the_stored_predictions(shipped: str) -> None:
    folder = bundle_folder(shipped)
    card = read_card(folder)
    stored = unpack_predictions(read_file(card, folder, PREDICTIONS_NAME))
    real_labels, real = stored.pop(REAL_FACES)
    assert len(real) == card.real_faces["stored_predictions"]
    hits = (real.argmax(axis=1) == real_labels).sum()
    assert hits / card.real_faces["n"] == pytest.approx(card.real_faces["accuracy"], abs=1.5e-3), "a tie in float16"
    assert stored.keys() == card.evaluation.keys()
    for part, (labels, probabilities) in stored.items():
        found, said = metrics(probabilities, labels), card.evaluation[part]
        assert found["n"] == said["n"]
        for name in ("accuracy", "balanced_accuracy", "macro_f1"):
            assert found[name] == pytest.approx(said[name], abs=1e-3), (part, name)  # stored as float16
        assert found["log_loss"] == pytest.approx(said["log_loss"], abs=5e-3), part


def test_all_bundles_together_are_small_enough() -> None:
    if not list_models():
        pytest.skip("models/ holds no bundle")
    folders = [bundle_folder(name) for name in list_models()]
    assert sum(path.stat().st_size for folder in folders for path in committed_files(folder)) < LIMIT


def test_a_recommended_model_comes_first() -> None:
    if not list_models():
        pytest.skip("models/ holds no bundle")
    first = read_card(bundle_folder(list_models()[0]))
    assert first.recommended and first.purpose and first.real_faces


def test_the_recommended_models_read_the_drawn_samples_as_they_are_drawn() -> None:
    recommended = [name for name in list_models() if load_model(name).card.recommended]
    drawn = {"Ada": "surprise", "Ben": "sad", "Chandra": "angry", "Desta": "neutral"}
    for sample in SAMPLES:
        result = analyze(sample_image(sample), recommended)
        for name in recommended:
            labels = sorted(face.predictions[name].label for face in result.faces)
            group = ["angry", "happy", "happy", "sad", "surprise"]
            assert labels == {"Photo": ["happy"], "Group": group}.get(sample.name, [drawn.get(sample.name)])


def test_the_astronaut_is_one_happy_face(shipped: str) -> None:
    model = load_model(shipped)
    if not model.card.flagship:
        pytest.skip("not a flagship")
    (face,) = analyze(sample_image(), [model]).faces
    assert face.predictions[shipped].label == "happy"


def test_private_test_faces_get_the_answers_that_the_card_counts(shipped: str, fer2013: FaceTable) -> None:
    model = load_model(shipped)
    if model.card.training["dataset_sha256"] != fer2013.sha256:
        pytest.skip("trained on another dataset")
    if not model.card.flagship and "--limit" in model.card.training.get("command", ""):
        pytest.skip("somebody's quick try: measured on a part of the faces")
    parts, folder = evaluation_parts(fer2013), bundle_folder(shipped)
    stored = unpack_predictions(read_file(read_card(folder), folder, PREDICTIONS_NAME))
    for name in ("private_test", "private_test_clean"):
        assert np.array_equal(stored[name][0], parts[name].labels)
    # the stored answers are the card's figures (above); a third of the faces shows that the file gives these answers
    faces, answers = parts["private_test"].faces, stored["private_test"][1]
    found = model.predict_proba(faces[::3])
    right, said = (x.argmax(axis=1) == parts["private_test"].labels[::3] for x in (found, answers[::3]))
    assert right.mean() == pytest.approx(said.mean(), abs=1e-3)
    assert (found.argmax(axis=1) == answers[::3].argmax(axis=1)).mean() >= 0.99
    assert np.abs(found - answers[::3]).mean() < 5e-3
    of_face = {face.tobytes(): answer for face, answer in zip(faces, answers, strict=True)}
    clean = np.array([of_face[face.tobytes()] for face in parts["private_test_clean"].faces])
    assert np.array_equal(clean, stored["private_test_clean"][1])
