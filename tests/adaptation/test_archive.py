"""The ZIP of labelled faces: what was packed comes back, and a damaged one is said to be that."""

import io
import zipfile

import numpy as np
import pytest

from fer_core import EMOTIONS
from fer_core.adaptation import pack_faces, unpack_faces
from fer_core.errors import DatasetError
from fer_core.image import encode_png
from tests.support import tiny

FACES, LABELS = tiny.faces(2)


def test_faces_come_back_as_they_were() -> None:
    packed = pack_faces(zip(FACES, map(int, LABELS), strict=True))
    found, left_out = unpack_faces(packed)
    assert not left_out
    assert sorted(label for _, label in found) == sorted(LABELS.tolist())
    assert {face.tobytes() for face, _ in found} == {face.tobytes() for face in FACES}


@pytest.mark.parametrize("packing", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_damaged_zip_gives_faces_or_a_sentence(packing: int) -> None:
    """Whatever the packing: no byte of it may end the page that it was uploaded to."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", packing) as archive:
        for number, (face, label) in enumerate(zip(FACES, LABELS, strict=True)):
            archive.writestr(f"{EMOTIONS[label]}/{number}.png", encode_png(np.dstack([face] * 3)))
    content, refused = buffer.getvalue(), 0
    for place in np.linspace(0, len(content) - 1, 150).astype(int):
        damaged = bytearray(content)
        damaged[place] ^= 0xFF
        try:
            unpack_faces(bytes(damaged))
        except DatasetError:
            refused += 1
    assert refused > 20
