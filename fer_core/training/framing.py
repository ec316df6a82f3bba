"""`--aligned`: the faces of a dataset framed anew, as the app frames the faces that it finds."""

from dataclasses import replace
from typing import Final

import cv2
import numpy as np

from fer_core.datasets import Faces, Split
from fer_core.detection import crop_face, load_detector

_ENLARGED: Final = 192
"""Pixels per side on which the face is looked for: at 48 its eyes are a pixel or two."""


def with_aligned_training(split: Split) -> Split:
    """`split` with the faces of its training part levelled by the eyes and framed by the detector.

    A face in which none is found stays as it is, and so do the parts that validate and are reported.
    """
    training, found = aligned(split.training)
    print(f"Framed anew: {found:,} of {len(training):,} training faces.", flush=True)
    return replace(split, training=training, aligned=found)


def aligned(part: Faces) -> tuple[Faces, int]:
    """`part` with its faces framed anew, and in how many of them one was found."""
    detector, faces, found = load_detector("blazeface"), part.faces.copy(), 0
    for row, face in enumerate(part.faces):
        image = np.asarray(cv2.resize(face, (_ENLARGED, _ENLARGED), interpolation=cv2.INTER_CUBIC), np.uint8)
        best = max(detector.detect(image), key=lambda one: one.box.width * one.box.height, default=None)
        if best is not None:
            faces[row] = crop_face(image, best.box, eyes=best.eyes)
            found += 1
    return replace(part, faces=faces), found
