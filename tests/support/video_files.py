"""Videos made on the spot with PyAV, as bytes."""

import io
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from fer_core.benchmark.frames import moving

QUICK = {"webm": {"deadline": "realtime", "cpu-used": "8"}, "mp4": {"preset": "veryfast"}}
CODECS = {"mp4": "libx264", "mov": "libx264", "webm": "libvpx", "avi": "mpeg4"}


def encode(
    frames: Iterable[NDArray[np.uint8]], kind: str = "mp4", rate: int = 10, rotation: int = 0, **options: Any
) -> bytes:
    """RGB frames of one size -> a file of this container."""
    out = io.BytesIO()
    with av.open(out, "w", format=kind) as container:
        stream: Any = None
        for index, image in enumerate(frames):
            if stream is None:
                stream = container.add_stream(CODECS[kind], rate=rate, options={**QUICK.get(kind, {}), **options})
                stream.height, stream.width, stream.pix_fmt = image.shape[0], image.shape[1], "yuv420p"
                stream.bit_rate = 2_000_000
            frame: Any = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


def astronaut(kind: str = "mp4", seconds: float = 1.0, rate: int = 10) -> bytes:
    """The sample's face going to and fro, 640x480."""
    every = 30 // rate
    return encode((frame for index, (_, frame, _) in enumerate(moving(seconds)) if index % every == 0), kind, rate)


def mjpeg(frames: Iterable[NDArray[np.uint8]], rate: int = 30) -> bytes:
    """RGB frames as bare JPEGs one after another: what Chromium takes for a fake camera."""
    out = io.BytesIO()
    with av.open(out, "w", format="mjpeg") as container:
        stream: Any = None
        for image in frames:
            if stream is None:
                stream = container.add_stream("mjpeg", rate=rate)
                stream.height, stream.width, stream.pix_fmt = image.shape[0], image.shape[1], "yuvj420p"
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")))
        container.mux(stream.encode(None))
    return out.getvalue()


def y4m(frames: Iterable[NDArray[np.uint8]], rate: int) -> bytes:
    """RGB frames of one size and of even sides, uncompressed: a fake camera of Chromium, which keeps to their rate."""
    out = io.BytesIO()
    for image in frames:
        if not out.tell():
            out.write(b"YUV4MPEG2 W%d H%d F%d:1 Ip A1:1\n" % (image.shape[1], image.shape[0], rate))
        out.write(b"FRAME\n" + cv2.cvtColor(image, cv2.COLOR_RGB2YUV_I420).tobytes())
    return out.getvalue()
