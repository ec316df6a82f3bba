"""A video file -> frames -> faces over time, and an annotated copy: memory does not grow with its length."""

import contextlib
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import av
import numpy as np
from numpy.typing import NDArray

from fer_core.drawing import annotate
from fer_core.emotions import EMOTIONS
from fer_core.errors import ImageError
from fer_core.images import MAX_IMAGE_PIXELS, MAX_VIDEO_BYTES, shown_name
from fer_core.model import EmotionModel
from fer_core.smoothing import SMOOTHING_SECONDS
from fer_core.tracking import FaceTracker, TrackedFace
from fer_core.video_copy import VideoCopy

VIDEO_SUFFIXES: Final = (".mp4", ".webm", ".mov", ".avi")
VIDEO_FIELDS: Final = (
    "time", "frame", "face", "x", "y", "width", "height", "model", "label", "confidence", "unsure",
    *EMOTIONS, *(f"raw_{emotion}" for emotion in EMOTIONS),
)  # fmt: skip
"""Columns of a video's CSV: time in seconds, the box in pixels of the frames as they are looked at."""
LONGER_SIDE: Final = 1280
"""Larger frames are reduced to this, in pixels, for the search and the annotated copy alike."""

# Each kind by its first bytes, and the one demuxer it may reach: others, of playlists for instance, open more files.
_DEMUXERS: Final = (
    (lambda head: head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"), "mov"),
    (lambda head: head[:4] == b"\x1a\x45\xdf\xa3", "matroska"),
    (lambda head: head[:4] == b"RIFF" and head[8:12] == b"AVI ", "avi"),
)
_KINDS: Final = "MP4, WebM, MOV or AVI"


@dataclass(frozen=True)
class VideoInfo:
    """A video as its header has it. duration: seconds, 0 where it does not say; rate: frames a second."""

    width: int
    height: int
    duration: float
    rate: float


@dataclass(frozen=True)
class VideoFrame:
    """A frame that was looked at. index: from 0; time: seconds; progress: 0 to 1, or 0 where the length is unknown."""

    index: int
    time: float
    progress: float
    faces: tuple[TrackedFace, ...]

    def to_rows(self) -> list[dict[str, Any]]:
        """One flat row per face and model, with the columns VIDEO_FIELDS."""
        return [
            {
                "time": round(self.time, 3),
                "frame": self.index,
                "face": face.id,
                **face.box.to_dict(),
                "model": name,
                "label": prediction.label,
                "confidence": round(prediction.confidence, 4),
                "unsure": prediction.is_uncertain,
                **{e: round(float(p), 4) for e, p in zip(EMOTIONS, prediction.probabilities, strict=True)},
                **{f"raw_{e}": round(float(p), 4) for e, p in zip(EMOTIONS, face.raw[name], strict=True)},
            }
            for face in self.faces
            for name, prediction in face.predictions.items()
        ]


class Video:
    """A video file that can be analysed: `info`, then `frames()` or `analyze()`. Close it, or use it with `with`.

    source: a path or an open binary file. name: for messages. Raises ImageError, one line for the user, where it is not
    one of the kinds, is damaged, holds no pictures, or is larger than MAX_VIDEO_BYTES or MAX_IMAGE_PIXELS a frame.
    """

    def __init__(self, source: str | Path | IO[bytes], name: str | None = None) -> None:
        is_path = isinstance(source, (str, Path))
        self._name = shown_name(name or (str(source) if is_path else None))
        self.notes: tuple[str, ...] = ()
        self._opened: list[Any] = []
        self._moved = False
        try:
            self._open(self._opened_file(source) if isinstance(source, (str, Path)) else source)
        except BaseException:
            self.close()
            raise

    def _opened_file(self, path: str | Path) -> IO[bytes]:
        try:
            self._opened.append(open(path, "rb"))
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "the name is not a path"
            raise ImageError(f"{self._name} cannot be opened: {reason}.") from None
        return self._opened[0]  # type: ignore[no-any-return]

    def _open(self, file: IO[bytes]) -> None:
        size = file.seek(0, 2)
        file.seek(0)
        if size > MAX_VIDEO_BYTES:
            raise ImageError(f"{self._name} is too large: at most {MAX_VIDEO_BYTES // 2**20} MB a video are taken.")
        head = file.read(12)
        file.seek(0)
        demuxer = next((name for fits, name in _DEMUXERS if fits(head)), None)
        if demuxer is None:
            raise ImageError(f"{self._name} is not a supported video: {_KINDS} are taken.")
        try:
            self._container: Any = av.open(file, format=demuxer)
            self._opened.insert(0, self._container)
        except (av.FFmpegError, ValueError, OSError):
            raise ImageError(f"{self._name} is damaged and cannot be read as a video.") from None
        if not self._container.streams.video:
            raise ImageError(f"{self._name} holds no pictures.")
        self._stream = self._container.streams.video[0]
        self._stream.thread_type = "AUTO"
        width, height = self._stream.width, self._stream.height
        if not width or not height:
            raise ImageError(f"{self._name} is damaged: it does not say how large its pictures are.")
        if width * height > MAX_IMAGE_PIXELS:
            raise ImageError(f"{self._name} is too large: at most {MAX_IMAGE_PIXELS // 10**6} megapixels a frame.")
        length = self._stream.duration * self._stream.time_base if self._stream.duration else 0
        whole = self._container.duration / av.time_base if self._container.duration else 0
        self.info = VideoInfo(width, height, max(0.0, float(length or whole)), float(self._stream.average_rate or 25))

    def __enter__(self) -> "Video":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        while self._opened:
            self._opened.pop(0).close()

    def frames(self) -> Generator[tuple[float, NDArray[np.uint8]], None, None]:
        """(time in seconds, (height, width, 3) RGB uint8) of every frame, upright, at most LONGER_SIDE pixels long.

        A file that breaks off after some frames ends there, with a line in `notes`. Raises ImageError where not one
        frame can be decoded.
        """
        first, last = None, -1.0
        if self._moved:
            self._container.seek(self._stream.start_time or 0, stream=self._stream)
        self._moved = True
        try:
            for frame in self._container.decode(self._stream):
                moment = float(frame.time) if frame.time is not None else last + 1 / self.info.rate
                first = moment if first is None else first
                last = moment
                yield moment - first, _pixels(frame)
        except av.FFmpegError:
            if first is None:
                raise ImageError(f"{self._name} is damaged: none of its pictures can be read.") from None
            good = f"{last - first:.1f} seconds"
            self.notes = (*self.notes, f"{self._name} is damaged after {good}: the rest is left out.")
        if first is None:
            raise ImageError(f"{self._name} is damaged: none of its pictures can be read.")
        # headers are not exact: a tenth may be missing, and a second
        expected = max(self.info.duration, self._stream.frames / self.info.rate)
        if not self.notes and last - first + 1 < expected * 0.9:
            self.notes = (f"{self._name} is incomplete: it holds {last - first:.1f} of {expected:.1f} seconds.",)

    def frame_at(self, time: float) -> NDArray[np.uint8]:
        """The frame that is shown at `time` seconds, RGB as from `frames`."""
        self._moved = True
        tick = self._stream.time_base
        wanted = time + float((self._stream.start_time or 0) * tick) + 1e-3  # times are rounded to milliseconds
        self._container.seek(int(wanted / tick), stream=self._stream)
        shown = None
        for frame in self._container.decode(self._stream):
            if shown is not None and frame.time is not None and frame.time > wanted:
                break
            shown = frame
        if shown is None:
            raise ImageError(f"{self._name} has no picture at {time:.1f} seconds.")
        return _pixels(shown)

    def analyze(
        self,
        models: Iterable[str | EmotionModel],
        *,
        annotated: str | Path | None = None,
        sensitivity: str = "normal",
        smoothing: float = SMOOTHING_SECONDS,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Generator[VideoFrame, None, None]:
        """Every frame with its faces, as it comes; models and settings as for FaceTracker.

        annotated: path of an MP4 (H.264, without sound) with boxes and labels, complete once the iterator has ended or
        is closed. cancelled: asked before every frame; a true answer ends the iteration. Raises ImageError as `frames`.
        """
        tracker = FaceTracker(models, sensitivity=sensitivity, smoothing=smoothing)
        with contextlib.ExitStack() as stack:
            frames = stack.enter_context(contextlib.closing(self.frames()))
            copy = stack.enter_context(contextlib.closing(VideoCopy(annotated, self.info.rate))) if annotated else None
            for index, (time, pixels) in enumerate(frames):
                if cancelled():
                    return
                faces = tuple(tracker.update(pixels, time))
                if copy:
                    copy.add(annotate(pixels, faces), time)
                progress = min(1.0, time / self.info.duration) if self.info.duration else 0.0
                yield VideoFrame(index, time, progress, faces)


def _pixels(frame: Any) -> NDArray[np.uint8]:
    """A decoded frame as RGB, reduced to LONGER_SIDE and turned upright."""
    scale = min(1.0, LONGER_SIDE / max(frame.width, frame.height))
    size = {"width": max(1, round(frame.width * scale)), "height": max(1, round(frame.height * scale))}
    image = frame.to_ndarray(format="rgb24", **size)
    return np.ascontiguousarray(np.rot90(image, round(frame.rotation / 90)), np.uint8)
