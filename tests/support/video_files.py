"""Videos made on the spot with PyAV, as bytes."""

import io
import struct
from collections.abc import Iterable, Sequence
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


def timed(
    images: Sequence[NDArray[np.uint8]],
    times: Sequence[float],
    kind: str = "mp4",
    sound: str | None = None,
    sound_from: float = 0.0,
) -> bytes:
    """RGB frames of one size shown from these times (seconds) on, with a tone of one codec beside them where asked.

    Without images there is the tone alone, of a second.
    """
    out, hertz = io.BytesIO(), 48000
    with av.open(out, "w", format=kind) as container:
        stream: Any = container.add_stream(CODECS[kind], rate=30, options=QUICK.get(kind, {})) if images else None
        track: Any = container.add_stream(sound, rate=hertz, layout="mono") if sound else None
        if images:
            stream.height, stream.width, stream.pix_fmt = *images[0].shape[:2], "yuv420p"
            stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
        for image, time in zip(images, times, strict=True):
            frame: Any = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
            frame.pts, frame.time_base = round(time * 1000), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        for begin in range(0, round((times[-1] if images else 1.0) * hertz) if track else 0, 1024):
            tone = np.sin(np.arange(begin, begin + 1024) * (2 * np.pi * 440 / hertz)) * 8000
            note: Any = av.AudioFrame.from_ndarray(tone.astype(np.int16)[np.newaxis], format="s16", layout="mono")
            note.sample_rate, note.time_base = hertz, Fraction(1, hertz)
            note.pts = begin + round(sound_from * hertz)
            container.mux(track.encode(note))
        for each in (stream, track):
            container.mux(each.encode(None) if each is not None else [])
    return out.getvalue()


def turned(mp4: bytes, degrees: int) -> bytes:
    """An MP4 as a phone writes it that was held upright: its header says by how much players turn it to the right."""
    cosine, sine = {0: (1, 0), 90: (0, 1), 180: (-1, 0), 270: (0, -1)}[degrees]
    place = mp4.index(b"tkhd") + 44  # the matrix, in 16.16 fixed point (ISO/IEC 14496-12, track header box)
    matrix = struct.pack(">9i", *(v << 16 for v in (cosine, sine, 0, -sine, cosine, 0, 0, 0)), 1 << 30)
    return mp4[:place] + matrix + mp4[place + len(matrix) :]


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
