"""Files that grow frame by frame."""

from pathlib import Path

import numpy as np
import pytest

from fer_core import ImageError
from fer_core.video.reader import Video
from fer_core.video.tables import CsvWriter
from fer_core.video.writer import VideoWriter


def test_odd_sides_and_a_change_of_size_do_not_stop_the_copy(tmp_path: Path) -> None:
    path = tmp_path / "copy.mp4"
    copy = VideoWriter(path, 10)
    for index, size in enumerate([(97, 131), (97, 131), (60, 200)]):
        copy.add(np.full((*size, 3), 128, np.uint8), index / 10)
    copy.close()
    with Video(path) as video:
        assert [image.shape for _, image in video.frames()] == [(96, 130, 3)] * 3


def test_rows_come_as_csv_and_formulas_as_text(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    table = CsvWriter(path, ("name", "value"))
    table.add([{"name": "a", "value": 1}, {"name": "=b", "value": -2.5}])
    table.add([])
    table.close()
    assert path.read_text(encoding="utf-8") == "name,value\na,1\n'=b,-2.5\n"


def test_a_table_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"x\.csv cannot be written"):
        CsvWriter(tmp_path / "no folder" / "x.csv", ("a",))
