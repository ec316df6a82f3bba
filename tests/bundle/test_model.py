"""A bundle from disk to probabilities, and every way it can be broken. Row numbers: the table of bad inputs."""

import json
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fer_core import EMOTIONS, EmotionModel, ModelError, load_model
from fer_core.bundle.calibration import softmax
from fer_core.bundle.card import CARD_NAME, MODEL_NAME
from fer_core.bundle.runtime import MAX_BATCH, Network
from tests.support.broken_bundles import dense, edited, network, rewritten, shortened

FACES = np.random.default_rng(0).integers(0, 256, (3 * MAX_BATCH + 5, 48, 48), dtype=np.uint8)


@pytest.mark.parametrize("n", [0, 1, 2, MAX_BATCH, MAX_BATCH + 1, len(FACES)])
def test_probabilities_of_any_number_of_faces(model: EmotionModel, n: int) -> None:
    found = model.predict_proba(FACES[:n])
    assert found.shape == (n, len(EMOTIONS)) and found.dtype == np.float32
    assert ((found >= 0) & (found <= 1)).all() and np.abs(found.sum(axis=1) - 1).max(initial=0) < 1e-5


def test_a_large_batch_equals_one_by_one(model: EmotionModel) -> None:
    together = model.predict_proba(FACES)
    single = np.concatenate([model.predict_proba(face[None]) for face in FACES])
    # dynamic-range quantization scales each face by itself, so only rounding may differ
    assert np.abs(together - single).max() < 1e-5
    assert together.std(axis=0).max() > 1e-3  # and the predictions are not all the same


def test_order_of_batches_does_not_matter(model: EmotionModel) -> None:
    expected = model.predict_proba(FACES)
    for size in (1, MAX_BATCH, 3, MAX_BATCH, 1, 2 * MAX_BATCH + 4):
        assert np.abs(model.predict_proba(FACES[:size]) - expected[:size]).max() < 1e-5


def test_faces_that_are_a_view_are_read_correctly(model: EmotionModel) -> None:
    mirrored = FACES[:3, :, ::-1]
    assert not mirrored.flags.c_contiguous
    assert np.array_equal(model.predict_proba(mirrored), model.predict_proba(mirrored.copy()))


def test_threads_get_the_predictions_of_one(model: EmotionModel) -> None:
    jobs = [FACES[i : i + size] for i, size in zip(range(24), [1, 4, 9, MAX_BATCH + 9, 2, MAX_BATCH] * 4, strict=True)]
    alone = [model.predict_proba(job) for job in jobs]
    with ThreadPoolExecutor(6) as pool:
        for found, expected in zip(pool.map(model.predict_proba, jobs * 3), alone * 3, strict=True):
            assert np.abs(found - expected).max() < 1e-5


@pytest.mark.parametrize(
    "faces",
    [
        FACES[0],
        FACES[:2, :, :47],
        FACES[:2, ..., None],
        FACES[:2].astype(np.float32),
        FACES[:2] / 255,
        FACES[:2].astype(np.int64),
        np.zeros((0, 48, 48)),
        np.zeros((0,), np.uint8),
    ],
    ids=["one face", "47 wide", "channel", "float32", "0-1", "int64", "no floats", "flat"],
)
def test_other_arrays_are_refused(model: EmotionModel, faces: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"Expected faces \(N, 48, 48\) uint8.*Received: \("):
        model.predict_proba(faces)


def test_temperature_divides_the_logits(model: EmotionModel, bundle: Path) -> None:
    card = json.loads((bundle / CARD_NAME).read_text())
    logits = Network((bundle / MODEL_NAME).read_bytes()).logits(FACES[:9])
    for temperature in (0.5, 1, 3.25):
        card["calibration"] = {"temperature": temperature}
        (bundle / CARD_NAME).write_text(json.dumps(card))
        exact = np.exp(logits.astype(float) / temperature)
        exact /= exact.sum(axis=1, keepdims=True)
        assert load_model(bundle).predict_proba(FACES[:9]) == pytest.approx(exact, abs=1e-6)


def test_softmax_of_large_logits() -> None:
    logits = np.array([[1000, 0, 0, 0, 0, 0, 1000], [-1000] * 7], np.float32)
    assert softmax(logits) == pytest.approx(np.array([[0.5, 0, 0, 0, 0, 0, 0.5], [1 / 7] * 7]))


# --- broken bundles


def hidden_nan(x: Any) -> Any:
    """NaN in a convolution's weights only, behind a ReLU that may hide it from the output."""
    from keras import initializers, layers

    nan = initializers.Constant(float("nan"))
    x = layers.MaxPooling2D(8)(layers.Conv2D(4, 3, activation="relu", kernel_initializer=nan)(x))
    return layers.Dense(7, kernel_initializer=initializers.Constant(0.1))(layers.Flatten()(x))


BROKEN: dict[str, tuple[Callable[[Path], Any], str]] = {
    "58 no card": (lambda b: (b / CARD_NAME).unlink(), "There is no model"),
    "59 empty card": (lambda b: (b / CARD_NAME).write_bytes(b""), "card.json is damaged"),
    "60 cut at 99 %": (shortened(0.99), "model.tflite is damaged"),
    "62 the card says 64 pixels": (edited(input={"size": [64, 64]}), "input.size: Expected"),
    "64 one NaN": (network(dense(7, bias=[0, 0, 0, float("nan"), 0, 0, 0])), "Expected finite logits"),
    "64 NaN behind a ReLU": (network(hidden_nan), "Expected finite logits"),
    "a text, with the right hash": (lambda b: rewritten(b, b"TFL3 but nothing behind it"), "damaged"),
    "noise, with the right hash": (lambda b: rewritten(b, np.random.default_rng(0).bytes(4096)), "damaged"),
    "cut, with the right hash": (
        lambda b: rewritten(b, (b / MODEL_NAME).read_bytes()[: (b / MODEL_NAME).stat().st_size // 2]),
        "damaged",
    ),
}


@pytest.mark.parametrize(("damage", "said"), BROKEN.values(), ids=BROKEN.keys())
def test_broken_bundle_is_refused_with_its_name_and_the_reason(
    bundle: Path, damage: Callable[[Path], Any], said: str
) -> None:
    shutil.copytree(bundle, bundle.with_name("other"))
    damage(bundle)
    with pytest.raises(ModelError, match=said) as caught:
        load_model("tiny", bundle.parent)
    message = str(caught.value)
    assert "tiny" in message and len(message.splitlines()) == 1
    # the other models still work
    assert load_model("other", bundle.parent).predict_proba(FACES[:1]).shape == (1, 7)
