"""Gives back what visitors leave behind: their sessions, and the memory that these held.

Streamlit keeps the session of a closed tab for two minutes, in case it comes back, and then until the next visitor
comes. Its pictures and results are freed when Python collects garbage, and glibc keeps what its threads have freed.
"""

import asyncio
import gc
import threading
import time
from typing import Any

import streamlit as st
from starlette.formparsers import MultiPartParser
from streamlit import runtime

from fer_core.detection import load_detector
from fer_core.limits import MAX_IMAGE_BYTES
from fer_core.utils.memory import release_memory, share_arenas

LOOK_EVERY = 20.0  # seconds
_ANSWER_SECONDS = 60.0  # a busy server's event loop answers in one


@st.cache_resource(show_spinner=False)
def keep_house() -> None:
    """Begin, once in each server; a page outside of one needs none."""
    if runtime.exists():
        share_arenas()
        keep_pictures_in_memory()
        threading.Thread(target=_keep, args=(runtime.get_instance(),), name="housekeeping", daemon=True).start()


def keep_pictures_in_memory() -> None:
    """Have uploads of pictures arrive in memory: what is larger than this, Starlette puts on the disk meanwhile."""
    MultiPartParser.spool_max_size = MAX_IMAGE_BYTES


def _keep(server: Any) -> None:
    before = 0
    while True:
        time.sleep(LOOK_EVERY)
        try:
            # NOTE: sessions belong to the event loop's thread; streamlit-webrtc finds the loop in the same way
            loop = server._get_async_objs().eventloop
            present = asyncio.run_coroutine_threadsafe(sessions(server), loop).result(_ANSWER_SECONDS)
        except (RuntimeError, TimeoutError):  # the server has stopped, or will answer at the next look
            continue
        except AttributeError:  # a Streamlit with other insides: memory then comes back later
            return
        if present < before:
            give_back(present)
        before = present


def give_back(present: int) -> None:
    """Free what visitors who have left held. present: how many have not."""
    if not present:
        load_detector.cache_clear()  # its canvases take up to 150 MB; the next visitor's come at once
    gc.collect()
    release_memory()


async def sessions(server: Any) -> int:
    """How many are open or may come back; of those that may not, none is kept."""
    server._session_mgr._session_storage._cache.expire()
    return int(server._session_mgr.num_sessions())
