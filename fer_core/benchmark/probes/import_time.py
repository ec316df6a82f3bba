"""Milliseconds that `import fer_core` takes."""

import time

started = time.perf_counter()
import fer_core  # noqa: E402, F401 - what is timed

print((time.perf_counter() - started) * 1000)
