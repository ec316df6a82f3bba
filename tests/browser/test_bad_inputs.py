"""Ten of the 65 bad inputs through a real browser: the line is seen, and the next good upload works."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fer_core.bundle.registry import list_models
from tests.support.bad_inputs import CASES, Case, good
from tests.support.browser import CHROMIUM, NEEDS_CHROMIUM, opened, running

pytest.importorskip("playwright.sync_api", reason="needs playwright")
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason=NEEDS_CHROMIUM),
    pytest.mark.skipif(not list_models(), reason="needs a bundle under models/"),
]
SEEN = {
    1: "empty.jpg is empty",
    3: "text.jpg is not a supported image",
    11: "convert to JPEG",
    18: "cut.jpg is damaged",
    25: "bomb.png is too large",
    30: re.compile(r"File must be 20(\.0)? ?MB or smaller"),  # the browser's own check comes first
    41: "only its first frame is used",
    47: "No face found. Try",
    52: "The whole picture was taken as the face",
    54: re.compile(r"^<script>alert\(1\)<script>\.png$"),
}
"""Number of a case -> what the page shows."""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with running(tmp_path_factory.mktemp("server") / "log.txt") as server, opened(server.url) as visited:
        yield visited


def upload(page: Any, folder: Path, name: str, data: bytes) -> None:
    (folder / name).write_bytes(data)  # from a disk: 20 MB through the driver's own pipe take long
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(folder / name)


@pytest.mark.parametrize("case", [case for case in CASES if case.number in SEEN], ids=str)
def test_the_line_is_seen_and_the_next_upload_works(page: Any, case: Case, tmp_path: Path) -> None:
    upload(page, tmp_path, *case.files()[0])
    page.get_by_text(SEEN[case.number]).first.wait_for()
    upload(page, tmp_path, f"good-{case.number}.png", good())
    page.get_by_role("heading", name=f"good-{case.number}.png").wait_for()
    page.get_by_text(re.compile("happy")).first.wait_for()
    assert page.get_by_test_id("stException").count() == 0
    page.mouse.move(0, 0)  # the help of what it rests on might lie over the button
    page.get_by_role("button", name="Clear results").click()
    page.get_by_role("heading", name=f"good-{case.number}.png").wait_for(state="detached")
