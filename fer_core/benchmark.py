"""What users feel, timed: each figure with median, 95th percentile and the goal it is held against."""

import json
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from fer_core.analyze import analyze
from fer_core.faces import FACE_SIZE, find_faces
from fer_core.images import decode_image, sample_image
from fer_core.model import EmotionModel, list_models, load_model

FRESH_PROCESSES: Final = 5
REPEATS: Final = 30

# Each runs in a fresh process and prints one number.
_IMPORT: Final = "import time; t = time.perf_counter(); import fer_core; print((time.perf_counter() - t) * 1000)"
_FIRST: Final = """
import sys, time
from pathlib import Path
from fer_core import analyze, load_model
from fer_core.images import sample_image
data = sample_image()
t = time.perf_counter()
analyze(data, [load_model(name, Path(sys.argv[1])) for name in sys.argv[2:]])
print((time.perf_counter() - t) * 1000)
"""
# AppTest runs the whole page, widgets and charts included, in this one process; only the web server is missing.
_MEMORY: Final = """
import os, sys
os.environ["FER_MODELS_DIR"] = sys.argv[1]
from streamlit.testing.v1 import AppTest
app = AppTest.from_file(sys.argv[2], default_timeout=60).run()
next(button for button in app.button if button.label == "Try the sample").click().run()
assert not app.exception and app.subheader, "the page did not classify the sample"
status = open("/proc/self/status").read()
print(int(status.split("VmRSS:")[1].split()[0]) / 1024)
"""


@dataclass(frozen=True)
class Row:
    """One measure. goal: what `median` should not pass, in `unit`; None: for information."""

    what: str
    unit: str
    median: float
    p95: float
    goal: float | None = None

    @property
    def reached(self) -> bool | None:
        return None if self.goal is None else self.median <= self.goal


def measure(models_dir: Path) -> list[Row]:
    """All rows, on this machine, with the flagships (at most two) or whatever models there are."""
    names = list_models(models_dir)[:2]
    loaded = [load_model(name, models_dir) for name in names]
    sample = sample_image()
    pixels = decode_image(sample)
    arguments = [str(models_dir), *names]
    rows = [
        _row("import fer_core, fresh process", "ms", _fresh(_IMPORT, []), 500),
        _row("first analyze of the sample, fresh process", "ms", _fresh(_FIRST, arguments), 1500),
        _row("analyze of the sample, both models", "ms", _times(lambda: analyze(sample, loaded)), 60),
        _row("  of it: decoding", "ms", _times(lambda: decode_image(sample))),
        _row("  of it: finding the face", "ms", _times(lambda: find_faces(pixels))),
    ]
    for model in loaded:
        rows += [_model_row(model, 1), _model_row(model, 64)]
    if Path("/proc/self/status").exists():
        entry = Path(__file__).resolve().parent.parent / "streamlit_app.py"
        rows.append(_row("app process after classifying", "MB", _fresh(_MEMORY, [str(models_dir), str(entry)], 1), 450))
    return rows


def run(models_dir: Path, json_file: str | None = None, live: str | None = None) -> int:
    """Print every row beside its goal; write them to `json_file` where one is named. Returns the exit code.

    live: None for the common measures, "" for those of the live path, or a video's path to time as well.
    """
    if live is None:
        measured = measure(models_dir)
        print_rows(measured)
        rows = [asdict(row) | {"reached": row.reached} for row in measured]
    else:
        from fer_core.live_benchmark import run_live

        rows = run_live(models_dir, live or None)
        print(machine())
        for row in rows:
            p95 = "" if row["p95"] is None else f"{row['p95']:.2f}"
            verdict = {True: "reached", False: "MISSED", None: ""}[row["reached"]]
            print(f"{row['what']:<64}{row['median']:>10.2f}{p95:>10}  {row['goal']:<28}{verdict}")
    if json_file:
        content = {"machine": machine(), "rows": rows}
        Path(json_file).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return 0


def print_rows(rows: list[Row]) -> None:
    """A table for the terminal."""
    print(f"{machine()}\n{'':<48}{'median':>10}{'p95':>10}{'goal':>10}")
    for row in rows:
        goal = "" if row.goal is None else f"{row.goal:g}"
        verdict = {True: "reached", False: "MISSED", None: ""}[row.reached]
        print(f"{row.what:<48}{row.median:>10.2f}{row.p95:>10.2f}{goal:>10} {row.unit:<4}{verdict}")


def machine() -> str:
    """What the figures were measured on."""
    from fer_core.card import hardware

    return f"{hardware()}, Python {platform.python_version()}"


def _model_row(model: EmotionModel, faces: int) -> Row:
    batch = np.random.default_rng(0).integers(0, 256, (faces, FACE_SIZE, FACE_SIZE), dtype=np.uint8)
    what = f"{model.name}: {faces} face{'s' * (faces > 1)} to probabilities"
    return _row(what, "ms", _times(lambda: model.predict_proba(batch)))


def _times(action: Callable[[], Any], repeats: int = REPEATS) -> list[float]:
    action()
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        action()
        times.append((time.perf_counter() - started) * 1000)
    return times


def _fresh(code: str, arguments: list[str], times: int = FRESH_PROCESSES) -> list[float]:
    """What `code` prints, from so many new processes after one that warms the disk."""
    root = Path(__file__).resolve().parent.parent
    command = [sys.executable, "-c", code, *arguments]
    outputs = [
        subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout for _ in range(times + 1)
    ]
    return [float(output.split()[-1]) for output in outputs[1:]]


def _row(what: str, unit: str, values: list[float], goal: float | None = None) -> Row:
    return Row(what, unit, float(np.median(values)), float(np.percentile(values, 95)), goal)
