"""The sound of a film in its annotated copy: packets as they are where browsers play them, else as AAC."""

import math
from typing import Any, Final

import av

_PLAYED: Final = ("aac", "mp3", "opus", "flac")
"""Codecs that browsers play in an MP4."""
_RATES: Final = (44100, 48000)
"""Samples a second that AAC keeps; other sound is resampled to the last."""


class SoundTrack:
    """Takes the packets of one stream of sound, shifts their times, and writes them to a container.

    source: the stream, as PyAV has it. zero: its time, in seconds, that is 0 in the copy; end: its time at the copy's
    end. What is before or after is left out, and so is what cannot be decoded. Raises OSError where the copy cannot be
    written.
    """

    def __init__(self, source: Any, zero: float, end: float = math.inf) -> None:
        self._source, self._zero, self._end = source, zero, end
        self._copies = source.codec_context.name in _PLAYED
        self._container: Any = None
        self._stream: Any = None
        self._waiting: list[Any] = []  # until the copy's first picture

    def begin(self, container: Any) -> None:
        """Add the stream to a container, nothing of which has been written."""
        self._container = container
        if self._copies:
            self._stream = container.add_stream_from_template(self._source)
        else:
            context = self._source.codec_context
            rate = context.sample_rate if context.sample_rate in _RATES else _RATES[-1]
            self._stream = container.add_stream("aac", rate=rate, layout="mono" if context.channels == 1 else "stereo")
        waiting, self._waiting = self._waiting, []
        for packet in waiting:
            self.add(packet)

    def add(self, packet: Any) -> None:
        """Append a packet of the source."""
        if self._stream is None:
            self._waiting.append(packet)
            return
        if packet.dts * packet.time_base >= self._end:
            return
        shift = round(self._zero / packet.time_base)
        if self._copies:
            if packet.pts is None or packet.pts < shift:
                return
            packet.pts -= shift
            packet.dts = packet.pts  # sound is stored in the order in which it is played
            packet.stream = self._stream
            self._container.mux(packet)
            return
        try:
            frames = packet.decode()
        except av.FFmpegError:
            return
        for frame in frames:
            if frame.pts is not None and frame.pts >= shift:
                frame.pts -= shift
                self._container.mux(self._stream.encode(frame))

    def end(self) -> None:
        """Write what an encoder has kept."""
        if self._stream is not None and not self._copies:
            self._container.mux(self._stream.encode(None))
