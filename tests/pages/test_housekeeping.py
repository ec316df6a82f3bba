"""Sessions that cannot come back are let go of, without anybody visiting."""

import asyncio
import gc
import time
import weakref
from types import SimpleNamespace
from typing import Any

from streamlit.runtime.memory_session_storage import MemorySessionStorage
from streamlit.runtime.runtime import Runtime
from streamlit.runtime.websocket_session_manager import WebsocketSessionManager

from fer_core.detection import load_detector
from pages.parts.shared.housekeeping import give_back, sessions


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
