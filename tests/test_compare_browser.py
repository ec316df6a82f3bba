"""The Compare page in Chromium: it opens, models are switched, a chart downloads as CSV and PNG."""

import csv
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from made_bundles import make_bundle

from fer_core.bundles import read_bundles

playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """The address of the page, served by a Streamlit of our own with three made bundles."""
    for seed, name in enumerate(("first", "second", "third")):
        make_bundle(tmp_path / "models", name, 1.5 - seed / 4, seed)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    entry = ROOT / "streamlit_app.py"
    listed = "pages/compare.py" in entry.read_text(encoding="utf-8")
    flags = [f"--server.port={port}", "--server.address=127.0.0.1", "--server.headless=true"]
    command = [sys.executable, "-m", "streamlit", "run", str(entry if listed else ROOT / "pages/compare.py"), *flags]
    environment = os.environ | {"FER_MODELS_DIR": str(tmp_path / "models"), "PYTHONPATH": str(ROOT)}
    log = (tmp_path / "server.log").open("w")
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        address = f"http://127.0.0.1:{port}"
        for _ in range(240):
            try:
                urllib.request.urlopen(f"{address}/_stcore/health", timeout=1)
                break
            except OSError:
                assert process.poll() is None, (tmp_path / "server.log").read_text()
                time.sleep(0.25)
        yield f"{address}/compare" if listed else address
    finally:
        process.terminate()
        process.wait(timeout=20)
        log.close()


def test_models_are_switched_and_a_chart_downloads(server: str, tmp_path: Path) -> None:
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_context(viewport={"width": 1280, "height": 1400}).new_page()
        page.set_default_timeout(60_000)
        page.goto(server)
        playwright.expect(page.get_by_role("heading", name="Compare models")).to_be_visible(timeout=60_000)
        page.get_by_text("Two models", exact=True).click()
        playwright.expect(page.get_by_text("Is the difference real?")).to_be_visible(timeout=60_000)
        page.get_by_role("combobox", name="Second model").click()
        page.get_by_role("option", name="THIRD").click()
        playwright.expect(page.get_by_text("and THIRD alone on")).to_be_visible(timeout=60_000)
        page.get_by_text("Table and files").last.click()
        saved = {}
        for kind in ("CSV", "PNG"):
            with page.expect_download() as download:
                page.get_by_role("button", name=kind, exact=True).click()
            saved[kind] = tmp_path / download.value.suggested_filename
            download.value.save_as(saved[kind])
        browser.close()
    third = {bundle.name: bundle for bundle in read_bundles(tmp_path / "models")[0]}["third"]
    rows = list(csv.reader(saved["CSV"].read_text(encoding="utf-8").splitlines()))
    matrix = third.card.evaluation["private_test"]["confusion_matrix"]
    assert [[int(cell) for cell in row[1:]] for row in rows[1:]] == matrix
    assert saved["CSV"].name == "confusion-third-private_test.csv"
    assert saved["PNG"].read_bytes().startswith(b"\x89PNG")
