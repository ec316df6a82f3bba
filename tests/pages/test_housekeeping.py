"""What visitors bring stays in memory, and goes when they have left, without anybody visiting."""

import asyncio
import gc
import time
import weakref
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartParser
from streamlit.runtime.memory_session_storage import MemorySessionStorage
from streamlit.runtime.runtime import Runtime
from streamlit.runtime.websocket_session_manager import WebsocketSessionManager

from fer_core.detection import load_detector
from fer_core.limits import MAX_IMAGE_BYTES
from pages.parts.shared.housekeeping import give_back, keep_pictures_in_memory, sessions


class Session:
    """Stands for a visitor's session, which holds pictures."""

    id = "anna"


def test_a_session_that_cannot_come_back_is_let_go() -> None:
    nothing: Any = None
    storage = MemorySessionStorage(ttl_seconds=1)
    manager = WebsocketSessionManager(storage, nothing, nothing, nothing)
    server = SimpleNamespace(_session_mgr=manager)
    session = Session()
    held = weakref.ref(session)
    kept: Any = SimpleNamespace(session=session)
    storage.save(kept)
    del session, kept
    assert asyncio.run(sessions(server)) == 1 and held() is not None
    time.sleep(1.1)
    gc.collect()
    assert held() is not None, "Streamlit itself keeps it"
    assert asyncio.run(sessions(server)) == 0
    gc.collect()
    assert held() is None


def test_detectors_go_with_the_last_visitor() -> None:
    detector = load_detector()
    give_back(1)
    assert load_detector() is detector
    held = weakref.ref(detector)
    del detector
    give_back(0)
    assert held() is None


def test_the_server_tells_its_event_loop() -> None:
    assert callable(Runtime._get_async_objs)


@pytest.mark.parametrize(("size", "on_disk"), [(MAX_IMAGE_BYTES - 100, False), (MAX_IMAGE_BYTES + 100, True)])
def test_pictures_stay_in_memory_while_they_arrive(monkeypatch: pytest.MonkeyPatch, size: int, on_disk: bool) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
        for start in range(0, size, 2**20):
            yield bytes(min(2**20, size - start))
        yield b"\r\n--x--\r\n"

    monkeypatch.setattr(MultiPartParser, "spool_max_size", MultiPartParser.spool_max_size)
    keep_pictures_in_memory()
    headers = Headers({"Content-Type": "multipart/form-data; boundary=x"})
    upload = asyncio.run(MultiPartParser(headers, body()).parse())["file"]
    assert isinstance(upload, UploadFile) and upload.size == size
    assert upload.file._rolled is on_disk  # type: ignore[attr-defined]
