"""predictions.npz: what a model predicted for each face of each part."""

import io
import zipfile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fer_core.bundle.card import PREDICTIONS_NAME, read_file
from fer_core.bundle.registry import Bundle
from fer_core.errors import ModelError


def read_predictions(bundle: Bundle) -> dict[str, tuple[NDArray[np.uint8], NDArray[np.float32]]]:
    """Part -> labels (N,) uint8 and calibrated probabilities (N, 7) float32 of predictions.npz. Raises ModelError."""
    content = read_file(bundle.card, bundle.folder, PREDICTIONS_NAME)
    try:
        return unpack_predictions(content)
    except (ValueError, KeyError, IndexError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise ModelError(f"{bundle.name}: {PREDICTIONS_NAME} cannot be read ({error}).") from error


def pack_predictions(
    predictions: dict[str, tuple[NDArray[np.uint8], NDArray[np.float32]]], dataset_sha256: str
) -> bytes:
    """The bytes of predictions.npz: per part the labels (uint8) and probabilities (float16), and the dataset's hash.

    Parts share faces, so each row of probabilities is stored once; a part's `rows` are its indices into them.
    """
    stacked = np.concatenate([probabilities for _, probabilities in predictions.values()]).astype(np.float16)
    first: dict[bytes, int] = {}
    rows = np.array([first.setdefault(row.tobytes(), len(first)) for row in stacked], np.uint32)
    kept = stacked[np.unique(rows, return_index=True)[1]]
    arrays: dict[str, Any] = {"dataset_sha256": np.array(dataset_sha256), "probabilities": kept}
    start = 0
    for part, (labels, _) in predictions.items():
        arrays[f"{part}.labels"] = labels.astype(np.uint8)
        arrays[f"{part}.rows"] = rows[start : start + len(labels)]
        start += len(labels)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def with_part(content: bytes, part: str, labels: NDArray[np.uint8], probabilities: NDArray[np.float32]) -> bytes:
    """The bytes of a predictions.npz -> those of one that has `part` too, or anew."""
    with np.load(io.BytesIO(content), allow_pickle=False) as saved:
        dataset_sha256 = str(saved["dataset_sha256"])
    return pack_predictions(unpack_predictions(content) | {part: (labels, probabilities)}, dataset_sha256)


def unpack_predictions(content: bytes) -> dict[str, tuple[NDArray[np.uint8], NDArray[np.float32]]]:
    """The inverse of `pack_predictions`: part -> labels (N,) uint8, probabilities (N, 7) float32."""
    with np.load(io.BytesIO(content), allow_pickle=False) as saved:
        parts = [key.removesuffix(".labels") for key in saved.files if key.endswith(".labels")]
        kept = saved["probabilities"].astype(np.float32)
        return {p: (saved[f"{p}.labels"], kept[saved[f"{p}.rows"]]) for p in parts}
