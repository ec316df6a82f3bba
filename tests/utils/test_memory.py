"""Memory that was freed goes back to the system."""

import platform

import pytest

from fer_core.utils.memory import release_memory
from tests.support.memory import status_mb


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc keeps it so")
def test_freed_memory_goes_back() -> None:
    before = status_mb("VmRSS")
    # below the size that glibc maps by itself; what is kept in between holds the heap's end
    blocks = [bytes([1]) * 60_000 for _ in range(4000)]
    kept = blocks[::400]
    held = status_mb("VmRSS")
    del blocks
    release_memory()
    after = status_mb("VmRSS")
    assert before is not None and held is not None and after is not None and len(kept) == 10
    assert held - before > 150 and after - before < 60


def test_nothing_is_needed_to_release() -> None:
    release_memory()
