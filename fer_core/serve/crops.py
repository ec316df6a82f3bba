"""The body of /v1/faces -> an array, without a copy of its pixels."""

import io
from typing import Final

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from fer_core.image import FACE_SIZE
from fer_core.limits import MAX_REQUEST_FACES
from fer_core.serve.problems import FACES, TOO_LARGE, Problem

_FACE_BYTES: Final = FACE_SIZE * FACE_SIZE
_NPY_HEADER: Final = 1024  # bytes: reading it takes memory many times as large
_SHAPE: Final = f"(N, {FACE_SIZE}, {FACE_SIZE})"


def faces_of(body: bytes) -> NDArray[np.uint8]:
    """Bare uint8 pixels of faces, one after another, or a .npy file of them -> (N, 48, 48). Raises Problem."""
    if body.startswith(b"\x93NUMPY"):
        faces = _npy(body)
    elif len(body) % _FACE_BYTES:
        raise Problem(FACES, f"Expected {_FACE_BYTES} bytes a face, a byte a pixel. Received: {len(body)} bytes.")
    else:
        faces = np.frombuffer(body, np.uint8).reshape(-1, FACE_SIZE, FACE_SIZE)
    if len(faces) > MAX_REQUEST_FACES:
        raise Problem(TOO_LARGE, f"The limit is {MAX_REQUEST_FACES} faces per request. Received: {len(faces)}.")
    return faces


def _npy(body: bytes) -> NDArray[np.uint8]:
    """By the header alone: what it claims is held against what is there, and an array of objects is never read."""
    file = io.BytesIO(body)
    try:
        read = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}[npy.read_magic(file)]
        shape, fortran_order, dtype = read(file, max_header_size=_NPY_HEADER)
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError, MemoryError):
        raise Problem(FACES, f"The .npy file cannot be read; expected {_SHAPE} uint8.") from None
    if dtype != np.uint8 or len(shape) != 3 or shape[1:] != (FACE_SIZE, FACE_SIZE) or fortran_order:
        order = " in Fortran order" if fortran_order else ""
        raise Problem(FACES, f"Expected faces {_SHAPE} uint8. Received: {str(shape)[:60]} {str(dtype)[:20]}{order}.")
    pixels = file.read()
    if len(pixels) != shape[0] * _FACE_BYTES:
        raise Problem(FACES, f"The .npy file has {len(pixels)} bytes of pixels, and its header says {str(shape)[:60]}.")
    return np.frombuffer(pixels, np.uint8).reshape(shape)
