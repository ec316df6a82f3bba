"""Memory that the C library keeps after large work, given back to the system."""

import ctypes
import sys


def release_memory() -> None:
    """Give freed memory back to the system, where the C library can (glibc's malloc_trim); elsewhere do nothing.

    Codecs allocate on threads of their own, and glibc keeps what such threads freed: a server grew with every video.
    """
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl has none
        if trim is not None:
            trim(0)
