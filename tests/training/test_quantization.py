"""Which precision ships: measured candidates in, the choice out."""

from typing import Any

import keras
import numpy as np
import pytest

from fer_core.datasets.splits import Faces
from fer_core.training.export import quantization


def candidate(monkeypatch: pytest.MonkeyPatch, table: dict[str, tuple[int, float, float, float]]) -> None:
    """Pretend conversions: precision -> bytes, share of correct labels, of labels equal to float32's, milliseconds."""
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

    def named(key: str) -> bytes:
        return key.encode().ljust(table[key][0])

    def with_float_ends(quantised: bytes, plain: bytes, first: int) -> bytes:
        assert (quantised, plain) == (b"raw int8", named("float32"))
        return named(f"int8 {first}" if "int8 1" in table else "int8")

    monkeypatch.setattr(quantization, "convert", lambda _, name: b"raw int8" if name == "int8" else named(name))
    monkeypatch.setattr(quantization, "with_float_ends", with_float_ends)
    monkeypatch.setattr(quantization, "Network", Runtime)
    monkeypatch.setattr(quantization, "_milliseconds", lambda runtime, faces, repeats=15: table[runtime.precision][3])
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
    best, plain, record = quantization.choose(keras.Model(), candidate.faces, precision)
    assert (best.precision, record["chosen"], plain.precision) == (chosen, chosen, "float32")
    assert list(record["candidates"]) == list(table)


@pytest.mark.parametrize(
    ("agreement", "size"),
    [
        pytest.param((0.999, 0.999, 0.999), 100, id="one is enough"),
        pytest.param((0.99, 0.996, 0.999), 110, id="two are needed"),
        pytest.param((0.99, 0.994, 0.999), 120, id="three are needed"),
        pytest.param((0.99, 0.99, 0.99), 200, id="three are not enough"),
    ],
)
def test_int8_leaves_as_few_layers_out_as_it_can(
    agreement: tuple[float, ...], size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    quantised = {f"int8 {n}": (90 + 10 * n, 0.7, agreement[n - 1], 0.5) for n in (1, 2, 3)}
    candidate(monkeypatch, {"float32": (400, 0.7, 1, 2.0), "float16": (200, 0.7, 1, 2.0)} | quantised)
    best, _, record = quantization.choose(keras.Model(), candidate.faces)
    assert (len(best.content), best.precision) == (size, "int8" if size < 200 else "float16")
    layers = {name: measured.get("first_layers_in_float32") for name, measured in record["candidates"].items()}
    assert layers == {"float32": None, "float16": None, "int8": min(3, (size - 90) // 10)}
