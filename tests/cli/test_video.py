"""`video`: the table, the annotated copy and the summary, and what it refuses."""

import csv
from pathlib import Path

import pytest

from fer_core.bundle.registry import list_models
from fer_core.cli.parser import main
from fer_core.video.formats import DEFAULT_FORMATS, FORMATS
from tests.support import video_files


@pytest.fixture(scope="module")
def clip() -> bytes:
    return video_files.astronaut()


needs_model = pytest.mark.skipif(not list_models(), reason="needs a bundle under models/")


@needs_model
def test_a_table_a_copy_and_a_summary(clip: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, table, copy = tmp_path / "in.mp4", tmp_path / "out.csv", tmp_path / "out.mp4"
    source.write_bytes(clip)
    name = list_models()[0]
    arguments = ["video", str(source), "--csv", str(table), "--annotated", str(copy), "--model", name]
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    assert "10 frames" in printed and name in printed
    rows = list(csv.DictReader(table.open(encoding="utf-8")))
    assert len(rows) == 10 and {row["model"] for row in rows} == {name}
    assert copy.stat().st_size > 1000


@needs_model
@pytest.mark.parametrize("content", [b"", b"text", b"\0\0\0\x18ftypisom"], ids=["empty", "text", "head alone"])
def test_an_unusable_video_is_refused_and_writes_nothing(
    content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "in.mp4"
    source.write_bytes(content)
    assert main(["video", str(source), "--csv", str(tmp_path / "out.csv")]) == 2
    assert "in.mp4" in capsys.readouterr().err
    assert not (tmp_path / "out.csv").exists()


@needs_model
def test_the_copy_does_not_overwrite_its_source(clip: bytes, tmp_path: Path) -> None:
    source = tmp_path / "in.mp4"
    source.write_bytes(clip)
    for option in ("--annotated", "--csv"):
        assert main(["video", str(source), option, str(source)]) == 2
        assert source.read_bytes() == clip
    both = str(tmp_path / "both")
    assert main(["video", str(source), "--annotated", both, "--csv", both]) == 2 and not Path(both).exists()


def test_the_help_names_every_format(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["video", "--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert f"{', '.join(FORMATS)} (default: all but mp4)" in said and DEFAULT_FORMATS == FORMATS[:-1]
