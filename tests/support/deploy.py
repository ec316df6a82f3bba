"""The deployment's files, with other addresses."""

import shutil
from typing import Final

import pytest

from tests.conftest import ROOT

DEPLOY: Final = ROOT / "deploy"
needs_coturn = pytest.mark.skipif(not shutil.which("turnserver"), reason="needs coturn; Debian: apt-get install coturn")


def replaced(text: str, old: str, new: str) -> str:
    """`text` with the one `old` in it replaced."""
    assert text.count(old) == 1, old
    return text.replace(old, new)
