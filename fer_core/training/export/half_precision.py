"""A bundle's model.keras in half the space, so that it can ship and others can go on from it.

    python -m fer_core.training.export.half_precision models/everyday

Its kernels are rounded to float16, the file is compressed, and the card lists it. Keras reads it as before, in float32.
"""

import io
import sys
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Final

import keras
import numpy as np

import fer_core.training.layers  # noqa: F401 - keras finds its layers by name
from fer_core.bundle import file_entry, read_card, write_card
from fer_core.errors import FerError, ModelError
from fer_core.training.export.convert import save_keras
from fer_core.utils.files import atomic_write

KERAS_NAME: Final = "model.keras"
_COMPRESSION: Final = zipfile.ZIP_BZIP2


def in_half_precision(content: bytes) -> bytes:
    """The bytes of a .keras file -> those of one whose kernels are rounded to float16. Raises ModelError.

    Vectors stay as they are, for they take hardly any space and normalisation multiplies their errors, and so does a
    weight beyond float16's range (65,504).
    """
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / KERAS_NAME
            path.write_bytes(content)
            network = keras.saving.load_model(path, compile=False)
    except Exception as error:  # keras raises many kinds
        raise ModelError(f"{KERAS_NAME} cannot be loaded: {error}") from error
    for variable in network.weights:
        if len(variable.shape) < 2:
            continue
        values = np.asarray(variable)
        with np.errstate(over="ignore"):
            rounded = values.astype(np.float16).astype(values.dtype)
        variable.assign(np.where(np.isfinite(rounded), rounded, values))
    return _compressed(save_keras(network))


def ship_weights(folder: Path) -> int:
    """Rewrite `folder`/model.keras in half precision and list it in the card -> its bytes.

    Raises ModelError, OSError.
    """
    content = in_half_precision((folder / KERAS_NAME).read_bytes())
    card = read_card(folder)
    with atomic_write(folder / KERAS_NAME) as unfinished:
        Path(unfinished).write_bytes(content)
    write_card(replace(card, files=card.files | {KERAS_NAME: file_entry(content)}), folder)
    return len(content)


def _compressed(content: bytes) -> bytes:
    """A ZIP file, which a .keras file is, with its members compressed: rounded weights end in zeros.

    bzip2 makes an SE-ResNet's 5.1 MB, LZMA 5.2, deflate 6.6; Python reads all three.
    """
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(target, "w", _COMPRESSION) as new:
        for member in old.infolist():
            new.writestr(zipfile.ZipInfo(member.filename), old.read(member), _COMPRESSION, 9)
    return target.getvalue()


if __name__ == "__main__":
    try:
        print(f"{sys.argv[1]}/{KERAS_NAME}: {ship_weights(Path(sys.argv[1])) / 1e6:.1f} MB")
    except (IndexError, FerError, OSError) as error:
        sys.exit(f"error: {error}" if len(sys.argv) > 1 else "usage: half_precision FOLDER")
