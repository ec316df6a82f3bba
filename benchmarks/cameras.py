"""Webcams without a browser: WebRTC peers that show a film to the app and read which of its frames come back.

Every frame of the film has its number along its lower edge, in cells of black and white, so that what comes back tells
how old it is, and a picture that is shown again is not taken for a new one. The film is encoded once and sent as it
is, at the rate that the page asks of cameras, whatever the app makes of it; so the peers take little of the cores that
they share with it. Browsers send less where packets are lost; these do not.
"""

import asyncio
import contextlib
import itertools
import json
import time
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

import av
import numpy as np
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from numpy.typing import NDArray

from benchmarks.tabs import Tab
from fer_core.benchmark.frames import FRAME_RATE, moving

WIDTH, HEIGHT = 640, 480
SECONDS: Final = 10
"""Of the film. A frame that comes back later than this looks younger than it is."""
_CELLS, _CELL_HEIGHT = 16, 32  # one white, 14 of the number, one black: a mirrored picture is told from a plain one
_BITS: Final = 14
_CHECK: Final = 31  # a number n is written as n * 31: most misread cells give no multiple of it
STREAMER: Final = "webrtc_streamer"


def marked(picture: NDArray[np.uint8], number: int) -> NDArray[np.uint8]:
    """A (480, 640, 3) picture with its number along the lower edge; number: at most 528, for 14 cells."""
    bits = [1, *(number * _CHECK >> bit & 1 for bit in range(_BITS)), 0]
    picture = picture.copy()
    picture[-_CELL_HEIGHT:] = np.repeat(np.array(bits, np.uint8) * 255, WIDTH // _CELLS)[None, :, None]
    return picture


def number_of(luma: NDArray[np.uint8]) -> int | None:
    """The number on a (480, 640) picture, mirrored or not; None where it cannot be read."""
    strip = luma[-_CELL_HEIGHT * 3 // 4 : -_CELL_HEIGHT // 4]
    cells = strip.reshape(len(strip), _CELLS, -1)[..., 8:-8].mean(axis=(0, 2)) > 128
    cells = cells[::-1] if cells[-1] else cells
    number, rest = divmod(sum(int(bit) << place for place, bit in enumerate(cells[1:-1])), _CHECK)
    return None if rest or not cells[0] or cells[-1] else number


def film(seconds: int = SECONDS) -> list[bytes]:
    """The film as VP8, a packet a frame, to be shown over and over; a frame a second stands for itself."""
    encoder: Any = av.CodecContext.create("libvpx", "w")
    encoder.width, encoder.height, encoder.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    encoder.bit_rate, encoder.gop_size, encoder.time_base = 800_000, FRAME_RATE, Fraction(1, FRAME_RATE)
    # a whole picture in as few packets as browsers' rate control would give it: a burst of sixty would be lost
    encoder.options = {"deadline": "realtime", "cpu-used": "-6", "lag-in-frames": "0", "max-intra-rate": "400"}
    packets = list[bytes]()
    for number, (_, picture, _) in enumerate(moving(seconds)):
        frame: Any = av.VideoFrame.from_ndarray(marked(picture, number), format="rgb24")
        frame.pts = number
        packets += [bytes(packet) for packet in encoder.encode(frame)]
    packets += [bytes(packet) for packet in encoder.encode(None)]
    return packets


class Camera(MediaStreamTrack):
    """The film over and over, `rate` frames a second. sent: when each frame was, by a clock that only counts on."""

    kind = "video"

    def __init__(self, packets: list[bytes], rate: int) -> None:
        super().__init__()
        self._packets, self._rate, self._counter = packets, rate, itertools.count()
        self.sent = list[float]()

    async def recv(self) -> Any:
        """The next packet, when it is due."""
        number = next(self._counter)
        began = self.sent[0] if self.sent else time.perf_counter()
        await asyncio.sleep(max(0.0, began + number / self._rate - time.perf_counter()))
        self.sent.append(time.perf_counter())
        packet: Any = av.Packet(self._packets[number % len(self._packets)])
        packet.pts, packet.time_base = number, Fraction(1, self._rate)
        return packet


@dataclass
class Watched:
    """What came back. new: when each frame did that had not been there yet; late: how old it was then, seconds.

    pictures: that came. broken: of them, whose number could not be read. again: that had been there before.
    """

    new: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    pictures: int = 0
    broken: int = 0
    again: int = 0

    def rate(self, began: float, ended: float) -> float:
        """New frames a second between two moments."""
        return sum(began <= moment < ended for moment in self.new) / max(1e-9, ended - began)

    def freeze(self, began: float, ended: float) -> float:
        """The longest time without a new frame, seconds."""
        moments = [began, *(moment for moment in self.new if began <= moment < ended), ended]
        return max(after - before for before, after in itertools.pairwise(moments))


class Stream:
    """A visitor who has pressed START on the Live page of a tab."""

    def __init__(self, tab: Tab, packets: list[bytes]) -> None:
        self.tab, self.watched = tab, Watched()
        self._length = len(packets)
        asked = tab.component(STREAMER)["media_stream_constraints"]["video"]["frameRate"]["ideal"]
        self._camera, self._peer = Camera(packets, asked), RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._watching: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Connect; returns once the first frame has come back. Raises TimeoutError."""
        self._peer.addTrack(self._camera)

        @self._peer.on("track")  # type: ignore[untyped-decorator]
        def come(track: MediaStreamTrack) -> None:
            self._watching = asyncio.create_task(self._watch(track))

        await self._peer.setLocalDescription(await self._peer.createOffer())
        offer = {"sdp": self._peer.localDescription.sdp, "type": self._peer.localDescription.type}
        await self.tab.set_component(STREAMER, {"playing": False, "sdpOffer": offer, "iceCandidates": {}})
        await self.tab.until(lambda: self.tab.component(STREAMER).get("sdp_answer_json"), "an answer to the offer")
        answer = RTCSessionDescription(**json.loads(self.tab.component(STREAMER)["sdp_answer_json"]))
        await self._peer.setRemoteDescription(answer)
        await self.tab.set_component(STREAMER, {"playing": True, "sdpOffer": None, "iceCandidates": None})
        await self.tab.until(lambda: self.watched.new, "the first frame")

    async def stop(self) -> None:
        """Press STOP."""
        await self.tab.set_component(STREAMER, {"playing": False, "sdpOffer": None, "iceCandidates": None})
        await self.leave()

    async def leave(self) -> None:
        """Be gone, as a closed browser is."""
        if self._watching is not None:
            self._watching.cancel()
        await self._peer.close()

    async def _watch(self, track: MediaStreamTrack) -> None:
        newest = -1
        with contextlib.suppress(MediaStreamError):
            while True:
                frame: Any = await track.recv()
                now = time.perf_counter()
                plane = frame.planes[0]
                luma = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[:, : frame.width]
                number = number_of(luma) if luma.shape == (HEIGHT, WIDTH) else None
                self.watched.pictures += 1
                if number is None:
                    self.watched.broken += 1
                    continue
                # the film repeats: it is the youngest frame of that number that it can be
                latest = len(self._camera.sent) - 1
                count = latest - (latest - number) % self._length
                if count > newest:
                    newest = count
                    self.watched.new.append(now)
                    self.watched.late.append(now - self._camera.sent[count])
                else:
                    self.watched.again += 1
