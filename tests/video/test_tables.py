"""Parquet that grows row by row: groups of rows, and few of them in memory."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from fer_core import ImageError
from fer_core.video.tables import VIDEO_FIELDS, ParquetWriter
from tests.support.tracked import frames


@pytest.mark.parametrize("count", [0, 1, 999, 2_000, 20_001])
def test_every_row_is_there_in_its_order(count: int, tmp_path: Path) -> None:
    (row,) = frames("h")[0].to_rows()
    writer = ParquetWriter(tmp_path / "rows.parquet")
    for index in range(count):
        writer.add([{**row, "time": index / 10, "frame": index, "label": ("happy", "sad")[index % 2]}])
    writer.close()
    table = pq.read_table(tmp_path / "rows.parquet")
    assert tuple(table.column_names) == VIDEO_FIELDS
    assert table["frame"].to_pylist() == list(range(count))
    assert table["label"].to_pylist() == [("happy", "sad")[index % 2] for index in range(count)]
    assert pq.ParquetFile(tmp_path / "rows.parquet").num_row_groups <= 1 + count // 20_000


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"rows\.parquet cannot be written"):
        ParquetWriter(tmp_path / "nowhere" / "rows.parquet")
