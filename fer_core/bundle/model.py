"""A loaded bundle: faces in, calibrated probabilities out; and, for who asks why, what the network sees in them."""

import zlib
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from fer_core.bundle.calibration import calibrated
from fer_core.bundle.card import MODEL_NAME, ModelCard
from fer_core.bundle.ending import Ending, Head, read_ending, with_output
from fer_core.bundle.runtime import THREADS, Graph, Network
from fer_core.errors import ModelError
from fer_core.image import FACE_SIZE


class EmotionModel:
    """A loaded bundle. `card` describes it; `predict_proba` classifies. Any thread may call it.

    content: the network, as the bytes of model.tflite. Raises ModelError where it cannot be read or gives NaN or
    infinity.
    """

    def __init__(self, card: ModelCard, content: bytes, threads: int = THREADS) -> None:
        self.card = card
        self.content, self._threads = content, threads  # the same bytes that the runtime holds
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

    @property
    def head(self) -> Head:
        """The last dense layer: `features` -> `logits`. Raises ModelError for a network that ends otherwise."""
        return self._ending.head

    def predict_proba(self, faces: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Calibrated probabilities of the seven emotions.

        faces: (N, 48, 48) uint8 grey, 0-255; N may be 0. Returns (N, 7) float32, rows sum to 1, in the order of
        EMOTIONS. Raises ValueError for another shape or dtype.
        """
        return calibrated(self.logits(faces), self.card.calibration)

    def logits(self, faces: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The same before calibration: (N, 7) float32."""
        return self._network.logits(_checked(faces))

    def features(self, faces: NDArray[np.uint8]) -> NDArray[np.float32]:
        """What the head takes: (N, D) float32. Raises ModelError for a network that does not end in a dense layer."""
        return self._feature_graph.run(_checked(faces))

    def feature_maps(self, faces: NDArray[np.uint8]) -> NDArray[np.float32] | None:
        """(N, height, width, D) float32, whose mean over height and width is `features`.

        None for a network that does not end in global average pooling and one dense layer.
        """
        return None if self._map_graph is None else self._map_graph.run(_checked(faces))

    # NOTE: built at their first use, so that classifying alone pays for none of them
    @cached_property
    def _ending(self) -> Ending:
        try:
            return read_ending(self.content)
        except ModelError as error:
            raise ModelError(f"{self.name}: {error}") from error

    @cached_property
    def _feature_graph(self) -> Graph:
        tensor = self._ending.features
        return Graph(with_output(self.content, tensor), self._threads)

    @cached_property
    def _map_graph(self) -> Graph | None:
        try:
            tensor = self._ending.feature_maps
        except ModelError:
            return None
        return None if tensor is None else Graph(with_output(self.content, tensor), self._threads)


def _checked(faces: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """`faces`, contiguous. Raises ValueError for another shape or dtype."""
    if faces.ndim != 3 or faces.shape[1:] != (FACE_SIZE, FACE_SIZE) or faces.dtype != np.uint8:
        raise ValueError(
            f"Expected faces (N, {FACE_SIZE}, {FACE_SIZE}) uint8 grey. Received: {faces.shape} {faces.dtype}. "
            "fer_core.detection.crop_faces makes them."
        )
    return np.ascontiguousarray(faces)
