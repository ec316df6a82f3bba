"""Keeps from stderr what TensorFlow and LiteRT say at their start, and nothing else."""

import contextlib
import os
import re
import sys
import tempfile
import threading
from collections.abc import Iterator
from typing import Final

# 303: there is no CUDA driver. Another code means a driver that does not work, which its owner wants to know.
_START_UP: Final = re.compile(
    rb"WARNING: All log messages before absl::InitializeLog"
    rb"|I0000 "
    rb"|E0000 .*failed call to cuInit: .*\(303\)"
    rb"|INFO: Created TensorFlow Lite XNNPACK delegate"
)
_lock = threading.Lock()


@contextlib.contextmanager
def quiet_start() -> Iterator[None]:
    """Drop the known lines from what is written to file descriptor 2 inside; everything else follows at the end.

    These libraries write past Python, partly before they read any setting. With TF_CPP_MIN_LOG_LEVEL=0 in the
    environment all of it is shown. Threads take turns, so calls must not be nested.
    """
    if os.environ.get("TF_CPP_MIN_LOG_LEVEL") == "0":
        yield
        return
    with _lock, tempfile.TemporaryFile() as kept:
        try:
            stderr = os.dup(2)
        except OSError:  # closed: there is nothing to keep quiet
            yield
            return
        _flush()
        os.dup2(kept.fileno(), 2)
        try:
            yield
        finally:
            _flush()
            os.dup2(stderr, 2)
            kept.seek(0)
            with open(stderr, "wb") as output:
                output.writelines(line for line in kept if not _START_UP.match(line))


def _flush() -> None:
    if sys.stderr is not None and not sys.stderr.closed:
        sys.stderr.flush()
