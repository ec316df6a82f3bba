"""The mean of several models: the mean of what they say, usable wherever one model is."""

import numpy as np
import pytest

from fer_core import EmotionModel, ModelError, analyze, list_models, load_model
from fer_core.bundle import MeanModel, member_names
from fer_core.image import sample_image
from fer_core.live import LiveSession

pytestmark = pytest.mark.skipif(len(list_models()) < 2, reason="needs two bundles under models/")


@pytest.fixture(scope="module")
def pair() -> list[EmotionModel]:
    return [load_model(name) for name in list_models()[:2]]


@pytest.fixture(scope="module")
def mean(pair: list[EmotionModel]) -> EmotionModel:
    return load_model("+".join(model.name for model in pair))


def test_it_gives_the_mean_of_its_members(pair: list[EmotionModel], mean: EmotionModel) -> None:
    faces = np.random.default_rng(0).integers(0, 256, (5, 48, 48), np.uint8)
    first, second = (model.predict_proba(faces) for model in pair)
    found = mean.predict_proba(faces)
    assert found.dtype == np.float32 and not np.allclose(first, second)
    np.testing.assert_allclose(found, (first + second) / 2, atol=1e-6)
    assert mean.predict_proba(faces[:0]).shape == (0, 7)


def test_it_says_what_it_is(pair: list[EmotionModel], mean: EmotionModel) -> None:
    assert mean.name == f"{pair[0].name}+{pair[1].name}"
    assert mean.card.title == f"Mean of {pair[0].card.title} and {pair[1].card.title}"
    assert mean.card.parameters == sum(model.card.parameters for model in pair)
    assert mean.version == f"{pair[0].version}+{pair[1].version}"


def test_pictures_are_classified_by_its_name(pair: list[EmotionModel], mean: EmotionModel) -> None:
    (face,) = analyze(sample_image(), (*pair, mean.name)).faces
    first, second, both = (prediction.probabilities for prediction in face.predictions.values())
    np.testing.assert_allclose(both, (first + second) / 2, atol=1e-6)


def test_a_live_session_takes_it(mean: EmotionModel) -> None:
    session = LiveSession()
    session.configure([mean])
    session.process(np.zeros((48, 64, 3), np.uint8), 0.0)
    assert session.view().frames == 1


@pytest.mark.parametrize("name", ["cnn+none", "cnn+", "+"])
def test_a_mean_of_what_is_not_there_is_refused(name: str) -> None:
    with pytest.raises(ModelError):
        load_model(name)


def test_one_model_has_no_mean(pair: list[EmotionModel]) -> None:
    with pytest.raises(ModelError, match="two or more"):
        MeanModel(pair[:1])


def test_member_names() -> None:
    assert member_names("a+b+a") == ["a", "b"] and member_names("a") == ["a"]
