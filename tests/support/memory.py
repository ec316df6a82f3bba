"""How much memory a piece of work takes at its peak, told by the kernel: no sampling that could miss it."""

from pathlib import Path
from types import TracebackType


def status_mb(field: str) -> float | None:
    """A field of /proc/self/status (VmRSS, VmHWM) in MB, or None where the system has none."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(field)), None)


class Growth:
    """`with Growth() as growth: ...` -> growth.mb: the peak over what was there before, or None where none can tell."""

    mb: float | None = None

    def __enter__(self) -> "Growth":
        try:
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak begins anew (proc(5))
            self._before = status_mb("VmRSS")
        except OSError:
            self._before = None
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        peak = status_mb("VmHWM")
        self.mb = None if self._before is None or peak is None else max(0.0, peak - self._before)
