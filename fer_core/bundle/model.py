"""A loaded bundle: faces in, calibrated probabilities out."""

import zlib

import numpy as np
from numpy.typing import NDArray

from fer_core.bundle.calibration import calibrated
from fer_core.bundle.card import MODEL_NAME, ModelCard
from fer_core.bundle.runtime import THREADS, Network
from fer_core.errors import ModelError
from fer_core.image import FACE_SIZE


class EmotionModel:
    """A loaded bundle. `card` describes it; `predict_proba` classifies. Any thread may call it.

    content: the bytes of model.tflite. Raises ModelError where the network cannot be read or gives NaN or infinity.
    """

    def __init__(self, card: ModelCard, content: bytes, threads: int = THREADS) -> None:
        self.card = card
        try:
            self._network = Network(content, threads)
        except ModelError as error:
            raise ModelError(f"{card.name}: {error}") from error
        probe = np.arange(FACE_SIZE**2, dtype=np.uint8).reshape(1, FACE_SIZE, FACE_SIZE)
        if not np.isfinite(self._network.logits(probe)).all():
            raise ModelError(f"{card.name}: Expected finite logits from the network. Received: NaN or infinity.")

    @property
    def name(self) -> str:
        """The card's name, which is the folder's."""
        return self.card.name

    @property
    def version(self) -> str:
        """Changes when the network or its calibration does."""
        return f"{self.card.files[MODEL_NAME]['sha256'][:12]}-{zlib.crc32(repr(self.card.calibration).encode()):08x}"

    def predict_proba(self, faces: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Calibrated probabilities of the seven emotions.

        faces: (N, 48, 48) uint8 grey, 0-255; N may be 0. Returns (N, 7) float32, rows sum to 1, in the order of
        EMOTIONS. Raises ValueError for another shape or dtype.
        """
        if faces.ndim != 3 or faces.shape[1:] != (FACE_SIZE, FACE_SIZE) or faces.dtype != np.uint8:
            raise ValueError(
                f"Expected faces (N, {FACE_SIZE}, {FACE_SIZE}) uint8 grey. Received: {faces.shape} {faces.dtype}. "
                "fer_core.detection.crop_faces makes them."
            )
        return calibrated(self._network.logits(np.ascontiguousarray(faces)), self.card.calibration)
