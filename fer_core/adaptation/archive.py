"""Labelled faces as one file, and back: a ZIP with a folder per emotion, as `adapt --data` takes it unpacked."""

import io
import lzma
import zipfile
import zlib
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from fer_core.datasets import MOST_UPLOADS, emotion_in_name
from fer_core.emotions import EMOTIONS
from fer_core.errors import DatasetError, ImageError
from fer_core.image import IMAGE_SUFFIXES, MAX_IMAGE_BYTES, encode_png, read_image, whole_face

# what `zipfile` raises for files that are damaged, encrypted or packed in a way it does not know
_UNREADABLE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, NotImplementedError, RuntimeError, EOFError, OSError, ValueError,
)  # fmt: skip


def pack_faces(faces: Iterable[tuple[NDArray[np.uint8], int]]) -> bytes:
    """faces: each (48, 48) uint8 grey and its label, an index into EMOTIONS -> the bytes of a ZIP of PNG files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:  # PNGs do not get smaller
        for number, (face, label) in enumerate(faces, start=1):
            archive.writestr(f"{EMOTIONS[label]}/{number:04d}.png", encode_png(np.dstack([face] * 3)))
    return buffer.getvalue()


def unpack_faces(content: bytes) -> tuple[list[tuple[NDArray[np.uint8], int]], list[str]]:
    """The faces of such a ZIP, and a sentence for each picture that was left out. Pictures are taken whole.

    Nothing is written to disk, and no file is read beyond the size that a picture may have. Raises DatasetError where
    it is no ZIP, holds too many pictures or none that can be used.
    """
    faces, left_out = [], []
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            files = [info for info in archive.infolist() if info.filename.lower().endswith(IMAGE_SUFFIXES)]
            if len(files) > MOST_UPLOADS:
                raise DatasetError(f"Expected at most {MOST_UPLOADS:,} pictures. Received: {len(files):,}.")
            for info in files:
                label = emotion_in_name(info.filename)
                if label is None:
                    left_out.append(f"{info.filename}: its name and folder name no emotion, or several.")
                    continue
                with archive.open(info) as opened:
                    data = opened.read(MAX_IMAGE_BYTES + 1)  # one more, so that what is too large is refused as such
                try:
                    faces.append((whole_face(read_image(data, info.filename).pixels), label))
                except ImageError as error:
                    left_out.append(str(error))
    except _UNREADABLE as error:
        raise DatasetError(f"Expected a ZIP of pictures in folders by emotion. Received: {error}.") from error
    if not faces:
        raise DatasetError(f"The ZIP holds no picture in a folder that names an emotion: {', '.join(EMOTIONS)}.")
    return faces, left_out


def pack_bundle(name: str, files: dict[str, bytes]) -> bytes:
    """A bundle as a ZIP with one folder, which goes into models/ as it is."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for file, content in files.items():
            archive.writestr(f"{name}/{file}", content)
    return buffer.getvalue()
