"""Maps: exact where the network allows it, another's where its weights are, and of every shape for every bundle."""

import pickle
from dataclasses import replace

import numpy as np
import pytest

from fer_core import EmotionModel, analyze, load_model, read_card
from fer_core.bundle import MODEL_NAME, Head, MeanModel, bundle_folder
from fer_core.bundle.ending import read_ending, with_output
from fer_core.bundle.runtime import Graph
from fer_core.errors import ModelError
from fer_core.explanation import evidence
from fer_core.explanation.occlusion import PATCH
from fer_core.image import sample_image
from tests.support.patterns import RANDOM

FACES = RANDOM[:9]
EXACT = ("cnn", "everyday", "resnet")
pytestmark = pytest.mark.usefixtures("shipped_models")


@pytest.fixture(scope="module")
def shipped_models() -> None:
    for name in EXACT:
        try:
            bundle_folder(name)
        except ModelError:
            pytest.skip(f"models/ holds no {name}")


def test_the_head_of_every_network_gives_its_logits(shipped: str) -> None:
    model = load_model(shipped)
    # an int8 head rounds the features that it is given
    bound = 0.1 if shipped == "compact" else 1e-3
    assert np.abs(model.head.logits(model.features(FACES)) - model.logits(FACES)).max() < bound


@pytest.mark.parametrize("name", EXACT)
def test_the_means_of_the_maps_and_the_bias_are_the_logits(name: str) -> None:
    model = load_model(name)
    maps = evidence(model, FACES)
    assert maps.shape == (9, 7, 48, 48) and maps.dtype == np.float32
    assert np.abs(maps.mean(axis=(2, 3)) + model.head.bias - model.logits(FACES)).max() < 1e-3
    assert maps.std(axis=(2, 3)).min() > 1e-3


def test_every_model_has_maps(shipped: str) -> None:
    maps = evidence(load_model(shipped), FACES[:1])
    assert maps.shape == (1, 7, 48, 48) and np.isfinite(maps).all() and maps.std() > 0
    assert evidence(load_model(shipped), FACES[:0]).shape == (0, 7, 48, 48)


def test_asking_why_changes_neither_file_nor_answer() -> None:
    model, folder = load_model("cnn"), bundle_folder("cnn")
    before = model.predict_proba(FACES)
    evidence(model, FACES)
    assert np.array_equal(model.predict_proba(FACES), before)
    content = (folder / MODEL_NAME).read_bytes()
    other = with_output(content, read_ending(content).features)
    assert len(other) == len(content) and other != content
    assert Graph(other).run(FACES).shape == (9, 256)
    assert load_model("cnn").card.files == read_card(folder).files


def test_other_weights_give_another_map() -> None:
    """Adebayo et al. 2018, "Sanity Checks for Saliency Maps": a map that outlives the weights shows the face alone."""
    model, shuffled = load_model("cnn"), load_model("cnn")
    order = np.random.default_rng(3).permutation(model.head.weights.size)
    head = Head(model.head.weights.ravel()[order].reshape(model.head.weights.shape), model.head.bias)
    shuffled._ending = replace(model._ending, head=head)
    assert alike(evidence(model, FACES), evidence(model, FACES)) == pytest.approx(1)
    assert abs(alike(evidence(model, FACES), evidence(shuffled, FACES))) < 0.5


def test_other_networks_give_other_maps() -> None:
    """The whole network has other weights here, not the head alone."""
    first, second = load_model("cnn"), load_model("cnn_ferplus")
    assert alike(evidence(first, FACES), evidence(second, FACES)) < 0.9


def alike(first: np.ndarray, second: np.ndarray) -> float:
    """The mean correlation of maps of the same faces and emotions."""
    pairs = zip(first.reshape(-1, 48 * 48), second.reshape(-1, 48 * 48), strict=True)
    return float(np.mean([np.corrcoef(a, b)[0, 1] for a, b in pairs]))


class LooksAtTheMouth(EmotionModel):
    """Its logit of happy is the mean grey of 12x12 pixels, and nothing else counts."""

    def __init__(self) -> None:
        pass

    def feature_maps(self, faces: np.ndarray) -> None:
        return None

    def logits(self, faces: np.ndarray) -> np.ndarray:
        logits = np.zeros((len(faces), 7), np.float32)
        logits[:, 3] = faces[:, 30 : 30 + PATCH, 18 : 18 + PATCH].mean(axis=(1, 2))
        return logits


def test_occlusion_finds_where_a_network_looks() -> None:
    face = np.full((48, 48), 50, np.uint8)
    face[30:42, 18:30] = 250
    maps = evidence(LooksAtTheMouth(), face[np.newaxis])[0]
    y, x = np.unravel_index(maps[3].argmax(), (48, 48))
    assert 30 <= y < 42 and 18 <= x < 30 and maps[3].max() > 50
    assert not maps[[0, 1, 2, 4, 5, 6]].any() and abs(maps[3][:12].max()) < 1e-3


def test_a_mean_of_models_has_the_mean_of_their_maps() -> None:
    members = [load_model("cnn"), load_model("everyday")]
    both = evidence(MeanModel(members), FACES)
    assert np.allclose(both, (evidence(members[0], FACES) + evidence(members[1], FACES)) / 2, atol=1e-6)


def test_a_face_tells_by_name_and_by_model() -> None:
    model = load_model("cnn")
    (face,) = analyze(sample_image(), [model]).faces
    maps = face.evidence("cnn")
    assert maps.shape == (7, 48, 48) and maps.dtype == np.float32
    assert np.array_equal(maps, face.evidence(model)) and np.array_equal(
        maps, evidence(model, face.crop[np.newaxis])[0]
    )
    assert np.array_equal(pickle.loads(pickle.dumps(face)).evidence("cnn"), maps)
    assert face.evidence("cnn+everyday").shape == (7, 48, 48)
    with pytest.raises(ModelError, match="There is no model 'nobody'"):
        face.evidence("nobody")


def test_a_network_of_another_ending_is_refused() -> None:
    content = (bundle_folder("cnn") / MODEL_NAME).read_bytes()
    with pytest.raises(ModelError, match="ends in a dense layer"):
        read_ending(with_output(content, 0))
