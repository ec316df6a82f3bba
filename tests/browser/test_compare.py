"""The Compare page in Chromium: it opens, models are switched, a chart downloads as CSV and PNG."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from fer_core.bundle.registry import read_bundles
from tests.support.browser import CHROMIUM, NEEDS_CHROMIUM, PATIENCE, Server, opened, running, wait_until_run
from tests.support.synthetic_bundles import make_bundle

playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=NEEDS_CHROMIUM)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """The app, with three made bundles."""
    for seed, name in enumerate(("first", "second", "third")):
        make_bundle(tmp_path / "models", name, 1.5 - seed / 4, seed)
    with running(tmp_path / "server.log", FER_MODELS_DIR=str(tmp_path / "models")) as started:
        yield started


def test_models_are_switched_and_a_chart_downloads(server: Server, tmp_path: Path) -> None:
    with opened(f"{server.url}/compare") as page:
        playwright.expect(page.get_by_role("heading", name="Compare models")).to_be_visible(timeout=PATIENCE * 1000)
        page.get_by_text("Two models", exact=True).click()
        playwright.expect(page.get_by_text("Is the difference real?")).to_be_visible(timeout=PATIENCE * 1000)
        page.get_by_role("combobox", name="Second model").click()
        page.get_by_role("option", name="THIRD").click()
        playwright.expect(page.get_by_text("and THIRD alone on")).to_be_visible(timeout=PATIENCE * 1000)
        wait_until_run(page)
        page.get_by_text("Table and files").last.click()
        saved = {}
        for kind in ("CSV", "PNG"):
            with page.expect_download() as download:
                page.get_by_role("button", name=kind, exact=True).click()
            saved[kind] = tmp_path / download.value.suggested_filename
            download.value.save_as(saved[kind])
    third = {bundle.name: bundle for bundle in read_bundles(tmp_path / "models")[0]}["third"]
    rows = list(csv.reader(saved["CSV"].read_text(encoding="utf-8").splitlines()))
    matrix = third.card.evaluation["private_test"]["confusion_matrix"]
    assert [[int(cell) for cell in row[1:]] for row in rows[1:]] == matrix
    assert saved["CSV"].name == "confusion-third-private_test.csv"
    assert saved["PNG"].read_bytes().startswith(b"\x89PNG")
