"""What `label` takes as its source."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fer_core.errors import DatasetError
from fer_core.labelling.sources import list_sources


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Two files that are named as pictures, one of them in a folder below, and one that is not."""
    (tmp_path / "below").mkdir()
    for name in ("a.png", "below/b.JPG", "notes.md"):
        (tmp_path / name).touch()
    return tmp_path


def test_folders_globs_and_lists(pictures: Path) -> None:
    expected = [str(pictures / "a.png"), str(pictures / "below" / "b.JPG")]
    assert list_sources(str(pictures)) == expected
    assert list_sources(f"{pictures}/**/*.JPG") == [expected[1]]
    text = pictures / "list.txt"
    text.write_text("a.png\n\nbelow/b.JPG\na.png\n")
    assert list_sources(str(text)) == expected
    for column in ("path", "source"):
        table = pictures / f"{column}.parquet"
        pq.write_table(pa.table({"other": [1, 2], column: ["a.png", "below/b.JPG"]}), table)
        assert list_sources(str(table)) == expected


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "names no pictures"), (b"PAR1", "cannot be read"), ({"x": [1]}, "no column path or source")],
    ids=["missing", "damaged", "other columns"],
)
def test_sources_that_say_nothing(tmp_path: Path, content: Any, said: str) -> None:
    path = tmp_path / ("list.parquet" if content else "folder")
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content:
        pq.write_table(pa.table(content), path)
    with pytest.raises(DatasetError, match=said):
        list_sources(str(path))


def test_an_unknown_store_is_refused_with_advice() -> None:
    with pytest.raises(DatasetError, match="nonsense:// needs fsspec"):
        list_sources("nonsense://bucket/faces")
