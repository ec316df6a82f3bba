"""What serves is what was trained: TFLite against Keras, and the networks that both are made from."""

from pathlib import Path
from types import ModuleType
from typing import Any

import keras
import numpy as np
import pytest

import fer_core.training.layers  # noqa: F401 - keras finds its layers by name
from fer_core import EmotionModel, load_model, read_card
from fer_core.bundle.calibration import calibrated, softmax
from fer_core.bundle.runtime import Network
from fer_core.training.export import convert
from fer_core.training.export.float_ends import with_float_ends
from tests.conftest import Run
from tests.support import tiny
from tests.support.patterns import RANDOM, keras_predictions


def compare(served: np.ndarray, trained: np.ndarray, precision: str) -> None:
    """Within 1e-3, int8 within 0.1; and 99.5 % of the labels agree.

    Of int8, a face on the edge of two classes may fall either way: what counts is that no clear answer changes.
    """
    bound, narrow = (0.1, 0.02) if precision == "int8" else (1e-3, 0.0)
    top = np.sort(trained, axis=1)
    edge = top[:, -1] - top[:, -2] < narrow
    assert np.abs(served - trained).max() < bound
    assert ((served.argmax(axis=1) == trained.argmax(axis=1)) | edge).mean() >= 0.995


@pytest.fixture(scope="module")
def network(trained: Run) -> Any:
    return keras.saving.load_model(trained.bundle / "model.keras")


@pytest.fixture(scope="module")
def real_faces(shared_data: Path, fer2013_tool: ModuleType) -> np.ndarray:
    """All 3,589 PublicTest faces of FER-2013."""
    images, _, usage, *_ = fer2013_tool.load(shared_data / "fer2013_travel.npz")
    return np.ascontiguousarray(images[usage == 1])


@pytest.fixture(scope="module", params=convert.PRECISIONS)
def converted(request: pytest.FixtureRequest, network: Any) -> tuple[str, Network]:
    content = convert.convert(network, request.param)
    if request.param == "int8":  # as it ships
        content = with_float_ends(content, convert.convert(network, "float32"))
    return request.param, Network(content)


def test_random_faces(network: Any, converted: tuple[str, Network]) -> None:
    precision, served = converted
    expected = keras_predictions(network, RANDOM)
    assert expected.std(axis=0).max() > 1e-3, "a network that always says the same proves nothing"
    compare(softmax(served.logits(RANDOM)), expected, precision)


def test_faces_it_knows(network: Any, converted: tuple[str, Network]) -> None:
    precision, served = converted
    faces, _ = tiny.faces(30, seed=4)
    expected = keras_predictions(network, faces)
    assert len(set(expected.argmax(axis=1))) >= 4
    compare(softmax(served.logits(faces)), expected, precision)


def test_real_faces(network: Any, converted: tuple[str, Network], real_faces: np.ndarray) -> None:
    real_faces = real_faces[::6]  # 599; the shipped networks are compared on half of them
    precision, served = converted
    compare(softmax(served.logits(real_faces)), keras_predictions(network, real_faces), precision)


def test_the_bundle_serves_what_was_trained(trained: Run, model: EmotionModel, network: Any) -> None:
    faces, _ = tiny.faces(30, seed=5)
    logits = network.predict(faces[..., None].astype(np.float32), verbose=0)
    card = read_card(trained.bundle)
    compare(model.predict_proba(faces), calibrated(logits, card.calibration), card.quantization["chosen"])


def test_shipped_bundle_serves_what_was_trained(shipped: str, request: pytest.FixtureRequest) -> None:
    bundle = load_model(shipped)
    from fer_core.bundle.registry import bundle_folder

    path = bundle_folder(shipped) / "model.keras"
    if not path.is_file():
        pytest.skip("model.keras is not committed; it is where the model was trained")
    network = keras.saving.load_model(path)
    sets = [RANDOM]
    if (Path(__file__).resolve().parents[2] / "shared" / "data").is_dir():
        sets.append(request.getfixturevalue("real_faces")[::2])
    for faces in sets:
        logits = network.predict(faces[..., None].astype(np.float32), batch_size=64, verbose=0)
        served, trained = bundle.predict_proba(faces), calibrated(logits, bundle.card.calibration)
        if bundle.card.quantization["chosen"] == "int8":  # the card's is of all PublicTest faces
            assert bundle.card.quantization["candidates"]["int8"]["label_agreement"] >= 0.995
            assert (served.argmax(axis=1) == trained.argmax(axis=1)).mean() >= (0.995 if faces is not RANDOM else 0.98)
        else:  # float16 moves logits by thousandths, which a calibration's scale may double
            bound = 1e-3 if bundle.card.quantization["chosen"] == "float32" else 5e-3
            if path.name in bundle.card.files:  # its weights are rounded as well, before normalisation is folded in
                bound = 2e-2
            assert np.abs(served - trained).max() < bound
            assert (served.argmax(axis=1) == trained.argmax(axis=1)).mean() >= 0.995
