"""Several visitors at once, three of them with a camera: everybody is served, and nothing stays behind.

The shortened form of `python -m benchmarks.visitors`, without a figure that a busy machine changes.
"""

import asyncio
from pathlib import Path

import numpy as np
import pytest

from fer_core.bundle import list_models
from tests.support.browser import running, until

pytest.importorskip("streamlit_webrtc", reason="needs streamlit-webrtc")
pytestmark = pytest.mark.skipif(not list_models(), reason="needs a bundle under models/")
STREAMS, SECONDS = 3, 5


def test_numbers_on_frames_are_read_mirrored_or_not() -> None:
    from benchmarks.cameras import marked, number_of

    blank = np.full((480, 640, 3), 90, np.uint8)
    for number in (0, 1, 77, 299, 528):
        seen = marked(blank, number)[..., 0]
        assert number_of(seen) == number == number_of(seen[:, ::-1])
    assert number_of(blank[..., 0]) is None


def test_everybody_is_served_and_nothing_stays(tmp_path: Path) -> None:
    from benchmarks.cameras import film
    from benchmarks.visitors import Crowd

    async def visits(crowd: Crowd, packets: list[bytes]) -> list[int]:
        looking = asyncio.create_task(crowd.look_around())
        await asyncio.gather(*(crowd.stream(packets) for _ in range(STREAMS)))
        before = [len(stream.watched.new) for stream in crowd.streams]
        await asyncio.sleep(SECONDS)
        counts = [len(stream.watched.new) - own for stream, own in zip(crowd.streams, before, strict=True)]
        while not crowd.pages["open Compare"] and not crowd.errors:
            await asyncio.sleep(0.1)
        looking.cancel()
        assert server.udp_sockets >= STREAMS
        await crowd.leave()
        return counts

    with running(tmp_path / "log.txt", FER_MAX_STREAMS=str(STREAMS)) as server:
        crowd = Crowd(server.url, pause=0.2)
        counts = asyncio.run(visits(crowd, film(2)))
        assert not crowd.errors
        assert len(counts) == STREAMS and 0 < max(counts) and 0.3 * max(counts) <= min(counts), counts
        until(lambda: server.udp_sockets == 0, "the streams to end")
