"""Made webcam frames, from the sample: a face that stays, one that moves, three, and one with another expression."""

from collections.abc import Iterator
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from fer_core.bundle import EmotionModel
from fer_core.detection import Box, crop_faces, find_faces, load_detector
from fer_core.image import decode_image, sample_image

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
    image = decode_image(sample_image())
    width, height = SIZE
    left = (width - image.shape[1]) // 2
    sides = (left, width - image.shape[1] - left)
    return np.asarray(cv2.copyMakeBorder(image[:height], 0, 0, *sides, cv2.BORDER_REPLICATE), np.uint8)


def crowd_frame() -> Frame:
    """The sample's face three times in a 640x480 frame, one of them mirrored."""
    head = decode_image(sample_image())[:300, 90:310]
    width, height = SIZE
    frame = np.full((height, width, 3), 90, np.uint8)
    for place, picture in enumerate((head, head[:, ::-1], head)):
        left = (0, 210, 420)[place]
        frame[90 : 90 + picture.shape[0], left : left + picture.shape[1]] = picture
    return frame


def other_expression(model: EmotionModel) -> Frame:
    """`portrait_frame` with the part of the face changed that makes `model` say another emotion, as surely as it can.

    There is only one photograph to be had, so its mouth is turned over, stretched, opened or covered.
    """
    frame = portrait_frame()
    face = find_faces(frame)[0]
    own = int(model.predict_proba(first_crop(frame))[0].argmax())
    best, most = frame, -1.0
    for changed in _changed_faces(frame, face):
        if not find_faces(changed, thorough=False):
            continue
        answer = model.predict_proba(first_crop(changed))[0]
        surplus = float(np.delete(answer, own).max() - answer[own])
        if surplus > most:
            best, most = changed, surplus
    return best


def first_crop(frame: Frame) -> NDArray[np.uint8]:
    """The first face of a frame as the tracker crops it: (1, 48, 48) uint8 grey."""
    found = load_detector().detect(frame)[0]
    return crop_faces(frame, [found.box], [found.eyes])


def _changed_faces(frame: Frame, face: Box) -> Iterator[Frame]:
    top, bottom = face.y + round(face.height * 0.62), face.y + round(face.height * 0.95)
    left, right = face.x + round(face.width * 0.25), face.x + round(face.width * 0.75)
    mouth = frame[top:bottom, left:right]
    variants = [mouth[::-1], cv2.GaussianBlur(mouth, (0, 0), 6), np.full_like(mouth, mouth.mean(axis=(0, 1)))]
    for gap in (8, 16):
        opened = mouth.copy()
        cv2.ellipse(opened, (mouth.shape[1] // 2, mouth.shape[0] // 2), (gap, gap), 0, 0, 360, (20, 5, 5), cv2.FILLED)
        variants.append(opened)
    for variant in variants:
        for contrast in (1.0, 0.6):
            changed = frame.copy()
            changed[top:bottom, left:right] = variant
            yield np.asarray(np.clip(changed * contrast, 0, 255), np.uint8)


def _noise(seed: int) -> list[NDArray[np.int16]]:
    generator = np.random.default_rng(seed)
    shape = (SIZE[1], SIZE[0], 3)
    return [np.asarray(np.round(generator.normal(0, NOISE, shape)), np.int16) for _ in range(8)]


def _noisy(picture: Frame, noise: list[NDArray[np.int16]], index: int) -> Frame:
    # eight fields of noise, turned and shifted: new noise for every frame would cost more than the tracker
    field = np.roll(noise[index % len(noise)], (index * 37) % SIZE[0], axis=1)
    return np.asarray(np.clip(picture + field, 0, 255), np.uint8)
