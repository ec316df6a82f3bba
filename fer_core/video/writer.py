"""The annotated copy of a film: an MP4 that browsers play, and that grows frame by frame."""

from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from fer_core.video.sound import SoundTrack
from fer_core.video.tables import cannot_write

_MILLISECOND: Final = Fraction(1, 1000)


class VideoWriter:
    """Writes an MP4 (H.264), complete once it is closed.

    Its size is that of the first frame, with even sides, as H.264 requires. rate: frames per second, a hint only: every
    frame keeps its own time. sound: the stream whose packets `add_sound` will get, or None. Raises ImageError where the
    file cannot be written.
    """

    def __init__(self, path: str | Path, rate: float, sound: SoundTrack | None = None) -> None:
        self._path, self._rate, self._sound = path, rate, sound
        self._stream: Any = None
        self._last = -1
        try:
            self._container: Any = av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"})
        except (OSError, av.FFmpegError) as error:
            raise cannot_write(self._path, error) from None

    def add(self, image: NDArray[np.uint8], time: float) -> None:
        """Append a (height, width, 3) RGB uint8 frame that is shown from `time` seconds on."""
        try:
            if self._stream is None:
                self._begin(*image.shape[:2])
            width, height = self._stream.width, self._stream.height
            if abs(image.shape[1] - width) > 1 or abs(image.shape[0] - height) > 1:
                image = np.asarray(cv2.resize(image, (width, height)), np.uint8)
            frame: Any = av.VideoFrame.from_ndarray(np.ascontiguousarray(image[:height, :width]), format="rgb24")
            # the source's own times: a phone's videos have no constant rate
            frame.pts = self._last = max(self._last + 1, round(time * 1000))
            frame.time_base = _MILLISECOND
            self._container.mux(self._stream.encode(frame))
        except (OSError, av.FFmpegError) as error:
            raise cannot_write(self._path, error) from None

    def add_sound(self, packet: Any) -> None:
        """Append a packet of the sound."""
        if self._sound is None:
            return
        try:
            self._sound.add(packet)
        except (OSError, av.FFmpegError) as error:
            raise cannot_write(self._path, error) from None

    def close(self) -> None:
        """Write the remaining frames and the index."""
        try:
            if self._stream is not None:
                self._container.mux(self._stream.encode(None))
                if self._sound is not None:
                    self._sound.end()
            self._container.close()
        except (OSError, av.FFmpegError) as error:
            raise cannot_write(self._path, error) from None

    def _begin(self, height: int, width: int) -> None:
        self._stream = self._container.add_stream("libx264", rate=max(1, round(self._rate)))
        self._stream.width, self._stream.height = max(2, width - width % 2), max(2, height - height % 2)
        self._stream.pix_fmt = "yuv420p"
        self._stream.options = {"preset": "veryfast", "crf": "23"}
        self._stream.time_base = self._stream.codec_context.time_base = _MILLISECOND
        if self._sound is not None:
            self._sound.begin(self._container)
