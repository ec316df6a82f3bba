"""The Classify page in Chromium: what only a browser shows of its settings and of where results stand."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from fer_core import list_models, load_model
from tests.support.browser import CHROMIUM, NEEDS_CHROMIUM, PATIENCE, Server, opened, running, wait_until_run

playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason=NEEDS_CHROMIUM),
    pytest.mark.skipif(not list_models(), reason="needs a bundle under models/"),
]
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with running(tmp_path / "server.log") as started:
        yield started


def test_settings_are_kept_and_results_come_into_sight(server: Server) -> None:
    first = load_model(list_models()[0]).card.title
    with opened(server.url, viewport=PHONE) as page:

        def sample(name: str) -> None:
            page.get_by_role("button", name=name, exact=True).click()
            heading = page.get_by_role("heading", name=f"{name.lower()}.webp")
            playwright.expect(heading).to_be_in_viewport(timeout=PATIENCE * 1000)
            wait_until_run(page)

        sample("Ada")
        sample("Group")  # the button is far below the results by now
        page.get_by_role("button", name="Settings").click()  # what is in it is made only now, after two runs
        chosen = page.get_by_role("button", name=re.compile(f"^{re.escape(first)}"), pressed=True)
        playwright.expect(chosen).to_be_visible(timeout=PATIENCE * 1000)
        playwright.expect(page.get_by_test_id("stSliderThumbValue").first).to_have_text("50%", timeout=PATIENCE * 1000)
