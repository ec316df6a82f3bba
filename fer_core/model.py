"""A bundle -> EmotionModel: faces in, calibrated probabilities out. LiteRT runs the network; nothing else is needed."""

import os
import threading
import zlib
from pathlib import Path
from typing import Any, Final

import numpy as np

from fer_core.calibration import calibrated
from fer_core.card import CARD_NAME, MODEL_NAME, ModelCard, read_card, read_file
from fer_core.emotions import EMOTIONS
from fer_core.errors import ModelError
from fer_core.faces import FACE_SIZE

MODELS_DIR: Final = Path(os.environ.get("FER_MODELS_DIR") or Path(__file__).resolve().parent.parent / "models")
"""Where bundles live: beside the package, whatever the working directory, or where FER_MODELS_DIR says."""
MAX_BATCH: Final = 16
"""Faces a call of the network takes at most: bounds its memory (a MobileNet needs about 1 MB a face) and keeps what
passes between layers in the caches: on two cores of a Xeon 64 faces take the CNN 44 ms in sixteens and 53 at once, the
MobileNet 42 and 40."""
THREADS: Final = 2


class Network:
    """A TFLite graph with (N, 48, 48) uint8 in and (N, 7) logits out. Any thread may call it; calls take turns."""

    def __init__(self, content: bytes, threads: int = THREADS) -> None:
        from ai_edge_litert.interpreter import Interpreter  # here: listing models and reading cards need no runtime

        try:
            self._interpreter = Interpreter(model_content=content, num_threads=threads)
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise ModelError("the network file is damaged or of an unknown format.") from error
        self._input, self._output = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        shapes = [tuple(d["shape_signature"][1:]) for d in (*self._input, *self._output)]
        if shapes != [(FACE_SIZE, FACE_SIZE), (len(EMOTIONS),)] or self._input[0]["dtype"] != np.uint8:
            raise ModelError(
                f"the network must take uint8 faces ({FACE_SIZE}, {FACE_SIZE}) and give {len(EMOTIONS)} logits, got "
                f"{', '.join(str(tuple(map(int, shape))) for shape in shapes)}."
            )
        # an interpreter is not thread-safe, and a second copy would double the memory
        self._lock = threading.Lock()
        self._batch = 1

    def logits(self, faces: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """(N, 48, 48) uint8 -> (N, 7) float32. N may be 0."""
        if not len(faces):
            return np.zeros((0, len(EMOTIONS)), np.float32)
        # parts of like size: another size means that the runtime plans its memory anew
        parts = np.array_split(faces, -(-len(faces) // MAX_BATCH))
        return np.concatenate([self._run(part) for part in parts])

    def _run(self, faces: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        with self._lock:
            if len(faces) != self._batch:
                self._interpreter.resize_tensor_input(self._input[0]["index"], faces.shape)
                self._interpreter.allocate_tensors()
                self._batch = len(faces)
            self._interpreter.set_tensor(self._input[0]["index"], faces)
            self._interpreter.invoke()
            return np.asarray(self._interpreter.get_tensor(self._output[0]["index"]), np.float32)


class EmotionModel:
    """A loaded bundle. `card` says what it is; `predict_proba` does the work."""

    def __init__(self, card: ModelCard, content: bytes, threads: int = THREADS) -> None:
        self.card = card
        try:
            self._network = Network(content, threads)
        except ModelError as error:
            raise ModelError(f"{card.name}: {error}") from error
        probe = np.arange(FACE_SIZE**2, dtype=np.uint8).reshape(1, FACE_SIZE, FACE_SIZE)
        if not np.isfinite(self._network.logits(probe)).all():
            raise ModelError(f"{card.name}: the network answers with values that are not numbers.")

    @property
    def name(self) -> str:
        return self.card.name

    @property
    def version(self) -> str:
        """Changes when the network or its calibration does."""
        return f"{self.card.files[MODEL_NAME]['sha256'][:12]}-{zlib.crc32(repr(self.card.calibration).encode()):08x}"

    def predict_proba(self, faces: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Calibrated probabilities of the seven emotions.

        faces: (N, 48, 48) uint8 grey, 0-255; N may be 0. Returns (N, 7) float32, rows sum to 1, in the order of
        EMOTIONS. Raises ValueError for another shape or dtype.
        """
        if faces.ndim != 3 or faces.shape[1:] != (FACE_SIZE, FACE_SIZE) or faces.dtype != np.uint8:
            raise ValueError(
                f"faces must be (N, {FACE_SIZE}, {FACE_SIZE}) uint8 grey, got {faces.shape} {faces.dtype}; "
                "fer_core.faces.crop_faces makes them."
            )
        return calibrated(self._network.logits(np.ascontiguousarray(faces)), self.card.calibration)


def list_models(models_dir: Path | None = None) -> list[str]:
    """Names of the bundles under `models_dir`: flagships first, then by name, those with an unreadable card last."""
    folder = MODELS_DIR if models_dir is None else models_dir
    if not folder.is_dir():
        return []

    def rank(name: str) -> tuple[int, str]:
        try:
            return (0 if read_card(folder / name).flagship else 1), name
        except ModelError:
            return 2, name

    return sorted((p.parent.name for p in folder.glob(f"*/{CARD_NAME}") if not p.parent.name.startswith(".")), key=rank)


def bundle_folder(name_or_path: str | Path, models_dir: Path | None = None) -> Path:
    """The folder of a bundle, by its name under `models_dir` or by its path. Raises ModelError."""
    named = (MODELS_DIR if models_dir is None else models_dir) / str(name_or_path)
    for folder in (named, Path(name_or_path)):
        if os.path.isfile(folder / CARD_NAME):  # pathlib raises for a name that no file can have
            return folder
    known = ", ".join(list_models(models_dir)) or "none"
    raise ModelError(f"There is no model {str(name_or_path)!r}. Known models: {known}.")


def load_model(name_or_path: str | Path, models_dir: Path | None = None, threads: int = THREADS) -> EmotionModel:
    """Load a bundle by name ("cnn") or path; its files are checked against the card. Raises ModelError."""
    folder = bundle_folder(name_or_path, models_dir)
    card = read_card(folder)
    return EmotionModel(card, read_file(card, folder, MODEL_NAME), threads)
