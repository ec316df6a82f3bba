"""README.md and docs/: short enough, and what they, the pages and the code point to is there."""

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT

DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]
CODE = [path for pattern in ("fer_core/**/*.py", "pages/**/*.py", "*.py") for path in ROOT.glob(pattern)]
LINK = re.compile(r"\]\((?!https?://|#)([^)#]+)")
MENTIONED = re.compile(
    r"(?<![/\w])((?:docs|deploy|notebooks|benchmarks)/[\w/.-]+\.(?:md|ipynb|yaml|conf|py)|[A-Z]{4,}\.md)\b"
)


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 120


def test_the_readme_has_the_test_command_that_the_checks_run() -> None:
    (wanted,) = re.findall(r"grep -m1 '([^']+)' README\.md", (ROOT / ".ci" / "run").read_text("utf-8"))
    lines = [line for line in (ROOT / "README.md").read_text("utf-8").splitlines() if wanted in line]
    assert lines == ["python3 -m venv .venv && .venv/bin/pip install -r requirements-dev.txt && .venv/bin/pytest"]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_to_files(path: Path) -> None:
    links = LINK.findall(path.read_text("utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []
    assert links or path.name != "README.md"


@pytest.mark.parametrize("path", [*DOCUMENTS, *CODE], ids=lambda path: str(path.relative_to(ROOT)))
def test_documents_that_are_named_exist(path: Path) -> None:
    named = set(MENTIONED.findall(path.read_text("utf-8")))
    assert [name for name in named if not ((ROOT / name).exists() or (path.parent / name).exists())] == []


def test_the_advice_on_cameras_names_a_heading_that_exists() -> None:
    advice = (ROOT / "pages" / "parts" / "live" / "camera.py").read_text("utf-8")
    document, heading = re.findall(r"\((docs/\w+\.md), ([^)]+)\)", advice)[0]
    assert re.search(rf"^#+ {heading}$", (ROOT / document).read_text("utf-8"), re.MULTILINE)


def test_the_pictures_are_light() -> None:
    pictures = list((ROOT / "docs" / "pictures").glob("*.webp"))
    assert pictures and sum(path.stat().st_size for path in pictures) < 1.5e6
