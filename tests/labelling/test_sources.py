"""What `label` takes as its source."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fer_core.errors import DatasetError, ImageError
from fer_core.labelling.sources import list_sources, read_source


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
    with pytest.raises(DatasetError, match="nonsense:// cannot be used"):
        list_sources("nonsense://bucket/faces")


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """s3://faces/ on a store of this machine."""
    boto3 = pytest.importorskip("boto3", reason="needs moto")
    moto = pytest.importorskip("moto.server", reason="needs moto")
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "any")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    client = boto3.client("s3")
    client.create_bucket(Bucket="faces")
    for key in ("day/a.png", "day/deep/b c.JPG", "day/notes.txt", "night/d.png"):
        client.put_object(Bucket="faces", Key=key, Body=f"content of {key}".encode())
    yield "s3://faces"
    server.stop()


def test_an_object_store(bucket: str) -> None:
    pictures = ["s3://faces/day/a.png", "s3://faces/day/deep/b c.JPG"]
    assert list_sources(f"{bucket}/day") == pictures
    assert list_sources(f"{bucket}/*/*.png") == ["s3://faces/day/a.png", "s3://faces/night/d.png"]
    assert list_sources(pictures[0]) == pictures[:1]
    assert [read_source(picture) for picture in pictures] == [b"content of day/a.png", b"content of day/deep/b c.JPG"]
    with pytest.raises(ImageError, match=r"s3://faces/gone.png cannot be read"):
        read_source(f"{bucket}/gone.png")
    with pytest.raises(DatasetError, match="names no pictures"):
        list_sources(f"{bucket}/dusk")
