"""The app: its memory, the Compare page with ten models, and, in a browser, the first page and the first upload
beside those of an empty Streamlit page."""

import importlib.util
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from fer_core.benchmark.timing import PROBES, ROOT, Row, fresh, missing, row
from fer_core.bundle import bundle_folder, list_models
from fer_core.utils.files import DATA, app_script

_ENTRY: Final = app_script() or ROOT / "streamlit_app.py"
_MODELS: Final = 10
_BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
_STARTS: Final = 3
_LOOKING: Final = 2.0  # s: nobody finds a picture or a link faster; what the app prepares meanwhile counts as nothing
_DRAWN, _CLASSIFIED = "streamlit run to the first page drawn", "first upload to its face shown"


def app_rows(models_dir: Path) -> list[Row]:
    """Rows of the app; those that need a browser or Linux are named as missing elsewhere."""
    rows = [*_browser_rows(models_dir)]
    if Path("/proc/self/status").exists():
        memory = fresh("app_memory", [str(models_dir.resolve()), str(_ENTRY)], 3)
        rows.append(row("app process after both models", "MB", memory, 350))
    with tempfile.TemporaryDirectory() as folder:
        names = list_models(models_dir)
        for number in range(_MODELS):
            shutil.copytree(bundle_folder(names[number % len(names)], models_dir), Path(folder) / f"model{number}")
        opened, at_once = (fresh("compare_page", [folder, str(_ENTRY), str(wait)], 3) for wait in (_LOOKING, 0))
        rows.append(row(f"Compare page with {_MODELS} models, {_LOOKING:g} s after the first page", "s", opened, 1))
        rows.append(row("  at once after it", "s", at_once))
    return rows


def _browser_rows(models_dir: Path) -> list[Row]:
    browser = next((found for name in _BROWSERS if (found := shutil.which(name))), None)
    if browser is None or importlib.util.find_spec("playwright") is None:
        reason = "not measured: needs Chromium and the package playwright"
        return [missing(_DRAWN, "s", 2.5, reason), missing(_CLASSIFIED, "s", 0.5, reason)]
    from playwright.sync_api import sync_playwright

    empty = PROBES / "empty_page.py"
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        ours, bare = [], []
        for _ in range(_STARTS):
            ours.append(_start_and_upload(chromium, _ENTRY, models_dir))
            bare.append(_start_and_upload(chromium, empty, models_dir))
        chromium.close()
    return [
        row(_DRAWN, "s", [drawn for drawn, _ in ours], 2.5),
        row("  an empty Streamlit page", "s", [drawn for drawn, _ in bare]),
        row(_CLASSIFIED, "s", [classified for _, classified in ours], 0.5),
        row("  an upload to an empty page", "s", [uploaded for _, uploaded in bare]),
    ]


def _start_and_upload(chromium: Any, entry: Path, models_dir: Path) -> tuple[float, float]:
    """Seconds from the command to the page with its picture field, and from the file to its first face."""
    import os

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(entry), "--server.port", str(port)]
    environment = os.environ | {"FER_MODELS_DIR": str(models_dir.resolve())}
    page = chromium.new_page()
    started = time.perf_counter()
    server = subprocess.Popen(
        [*command, "--server.headless", "true"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port)
        page.goto(f"http://localhost:{port}")
        field = page.locator("input[type=file]").first
        field.wait_for(state="attached", timeout=60_000)
        drawn = time.perf_counter() - started
        page.wait_for_timeout(_LOOKING * 1000)
        begun = time.perf_counter()
        field.set_input_files(str(DATA / "astronaut.png"))
        page.get_by_text("Face 1", exact=True).first.wait_for(timeout=60_000)
        return drawn, time.perf_counter() - begun
    finally:
        page.close()
        server.terminate()
        server.wait(15)


def _wait_for(port: int, patience: float = 60) -> None:
    end = time.perf_counter() + patience
    while time.perf_counter() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise TimeoutError("the app's server did not start")
