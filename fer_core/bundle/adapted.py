"""A bundle without a network of its own: a head, head.npz, on the features of another bundle, its base."""

import io
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fer_core.bundle.card import CARD_NAME, HEAD_NAME, MODEL_NAME, ModelCard, read_card, read_file
from fer_core.bundle.ending import Head
from fer_core.bundle.model import EmotionModel
from fer_core.bundle.runtime import THREADS
from fer_core.emotions import EMOTIONS
from fer_core.errors import ModelError


class AdaptedModel(EmotionModel):
    """A base's features under another head. Any thread may call it.

    card: of the adapted bundle. base: the base's network, the bytes of its model.tflite. Raises ModelError where that
    cannot be read, or the head does not fit it.
    """

    def __init__(self, card: ModelCard, base: bytes, head: Head, threads: int = THREADS) -> None:
        super().__init__(card, base, threads)
        self._head = head
        expected = self._ending.head.weights.shape
        if head.weights.shape != expected or head.bias.shape != (len(EMOTIONS),):
            raise ModelError(
                f"{card.name}: Expected a head of weights {expected} and bias ({len(EMOTIONS)},). "
                f"Received: {head.weights.shape} and {head.bias.shape}."
            )

    @property
    def version(self) -> str:
        """Changes when the head, its base or the calibration does."""
        parts = (self.card.files, self.card.base, self.card.calibration)
        return f"{(self.card.base or {}).get('sha256', '')[:12]}-{zlib.crc32(repr(parts).encode()):08x}"

    @property
    def head(self) -> Head:
        """The head of its own."""
        return self._head

    def logits(self, faces: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(N, 7) float32, of the head of its own."""
        return self._head.logits(self.features(faces))


def pack_head(head: Head) -> bytes:
    """The bytes of head.npz: two arrays, nothing that could run."""
    buffer = io.BytesIO()
    np.savez(buffer, weights=head.weights.astype(np.float32), bias=head.bias.astype(np.float32))
    return buffer.getvalue()


def read_head(card: ModelCard, folder: Path) -> Head:
    """The head of an adapted bundle, checked against its card. Raises ModelError."""
    content = read_file(card, folder, HEAD_NAME)
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as saved:
            head = Head(saved["weights"].astype(np.float32), saved["bias"].astype(np.float32))
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise ModelError(f"{folder.name}: {HEAD_NAME} cannot be read ({error}).") from error
    if not (np.isfinite(head.weights).all() and np.isfinite(head.bias).all()):
        raise ModelError(f"{folder.name}: Expected finite numbers in {HEAD_NAME}. Received: NaN or infinity.")
    return head


def base_folder(card: ModelCard, places: Sequence[Path]) -> Path:
    """The folder of the base that an adapted bundle's card names, below the first of `places` that has it.

    Raises ModelError where it is missing, or is there with another network only.
    """
    base: dict[str, str] = card.base or {}
    name, sha256 = base["name"], base["sha256"]
    found = [place / name for place in places if (place / name / CARD_NAME).is_file()]
    for folder in found:
        if read_card(folder).files.get(MODEL_NAME, {}).get("sha256") == sha256:
            return folder
    where = " or ".join(dict.fromkeys(map(str, places)))
    if found:
        raise ModelError(
            f"{card.name}: its base {name!r} under {where} has another network than the one it was fitted to "
            f"(SHA-256 {sha256[:12]} …). Adapt that one anew, or put the old one back."
        )
    raise ModelError(f"{card.name}: its base, the model {name!r}, is not under {where}. Put that bundle there too.")
