"""From labelled pictures to a bundle that every part of the project takes, and what is refused."""

import io
import shutil
from pathlib import Path

import numpy as np
import pytest

from fer_core import DatasetError, ModelError, analyze, list_models, load_model, read_card
from fer_core.adaptation import adapt, faces_to_learn
from fer_core.bundle import HEAD_NAME, bundle_folder, change_card, file_entry, read_bundles
from fer_core.datasets import labelled_pictures
from fer_core.emotions import EMOTIONS
from fer_core.image import encode_png, sample_image
from fer_core.labelling.on_ray import _packed
from fer_core.reporting import readme_text
from tests.support.patterns import RANDOM

BASE = "everyday"
Labelled = tuple[np.ndarray, np.ndarray]


@pytest.fixture(scope="module", autouse=True)
def base() -> None:
    if BASE not in list_models():
        pytest.skip(f"models/ holds no {BASE}")


@pytest.fixture(scope="module")
def faces() -> Labelled:
    """Five patterns, shifted, each with an emotion of its own."""
    patterns = np.stack([np.roll(RANDOM[i % 5], i // 5, axis=1) for i in range(40)])
    return patterns, (np.arange(40) % 5).astype(np.uint8)


@pytest.fixture
def mine(tmp_path: Path, faces: Labelled) -> Path:
    """models/mine, adapted from models/everyday."""
    models = tmp_path / "models"
    shutil.copytree(bundle_folder(BASE), models / BASE)
    (models / "mine").mkdir()
    for name, content in adapt(load_model(BASE), *faces, "mine", "patterns").files.items():
        (models / "mine" / name).write_bytes(content)
    return models / "mine"


def test_it_learns_and_what_is_written_says_the_same(faces: Labelled, mine: Path) -> None:
    found = adapt(load_model(BASE), *faces, "mine", "patterns")
    assert found.comparison.is_better
    model = load_model("mine", mine.parent)
    assert np.allclose(model.predict_proba(faces[0]), found.model.predict_proba(faces[0]), atol=1e-6)
    known = (model.predict_proba(faces[0]).argmax(axis=1) == faces[1]).mean()
    assert known > found.comparison.results()[0]["accuracy"] + 0.2
    card = read_card(mine)
    assert card.base == {"name": BASE, "sha256": read_card(mine.parent / BASE).files["model.tflite"]["sha256"]}
    assert sum(card.adaptation["faces"].values()) == 40 and card.adaptation["source"] == "patterns"
    assert card.adaptation["after"]["accuracy"] > card.adaptation["before"]["accuracy"]
    assert {path.name for path in mine.iterdir()} == {"card.json", HEAD_NAME} and not card.evaluation
    assert model.version != load_model(BASE).version


def test_it_is_a_model_among_others(mine: Path) -> None:
    assert list_models(mine.parent) == [BASE, "mine"]
    bundles, broken = read_bundles(mine.parent)
    assert [bundle.name for bundle in bundles] == [BASE, "mine"] and not broken
    mean = load_model(f"mine+{BASE}", mine.parent).predict_proba(RANDOM[:3])
    assert mean.shape == (3, 7) and np.allclose(mean.sum(axis=1), 1, atol=1e-5)
    (face,) = analyze(sample_image(), [load_model(mine)]).faces
    assert face.evidence(load_model(mine)).shape == (7, 48, 48)


def test_an_adapted_model_can_be_adapted_again(faces: Labelled, mine: Path) -> None:
    again = adapt(load_model(mine), faces[0], faces[1][::-1].copy(), "again")
    assert again.model.card.base == read_card(mine).base
    assert np.allclose(again.comparison.before, load_model(mine).predict_proba(faces[0]), atol=1e-5)


def test_a_base_among_the_usual_models_is_found(mine: Path, tmp_path: Path) -> None:
    moved = Path(shutil.move(mine, tmp_path / "mine"))
    assert load_model(moved).name == "mine"


def other_network(models: Path) -> None:
    content = (models / BASE / "model.tflite").read_bytes() + b"\0"
    (models / BASE / "model.tflite").write_bytes(content)
    files = read_card(models / BASE).files | {"model.tflite": file_entry(content)}
    change_card(models / BASE, lambda card: card | {"files": files})


def put_head(models: Path, **arrays: np.ndarray) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    (models / "mine" / HEAD_NAME).write_bytes(buffer.getvalue())
    change_card(models / "mine", lambda card: card | {"files": {HEAD_NAME: file_entry(buffer.getvalue())}})


BROKEN = {
    "base missing": (lambda models: shutil.rmtree(models / BASE), "its base, the model 'everyday', is not under"),
    "another base": (other_network, "has another network than the one it was fitted to"),
    "head missing": (lambda models: (models / "mine" / HEAD_NAME).unlink(), "head.npz is missing"),
    "head cut off": (lambda models: (models / "mine" / HEAD_NAME).write_bytes(b"PK"), "head.npz is damaged"),
    "head of another size": (
        lambda models: put_head(models, weights=np.zeros((7, 3)), bias=np.zeros(7)),
        r"Expected a head of weights \(7, 256\)",
    ),
    "head of pickled objects": (
        lambda models: put_head(models, weights=np.array([{}], dtype=object)),
        "head.npz cannot be read",
    ),
    "head with NaN": (
        lambda models: put_head(models, weights=np.full((7, 256), np.nan), bias=np.zeros(7)),
        "Expected finite numbers",
    ),
    "base elsewhere": (
        lambda models: change_card(models / "mine", lambda card: card | {"base": {"name": "../x", "sha256": "0" * 64}}),
        r"base\.name: Expected a plain folder name",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_broken_is_named(case: str, mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FER_MODELS_DIR", str(mine.parent))
    damage, reason = BROKEN[case]
    damage(mine.parent)
    with pytest.raises(ModelError, match=f"mine: .*{reason}") as raised:
        load_model(mine)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("labels", "reason"),
    [([3] * 12, "Expected faces of two emotions or more. Received: only happy"), ([3, 4], "10 faces or more.*: 2")],
    ids=["one class only", "two faces in all"],
)
def test_too_little_to_learn_from(labels: list[int], reason: str) -> None:
    with pytest.raises(DatasetError, match=reason):
        adapt(load_model(BASE), RANDOM[: len(labels)], np.array(labels, np.uint8), "mine")


def test_a_mean_and_a_bad_name_are_refused(faces: Labelled) -> None:
    with pytest.raises(ModelError, match="Expected a single model"):
        adapt(load_model("cnn+everyday"), *faces, "mine")
    with pytest.raises(ModelError, match="name is made of"):
        adapt(load_model(BASE), *faces, "../mine")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Crops by emotion: one twice, one with two labels, a picture without a face, and one that cannot be read."""
    crop = analyze(sample_image(), ()).faces[0].crop
    data = tmp_path / "data"
    for index in range(10):
        place = data / EMOTIONS[index % 5]
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{index}.png").write_bytes(encode_png(np.dstack([np.roll(crop, index, axis=1)] * 3)))
    shutil.copy(data / "angry" / "0.png", data / "angry" / "copy.png")
    shutil.copy(data / "happy" / "3.png", data / "sad" / "too.png")
    (data / "sad" / "plain.png").write_bytes(encode_png(np.full((200, 200, 3), 90, np.uint8)))
    (data / "sad" / "broken.png").write_bytes(b"no picture")
    return data


def test_copies_count_once_and_contradictions_not_at_all(folder: Path) -> None:
    found = faces_to_learn(labelled_pictures(folder))
    assert len(found.faces) == 9 and (found.labels == EMOTIONS.index("happy")).sum() == 1
    refused, missed, contradiction = found.left_out
    assert "broken.png" in refused and missed.endswith("plain.png: no face found.")
    assert "3.png" in contradiction and "too.png" in contradiction and "labelled happy and sad" in contradiction


def test_it_travels_to_other_machines_with_its_base(mine: Path) -> None:
    packed = _packed([mine])
    assert {name: set(files) for name, files in packed.items()} == {
        "mine": {"card.json", "head.npz"},
        BASE: {"card.json", "model.tflite"},
    }


def test_its_readme_says_what_it_was_fitted_to(mine: Path) -> None:
    text = readme_text(read_card(mine))
    assert f"features of `{BASE}`, fitted to 40 faces (angry 8, disgust 8" in text and "unknown" not in text
