"""Memory that was freed goes back to the system."""

import platform
import subprocess
import sys

import pytest

from fer_core.utils.memory import release_memory
from tests.conftest import ROOT

# in a process of its own: the heap of one that has done much has room for the blocks already
_FREED = """
from fer_core.utils.memory import release_memory
from tests.support.memory import status_mb
before = status_mb("VmRSS")
# below the size that glibc maps by itself; what is kept in between holds the heap's end
blocks = [bytes([1]) * 60_000 for _ in range(4000)]
kept = blocks[::400]
held = status_mb("VmRSS")
del blocks
release_memory()
print(before, held, status_mb("VmRSS"), len(kept))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc keeps it so")
def test_freed_memory_goes_back() -> None:
    done = subprocess.run([sys.executable, "-c", _FREED], capture_output=True, text=True, check=True, cwd=ROOT)
    before, held, after, kept = map(float, done.stdout.split())
    assert kept == 10 and held - before > 150 and after - before < 60


def test_nothing_is_needed_to_release() -> None:
    release_memory()


_ARENAS = """
import ctypes, tempfile, threading
from fer_core.utils.memory import share_arenas
{share}
gate = threading.Barrier(9)
def work():
    block = ctypes.CDLL(None).malloc(5000)
    gate.wait()
    gate.wait()
threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads:
    thread.start()
gate.wait()
c = ctypes.CDLL(None)
c.fopen.restype = ctypes.c_void_p
with tempfile.NamedTemporaryFile() as file:
    stream = ctypes.c_void_p(c.fopen(file.name.encode(), b"w"))
    c.malloc_info(0, stream)
    c.fclose(stream)
    print(file.read().count(b"<heap nr"))
gate.wait()
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has arenas")
def test_threads_share_arenas() -> None:
    def arenas(share: str) -> int:
        command = [sys.executable, "-c", _ARENAS.format(share=share)]
        return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    assert arenas("share_arenas(2)") <= 2 < arenas("")
