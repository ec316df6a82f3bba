"""A source (bytes, a path, pixels) -> `headers` checks format and size -> `decode` gives RGB pixels and notes.

`samples` are pictures to try; `face` makes a whole image the grey face that networks take.
"""

from fer_core.image.decode import (
    IMAGE_SUFFIXES,
    DecodedImage,
    ImageSource,
    decode_image,
    encode_png,
    read_image,
    read_image_bytes,
    shown_name,
)
from fer_core.image.face import FACE_SIZE, to_grey, whole_face
from fer_core.image.resize import reduced
from fer_core.image.samples import DESTA_HAPPY, SAMPLES, Sample, sample_image, sample_thumbnail
from fer_core.limits import MAX_FILES, MAX_IMAGE_BYTES, MAX_IMAGE_PIXELS, MAX_VIDEO_BYTES

__all__ = [
    "DESTA_HAPPY",
    "FACE_SIZE",
    "IMAGE_SUFFIXES",
    "MAX_FILES",
    "MAX_IMAGE_BYTES",
    "MAX_IMAGE_PIXELS",
    "MAX_VIDEO_BYTES",
    "SAMPLES",
    "DecodedImage",
    "ImageSource",
    "Sample",
    "decode_image",
    "encode_png",
    "read_image",
    "read_image_bytes",
    "reduced",
    "sample_image",
    "sample_thumbnail",
    "shown_name",
    "to_grey",
    "whole_face",
]
