"""A video file -> its frames, one by one: memory does not grow with its length."""

import threading
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import av
import numpy as np
from av.stream import Disposition
from numpy.typing import NDArray

from fer_core.errors import ImageError
from fer_core.image import MAX_IMAGE_PIXELS, MAX_VIDEO_BYTES, shown_name
from fer_core.video.sampling import Sampling

VIDEO_SUFFIXES: Final = (".mp4", ".m4v", ".mov", ".webm", ".mkv", ".avi")
LONGER_SIDE: Final = 1280
"""Pixels to which the longer side of larger frames is reduced, for detection and the annotated copy alike."""
EVERY_FRAME: Final = Sampling()
_TICK: Final = 5e-4  # seconds: containers round times to milliseconds

# Each kind by its first bytes, and the one demuxer that may read it: others, of playlists say, open further files.
_DEMUXERS: Final = (
    (lambda head: head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"), "mov"),
    (lambda head: head[:4] == b"\x1a\x45\xdf\xa3", "matroska"),
    (lambda head: head[:4] == b"RIFF" and head[8:12] == b"AVI ", "avi"),
)
_KINDS: Final = "MP4, WebM, MOV or AVI"


@dataclass(frozen=True)
class VideoInfo:
    """What a video's header says. width, height: pixels; duration: seconds, or 0; rate: frames per second."""

    width: int
    height: int
    duration: float
    rate: float


class Video:
    """A video file that is open for reading: `info`, `frames()`, `frame_at(time)`. A context manager.

    source: a path or an open binary file. name: for messages. max_bytes: size of the file at most, None for any.
    notes: remarks on the file, known once `frames` ends. Times are seconds since the file's beginning, as players show
    them: of sound or pictures, whichever begins first.

    Raises ImageError, one line for the user, where the file is not one of the supported kinds, is damaged, has no video
    stream, or is larger than max_bytes or MAX_IMAGE_PIXELS per frame.
    """

    def __init__(
        self, source: str | Path | IO[bytes], name: str | None = None, *, max_bytes: int | None = MAX_VIDEO_BYTES
    ) -> None:
        self._max_bytes = max_bytes
        is_path = isinstance(source, (str, Path))
        self._name = shown_name(name or (str(source) if is_path else None))
        self.notes: tuple[str, ...] = ()
        self._opened: list[Any] = []
        self._decoding = threading.RLock()  # a decoder whose file is closed under it ends the process
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
        if self._max_bytes is not None and size > self._max_bytes:
            raise ImageError(f"{self._name} is too large: the limit is {self._max_bytes // 2**20} MB per video.")
        head = file.read(12)
        file.seek(0)
        demuxer = next((name for fits, name in _DEMUXERS if fits(head)), None)
        if demuxer is None:
            raise ImageError(f"{self._name} is not a supported video. Use {_KINDS}.")
        try:
            self._container: Any = av.open(file, format=demuxer)
            self._opened.insert(0, self._container)
        except (av.FFmpegError, ValueError, OSError):
            raise ImageError(f"{self._name} is damaged and cannot be read as a video.") from None
        # the cover of a piece of music counts as a stream of pictures too
        streams = [s for s in self._container.streams.video if not s.disposition & Disposition.attached_pic]
        if not streams:
            raise ImageError(f"{self._name} holds no pictures, only sound.")
        self._stream = streams[0]
        self._stream.thread_type = "AUTO"
        width, height = self._stream.width, self._stream.height
        if not width or not height:
            raise ImageError(f"{self._name} is damaged: it does not say how large its pictures are.")
        if width * height > MAX_IMAGE_PIXELS:
            raise ImageError(f"{self._name} is too large: at most {MAX_IMAGE_PIXELS // 10**6} megapixels a frame.")
        length = self._stream.duration * self._stream.time_base if self._stream.duration else 0
        whole = self._container.duration / av.time_base if self._container.duration else 0
        self._zero: float = (self._container.start_time or 0) / av.time_base  # of the file, in the stream's own time
        self.info = VideoInfo(width, height, max(0.0, float(length or whole)), float(self._stream.average_rate or 25))

    def __enter__(self) -> "Video":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file, if it was opened here. Another thread that reads frames gets no more."""
        with self._decoding:
            while self._opened:
                self._opened.pop(0).close()

    @property
    def sound(self) -> Any:
        """The first stream of sound, as PyAV has it, or None."""
        return next(iter(self._container.streams.audio), None)

    @property
    def zero(self) -> float:
        """What the container's own times are at 0 seconds."""
        return self._zero

    def frames(
        self, sampling: Sampling = EVERY_FRAME, on_sound: Callable[[Any], None] | None = None
    ) -> Generator[tuple[float, NDArray[np.uint8]], None, None]:
        """Time in seconds and (height, width, 3) RGB uint8 of frames, upright, with sides of at most LONGER_SIDE.

        sampling: which; frames that are left out are decoded but not converted. on_sound: gets the packets of `sound`
        on the way. A file that breaks off after some frames ends there, with a line in `notes`. Raises ImageError where
        not one frame can be decoded.
        """
        chooser = sampling.chooser()
        first, last, reached, ended = None, -1.0, False, False
        if self._moved or sampling.start:
            self._seek(sampling.start)
        self._moved = True
        try:
            for frame in self._decoded(on_sound):
                time = float(frame.time) - self._zero if frame.time is not None else last + 1 / self.info.rate
                first = time if first is None else first
                if sampling.end is not None and time >= sampling.end:
                    ended = True
                    break
                last = time
                if time + _TICK < sampling.start:
                    continue
                reached = True
                if chooser.takes(time):
                    yield time, _pixels(frame)
        except av.FFmpegError:
            if first is None:
                raise ImageError(f"{self._name} is damaged: none of its pictures can be read.") from None
            self.notes = (*self.notes, f"{self._name} is damaged after {last:.1f} seconds: the rest is left out.")
        if first is None:
            if sampling.start and self.info.duration and sampling.start >= self.info.duration:
                raise ImageError(
                    f"{self._name} ends after {self.info.duration:.1f} seconds, before the requested start."
                )
            raise ImageError(f"{self._name} is damaged: none of its pictures can be read.")
        if not reached and not ended:
            raise ImageError(f"{self._name} ends after {last:.1f} seconds, before the requested start.")
        # headers are not exact: a tenth and one second may be missing
        expected = max(self.info.duration, self._stream.frames / self.info.rate)
        if not self.notes and not ended and last + 1 < expected * 0.9:
            self.notes = (f"{self._name} is incomplete: it holds {last:.1f} of {expected:.1f} seconds.",)

    def _decoded(self, on_sound: Callable[[Any], None] | None) -> Iterator[Any]:
        """Frames, as long as the file is open."""
        frames = self._demuxed(on_sound)
        while True:
            with self._decoding:
                frame = next(frames, None) if self._opened else None
            if frame is None:
                return
            yield frame

    def _demuxed(self, on_sound: Callable[[Any], None] | None) -> Iterator[Any]:
        streams = [self._stream] if on_sound is None or self.sound is None else [self._stream, self.sound]
        for packet in self._container.demux(*streams):
            if packet.stream is self._stream:
                yield from packet.decode()
            elif on_sound is not None and packet.dts is not None:  # the last one is empty
                on_sound(packet)

    def _seek(self, time: float) -> None:
        """Go to the last key frame up to `time` seconds."""
        wanted = max(time + self._zero, float((self._stream.start_time or 0) * self._stream.time_base))
        try:
            self._container.seek(int(wanted / self._stream.time_base), stream=self._stream)
        except av.FFmpegError:
            raise ImageError(f"{self._name} cannot be read from {time:.1f} seconds on.") from None

    def frame_at(self, time: float) -> NDArray[np.uint8]:
        """The frame shown at `time` seconds, as from `frames`. Raises ImageError where there is none."""
        self._moved = True
        wanted = time + self._zero + 1e-3  # times are rounded to milliseconds
        self._seek(time + 1e-3)
        shown = None
        for frame in self._container.decode(self._stream):
            if shown is not None and frame.time is not None and frame.time > wanted:
                break
            shown = frame
        if shown is None:
            raise ImageError(f"{self._name} has no picture at {time:.1f} seconds.")
        return _pixels(shown)


def _pixels(frame: Any) -> NDArray[np.uint8]:
    """A decoded frame as RGB, reduced to LONGER_SIDE and rotated upright."""
    scale = min(1.0, LONGER_SIDE / max(frame.width, frame.height))
    size = {"width": max(1, round(frame.width * scale)), "height": max(1, round(frame.height * scale))}
    image = frame.to_ndarray(format="rgb24", **size)
    return np.ascontiguousarray(np.rot90(image, round(frame.rotation / 90)), np.uint8)
