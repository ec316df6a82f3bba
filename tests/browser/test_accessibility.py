"""Every page in Chromium under axe-core, light and dark: nothing serious, and no level of headings left out."""

from collections.abc import Iterator
from typing import Any

import pytest

from fer_core import list_models
from tests.support.browser import CHROMIUM, NEEDS_CHROMIUM, Server, opened, running, wait_until_run

pytest.importorskip("playwright.sync_api", reason="needs playwright")
axe_playwright = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python")

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason=NEEDS_CHROMIUM),
    pytest.mark.skipif(not list_models(), reason="needs a bundle under models/"),
]
PAGES = ("", "live", "compare", "model")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("accessibility") / "server.log") as started:
        yield started


def violations(page: Any, name: str) -> list[str]:
    """What axe-core finds on a page: serious, critical, or a level of headings left out."""
    found = axe_playwright.Axe().run(page).response["violations"]
    return [
        f"/{name}: {violation['id']} at {node['target']}"
        for violation in found
        if violation["impact"] in ("serious", "critical") or violation["id"] == "heading-order"
        for node in violation["nodes"]
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(server: Server, theme: str) -> None:
    found = []
    with opened(server.url, color_scheme=theme) as page:
        for name in PAGES:
            page.goto(f"{server.url}/{name}")
            page.get_by_role("heading", level=1).wait_for()
            wait_until_run(page)
            page.wait_for_function("!document.querySelector('[data-testid=stSkeleton], [data-stale=true]')")
            if violations(page, name):  # what fades in is too pale for a moment
                page.wait_for_timeout(3000)
                found += violations(page, name)
    assert not found
