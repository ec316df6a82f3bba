"""Made webcam frames, from the samples: a face that stays, one that moves, three, and one in two expressions."""

from collections.abc import Iterator
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from fer_core.detection import Box, crop_faces, find_faces, load_detector
from fer_core.image import DESTA_HAPPY, SAMPLES, decode_image, sample_image

FRAME_RATE: Final = 30
SIZE: Final = (640, 480)
"""Width and height of the frames."""
NOISE: Final = 4.0
"""Standard deviation of the camera noise, in grey levels: what a laptop's camera shows indoors."""

Frame = NDArray[np.uint8]


def still(seconds: float, image: Frame | None = None, seed: int = 0) -> Iterator[tuple[float, Frame]]:
    """(timestamp, frame) of a face that does not move, with camera noise."""
    picture = portrait_frame() if image is None else image
    noise = _noise(seed)
    for i in range(round(seconds * FRAME_RATE)):
        yield i / FRAME_RATE, _noisy(picture, noise, i)


def moving(seconds: float, seed: int = 0) -> Iterator[tuple[float, Frame, Box]]:
    """(timestamp, frame, true box) of a face that goes to and fro at a fifth of the frame's width a second."""
    width, height = SIZE
    canvas = cv2.resize(decode_image(sample_image()), (460, 460), interpolation=cv2.INTER_AREA)
    face = find_faces(np.asarray(canvas, np.uint8))[0]
    noise = _noise(seed)
    span = width - canvas.shape[1]
    for i in range(round(seconds * FRAME_RATE)):
        place = (0.2 * width * i / FRAME_RATE) % (2 * span)
        x = place if place <= span else 2 * span - place
        whole, part = int(x), x - int(x)
        shift = np.array([[1, 0, whole + part], [0, 1, 10.0]])
        frame = cv2.warpAffine(canvas, shift, (width, height), borderMode=cv2.BORDER_REFLECT)
        yield (
            i / FRAME_RATE,
            _noisy(np.asarray(frame, np.uint8), noise, i),
            Box(round(face.x + x), face.y + 10, face.width, face.height),
        )


def crowd(seconds: float, seed: int = 0) -> Iterator[tuple[float, Frame]]:
    """(timestamp, frame) of three faces that do not move, with camera noise."""
    return still(seconds, crowd_frame(), seed)


def portrait_frame() -> Frame:
    """The sample in the middle of a 640x480 frame: a face of 100 pixels."""
    return _in_frame(decode_image(sample_image()))


def crowd_frame() -> Frame:
    """The sample's face three times in a 640x480 frame, one of them mirrored."""
    head = decode_image(sample_image())[:300, 90:310]
    width, height = SIZE
    frame = np.full((height, width, 3), 90, np.uint8)
    for place, picture in enumerate((head, head[:, ::-1], head)):
        left = (0, 210, 420)[place]
        frame[90 : 90 + picture.shape[0], left : left + picture.shape[1]] = picture
    return frame


def two_expressions() -> tuple[Frame, Frame]:
    """A drawn face, neutral and happy, in the middle of 640x480 frames."""
    neutral = next(sample for sample in SAMPLES if sample.name == DESTA_HAPPY.name)
    first, second = (_in_frame(decode_image(sample_image(sample))) for sample in (neutral, DESTA_HAPPY))
    return first, second


def first_crop(frame: Frame) -> NDArray[np.uint8]:
    """The first face of a frame as the tracker crops it: (1, 48, 48) uint8 grey."""
    found = load_detector().detect(frame)[0]
    return crop_faces(frame, [found.box], [found.eyes])


def _in_frame(image: NDArray[np.uint8]) -> Frame:
    """The upper part of a picture of 512x512 pixels in the middle of a frame."""
    width, height = SIZE
    left = (width - image.shape[1]) // 2
    sides = (left, width - image.shape[1] - left)
    return np.asarray(cv2.copyMakeBorder(image[:height], 0, 0, *sides, cv2.BORDER_REPLICATE), np.uint8)


def _noise(seed: int) -> list[NDArray[np.int16]]:
    generator = np.random.default_rng(seed)
    shape = (SIZE[1], SIZE[0], 3)
    return [np.asarray(np.round(generator.normal(0, NOISE, shape)), np.int16) for _ in range(8)]


def _noisy(picture: Frame, noise: list[NDArray[np.int16]], index: int) -> Frame:
    # eight fields of noise, turned and shifted: new noise for every frame would cost more than the tracker
    field = np.roll(noise[index % len(noise)], (index * 37) % SIZE[0], axis=1)
    return np.asarray(np.clip(picture + field, 0, 255), np.uint8)
