"""The networks alone: what our own code adds to the bare LiteRT call, and what of the machine's arithmetic is used."""

from pathlib import Path
from typing import Any, Final

import numpy as np

from fer_core.benchmark.timing import Row, ratios, row, times
from fer_core.bundle import MODEL_NAME, THREADS, bundle_folder, load_model, multiply_adds, read_card, read_file
from fer_core.image import FACE_SIZE

_BATCH: Final = 64
_MATRIX: Final = 1024  # side of the product that shows the machine's float32 rate: fills the caches, takes some 20 ms


def network_rows(models_dir: Path, name: str, first: bool) -> list[Row]:
    """One face and a batch of 64, beside LiteRT alone and a matrix product. first: whether the goals are for it."""
    folder = bundle_folder(name, models_dir)
    content = read_file(read_card(folder), folder, MODEL_NAME)
    model = load_model(folder)
    random = np.random.default_rng(0)
    one = random.integers(0, 256, (1, FACE_SIZE, FACE_SIZE), dtype=np.uint8)
    many = random.integers(0, 256, (_BATCH, FACE_SIZE, FACE_SIZE), dtype=np.uint8)
    left, right = random.random((2, _MATRIX, _MATRIX), dtype=np.float32)
    bare = bare_call(content, one)
    ours, alone = times(lambda: model.predict_proba(one), bare, repeats=20, turn=20)
    batch, product = times(lambda: model.predict_proba(many), lambda: left @ right, repeats=10, turn=5)
    work = multiply_adds(content) * _BATCH / _MATRIX**3
    return [
        row(f"{name}: 1 face to probabilities", "ms", ours, 0.8 if first else None),
        row("  over the bare LiteRT call", "x", ratios(ours, alone), 1.2 if first else None),
        row(f"{name}: {_BATCH} faces to probabilities", "ms", batch),
        row(
            "  arithmetic rate over a float32 matrix product's",
            "x",
            [work * share for share in ratios(product, batch)],
            3 if first else None,
            at_least=True,
        ),
    ]


def bare_call(content: bytes, faces: np.ndarray[Any, Any]) -> Any:
    """A function that lets LiteRT answer `faces`, with nothing around it."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=content, num_threads=THREADS)
    first, last = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]
    interpreter.resize_tensor_input(first, faces.shape)
    interpreter.allocate_tensors()

    def call() -> None:
        interpreter.set_tensor(first, faces)
        interpreter.invoke()
        interpreter.get_tensor(last)

    return call
