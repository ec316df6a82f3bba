"""One process at a time writes into a folder."""

from pathlib import Path

import pytest

from fer_core.utils.locks import locked


def test_a_held_folder_is_refused_and_then_free(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "job"
    with locked(folder), pytest.raises(BlockingIOError, match="Another run is writing"), locked(folder):
        pass
    with locked(folder):
        assert folder.is_dir()
