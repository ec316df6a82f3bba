"""Every page in Chromium under axe-core, light and dark: nothing serious."""

from collections.abc import Iterator

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


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(server: Server, theme: str) -> None:
    found = []
    with opened(server.url, color_scheme=theme) as page:
        for name in PAGES:
            page.goto(f"{server.url}/{name}")
            page.get_by_role("heading", level=1).wait_for()
            wait_until_run(page)
            page.wait_for_function("!document.querySelector('[data-testid=stSkeleton]')")
            violations = axe_playwright.Axe().run(page).response["violations"]
            found += [
                f"/{name}: {violation['id']} at {node['target']}"
                for violation in violations
                if violation["impact"] in ("serious", "critical")
                for node in violation["nodes"]
            ]
    assert not found
