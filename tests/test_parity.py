"""What serves is what was trained: TFLite against Keras, and the networks that both are made from."""

import importlib
import inspect
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import keras
import numpy as np
import pytest
import tiny
from conftest import Run

from fer_core import EmotionModel, load_model, read_card
from fer_core.calibration import calibrated, softmax
from fer_core.model import Network
from fer_core.splits import Faces
from fer_core.training import convert
from fer_core.training.architectures import CNNS
from fer_core.training.backbones import BACKBONES, freeze, transfer_network


def patterns(count: int) -> np.ndarray:
    """Random blotches, as strong as a face's: to noise of single pixels alone a network says one thing throughout."""
    random, made = np.random.default_rng(0), []
    for index in range(count):
        side = (3, 6, 12, 24, 48)[index % 5]
        blotches = cv2.resize(random.random((side, side)), (48, 48), interpolation=cv2.INTER_CUBIC)
        middle, strength = random.uniform(90, 165), random.uniform(60, 180)
        made.append(np.clip(middle + strength * (blotches - 0.5), 0, 255).astype(np.uint8))
    return np.stack(made)


RANDOM = patterns(256)


def answers(network: Any, faces: np.ndarray) -> np.ndarray:
    """Keras' own probabilities, in batches: logits -> softmax."""
    return softmax(network.predict(faces[..., None].astype(np.float32), batch_size=64, verbose=0))


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
    return request.param, Network(convert.convert(network, request.param))


def test_random_faces(network: Any, converted: tuple[str, Network]) -> None:
    precision, served = converted
    expected = answers(network, RANDOM)
    assert expected.std(axis=0).max() > 1e-3, "a network that always says the same proves nothing"
    compare(softmax(served.logits(RANDOM)), expected, precision)


def test_faces_it_knows(network: Any, converted: tuple[str, Network]) -> None:
    precision, served = converted
    faces, _ = tiny.faces(30, seed=4)
    expected = answers(network, faces)
    assert len(set(expected.argmax(axis=1))) >= 4
    compare(softmax(served.logits(faces)), expected, precision)


def test_real_faces(network: Any, converted: tuple[str, Network], real_faces: np.ndarray) -> None:
    real_faces = real_faces[::7]  # a good 500; the shipped networks are compared on all of them
    precision, served = converted
    compare(softmax(served.logits(real_faces)), answers(network, real_faces), precision)


def test_the_bundle_serves_what_was_trained(trained: Run, model: EmotionModel, network: Any) -> None:
    faces, _ = tiny.faces(30, seed=5)
    logits = network.predict(faces[..., None].astype(np.float32), verbose=0)
    card = read_card(trained.bundle)
    compare(model.predict_proba(faces), calibrated(logits, card.calibration), card.quantisation["chosen"])


def test_shipped_bundle_serves_what_was_trained(shipped: str, request: pytest.FixtureRequest) -> None:
    bundle = load_model(shipped)
    from fer_core.model import bundle_folder

    path = bundle_folder(shipped) / "model.keras"
    if not path.is_file():
        pytest.skip("model.keras is not committed; it is where the model was trained")
    network = keras.saving.load_model(path)
    sets = [RANDOM]
    if (Path(__file__).resolve().parents[2] / "shared" / "data").is_dir():
        sets.append(request.getfixturevalue("real_faces"))
    for faces in sets:
        logits = network.predict(faces[..., None].astype(np.float32), batch_size=64, verbose=0)
        served, trained = bundle.predict_proba(faces), calibrated(logits, bundle.card.calibration)
        if bundle.card.quantisation["chosen"] == "int8":  # the card's is of all PublicTest faces
            assert bundle.card.quantisation["candidates"]["int8"]["label_agreement"] >= 0.995
            assert (served.argmax(axis=1) == trained.argmax(axis=1)).mean() >= (0.995 if faces is not RANDOM else 0.98)
        else:  # float16 moves logits by thousandths, which a calibration's scale may double
            bound = 1e-3 if bundle.card.quantisation["chosen"] == "float32" else 5e-3
            assert np.abs(served - trained).max() < bound
            assert (served.argmax(axis=1) == trained.argmax(axis=1)).mean() >= 0.995


# --- choosing a precision


def candidate(monkeypatch: pytest.MonkeyPatch, table: dict[str, tuple[int, float, float, float]]) -> None:
    """Pretend conversions: precision -> bytes, share of right labels, of labels equal to float32's, milliseconds."""
    faces = Faces(np.zeros((1000, 48, 48), np.uint8), np.zeros(1000, np.uint8))

    class Runtime:
        def __init__(self, content: bytes) -> None:
            self.precision = content.decode().strip()

        def logits(self, faces: np.ndarray) -> np.ndarray:
            _, right, equal, _ = table[self.precision]
            labels = np.zeros(1000, int)
            labels[: round(1000 * (1 - right))] = 1
            # the rest of the disagreement is between two wrong labels
            labels[: round(1000 * (1 - equal))] = 2 if self.precision != "float32" else 1
            return np.eye(7)[labels]

    monkeypatch.setattr(convert, "convert", lambda network, name: name.encode().ljust(table[name][0]))
    monkeypatch.setattr(convert, "Network", Runtime)
    monkeypatch.setattr(convert, "_milliseconds", lambda runtime, faces, repeats=15: table[runtime.precision][3])
    candidate.faces = faces


@pytest.mark.parametrize(
    ("table", "precision", "chosen"),
    [
        pytest.param(
            {"float32": (400, 0.7, 1, 2.0), "float16": (200, 0.7, 1, 2.0), "int8": (100, 0.7, 0.999, 0.5)},
            "auto", "int8", id="fastest and smallest",
        ),
        pytest.param(
            {"float32": (400, 0.7, 1, 1.0), "float16": (200, 0.7, 1, 1.05), "int8": (100, 0.7, 0.999, 1.4)},
            "auto", "float16", id="smaller at about the same speed",
        ),
        pytest.param(
            {"float32": (400, 0.7, 1, 1.0), "float16": (200, 0.7, 1, 1.5), "int8": (100, 0.7, 0.999, 1.4)},
            "auto", "float32", id="quantised is slower",
        ),
        pytest.param(
            {"float32": (400, 0.7, 1, 2.0), "float16": (200, 0.7, 1, 2.0), "int8": (100, 0.7, 0.99, 0.5)},
            "auto", "float16", id="int8 disagrees too often",
        ),
        pytest.param(
            {"float32": (400, 0.7, 1, 2.0), "float16": (200, 0.7, 1, 2.0), "int8": (100, 0.69, 0.999, 0.5)},
            "auto", "float16", id="int8 loses a point",
        ),
        pytest.param(
            {"float32": (400, 0.7, 1, 1.0), "int8": (100, 0.5, 0.6, 9.0)}, "int8", "int8", id="asked for",
        ),
        pytest.param({"float32": (400, 0.7, 1, 9.0)}, "float32", "float32", id="float32 asked for"),
    ],
)  # fmt: skip
def test_choice_of_precision(table: Any, precision: str, chosen: str, monkeypatch: pytest.MonkeyPatch) -> None:
    candidate(monkeypatch, table)
    best, plain, record = convert.choose(keras.Model(), candidate.faces, precision)
    assert (best.precision, record["chosen"], plain.precision) == (chosen, chosen, "float32")
    assert list(record["candidates"]) == list(table)


# --- networks


def by_hand() -> Any:
    layers = keras.layers
    inputs = keras.Input((48, 48, 1))
    x = layers.Conv2D(5, 3, strides=2, padding="same")(inputs)
    x = layers.DepthwiseConv2D(3, padding="same")(x)
    x = layers.Conv2D(8, 1)(x)
    return keras.Model(inputs, layers.Dense(7)(layers.GlobalAveragePooling2D()(x)))


def test_multiply_adds_as_counted_by_hand() -> None:
    side = 24 * 24
    expected = side * 5 * 9 + side * 5 * 9 + side * 5 * 8 + 8 * 7
    assert convert.multiply_adds(convert.convert(by_hand(), "float32")) == expected


def test_multiply_adds_of_the_compact_network(trained: Run) -> None:
    widths, sides, expected, before = (32, 64, 128), (48, 24, 12), 0, 1
    for width, side in zip(widths, sides, strict=True):
        expected += side * side * 9 * (before * width + width * width)
        before = width
    assert read_card(trained.bundle).multiply_adds == expected + 6 * 6 * 128 * 256 + 256 * 7


def test_mixed_precision_is_rebuilt_in_float32() -> None:
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        mixed = by_hand()
        plain = convert.as_float32(by_hand, mixed)
    finally:
        keras.config.set_dtype_policy("float32")
    assert all(layer.compute_dtype == "float32" for layer in plain.layers)
    assert all(np.array_equal(a, b) for a, b in zip(plain.get_weights(), mixed.get_weights(), strict=True))
    served = Network(convert.convert(plain, "float32")).logits(RANDOM[:8])
    assert served == pytest.approx(plain.predict(RANDOM[:8, ..., None].astype(np.float32), verbose=0), abs=1e-2)
    same = by_hand()
    assert convert.as_float32(by_hand, same) is same


def seresnet_parameters(width: int) -> int:
    """Stem and six blocks of two convolutions with normalisation, squeeze and excitation, projection; dense layer."""
    total, before = 9 * width + 4 * width, width
    for channels in (width, width, 2 * width, 2 * width, 4 * width, 4 * width):
        total += 9 * before * channels + 9 * channels**2 + 8 * channels
        total += 2 * channels * (channels // 8) + channels // 8 + channels
        total += (before * channels + 4 * channels) if before != channels else 0
        before = channels
    return total + 7 * before + 7


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("compact", 1_469_479),
        ("seresnet", seresnet_parameters(64)),
        ("seresnet-small", seresnet_parameters(32)),
    ],
)
def test_architectures(name: str, parameters: int) -> None:
    network = CNNS[name]()
    assert network.input_shape == (None, 48, 48, 1) and network.output_shape == (None, 7)
    assert network.count_params() == parameters
    logits = network.predict(RANDOM[:2, ..., None].astype(np.float32), verbose=0)
    assert np.isfinite(logits).all() and logits.dtype == np.float32


def test_seresnet_ignores_light_and_contrast() -> None:
    network = CNNS["seresnet-small"]()
    faces = tiny.faces(1)[0][..., None].astype(np.float32)
    before, after = (network.predict(given, verbose=0) for given in (faces, faces * 0.5 + 40))
    # an untrained network tells faces apart by little: the change must be small beside that
    assert np.abs(after - before).max() < 0.1 * np.ptp(before, axis=0).max()


PREPROCESSING = {
    "mobilenet": "mobilenet",
    "mobilenetv2": "mobilenet_v2",
    "mobilenetv3small": "mobilenet_v3",
    "efficientnetv2b0": "efficientnet_v2",
    "vgg16": "vgg16",
    "resnet50": "resnet",
}


@pytest.mark.parametrize("name", BACKBONES)
def test_backbones_build_and_scale_as_keras_documents(name: str) -> None:
    network = transfer_network(name, alpha=0.35 if "v2" in name and "mobile" in name else 1.0, image_size=32)
    faces = RANDOM[:2, ..., None].astype(np.float32)
    logits = network.predict(faces, verbose=0)
    assert logits.shape == (2, 7) and np.isfinite(logits).all()
    inside = next(layer for layer in network.layers if isinstance(layer, keras.layers.Rescaling))
    given = keras.Model(network.input, inside.output).predict(faces, verbose=0)
    colour = np.stack([cv2.resize(f[..., 0], (32, 32), interpolation=cv2.INTER_LINEAR) for f in faces])
    colour = np.repeat(colour[..., None], 3, axis=3)
    module = importlib.import_module(f"keras.applications.{PREPROCESSING[name]}")
    assert given == pytest.approx(module.preprocess_input(colour.copy()), abs=1e-2)
    freeze(network, True)
    assert [v.path.split("/")[0] for v in network.trainable_variables] == ["logits", "logits"]
    freeze(network, False)
    assert len(network.trainable_variables) > 4
    assert "alpha" in inspect.signature(BACKBONES[name].constructor).parameters or name not in PREPROCESSING.keys() - {
        "efficientnetv2b0", "vgg16", "resnet50"
    }  # fmt: skip


def test_a_backbone_converts() -> None:
    network = transfer_network("mobilenet", alpha=0.25, image_size=64)
    served = softmax(Network(convert.convert(network, "float32")).logits(RANDOM[:64]))
    assert np.abs(served - answers(network, RANDOM[:64])).max() < 1e-3
