"""Where pictures come from: a folder, a glob, a list, or a prefix of an object store or web server."""

import functools
import glob
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from fer_core.errors import DatasetError, ImageError
from fer_core.image import IMAGE_SUFFIXES, MAX_IMAGE_BYTES, read_image_bytes

_LISTS: Final = (".txt", ".parquet")
_STORES: Final = ("s3", "gs")  # pyarrow speaks to these itself; others need fsspec's package for them


def list_sources(source: str) -> list[str]:
    """Every picture that `source` names, in a fixed order, each once. Raises DatasetError where there is none.

    source: a folder (searched to the bottom), a glob (`faces/**/*.jpg`), a text file with a path or address a line, a
    Parquet file with a column `path` or `source`, or an address such as s3://bucket/prefix, gs://... or https://...
    (by pyarrow and fsspec, with credentials and AWS_ENDPOINT_URL where those look for them). Relative paths in a list
    are taken from the folder that the list is in.
    """
    if "://" in source:
        found = _remote(source)
    elif os.path.isdir(source):
        found = (str(path) for path in Path(source).rglob("*") if path.suffix.lower() in IMAGE_SUFFIXES)
    elif source.lower().endswith(_LISTS):
        found = _listed(Path(source))
    else:
        found = (path for path in glob.iglob(source, recursive=True) if os.path.isfile(path))
    pictures = sorted(set(found))
    if not pictures:
        raise DatasetError(f"{source} names no pictures ({', '.join(IMAGE_SUFFIXES)}).")
    return pictures


def read_source(source: str) -> bytes:
    """The bytes of one picture, at most 20 MB. Raises ImageError with the reason."""
    if "://" not in source:
        return read_image_bytes(source)
    try:
        with _filesystem(source).open(source, "rb") as file:
            content: bytes = file.read(MAX_IMAGE_BYTES + 1)
    except Exception as error:  # every store has errors of its own
        raise ImageError(f"{source} cannot be read: {error or type(error).__name__}") from error
    if len(content) > MAX_IMAGE_BYTES:
        raise ImageError(f"{source} is larger than {MAX_IMAGE_BYTES // 2**20} MB.")
    return content


def _listed(path: Path) -> Iterator[str]:
    try:
        if path.suffix.lower() == ".txt":
            lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
        else:
            import pyarrow.parquet as pq

            columns = pq.read_schema(path).names
            column = next((name for name in ("path", "source") if name in columns), None)
            if column is None:
                raise DatasetError(f"{path} has no column path or source, only {', '.join(columns)}.")
            lines = [str(value) for value in pq.read_table(path, columns=[column])[column].to_pylist() if value]
    except (OSError, ValueError) as error:
        raise DatasetError(f"{path} cannot be read: {error}") from error
    return (line if "://" in line else str(path.parent / line) for line in lines if line)


def _remote(source: str) -> Iterator[str]:
    filesystem = _filesystem(source)
    try:
        if filesystem.isfile(source):
            return iter([source])
        found = filesystem.glob(source) if any(mark in source for mark in "*?[") else filesystem.find(source)
    except Exception as error:  # every store has errors of its own
        raise DatasetError(f"{source} cannot be listed: {error or type(error).__name__}") from error
    names = (filesystem.unstrip_protocol(name) for name in found)
    return (name for name in names if Path(name.split("?")[0]).suffix.lower() in IMAGE_SUFFIXES)


def _filesystem(source: str) -> Any:
    protocol, rest = source.split("://", 1)
    return _opened(protocol, rest.split("/")[0] if protocol in _STORES else "")


@functools.cache  # opening a store asks it for its region
def _opened(protocol: str, bucket: str) -> Any:
    try:
        if bucket:
            from fsspec.implementations.arrow import ArrowFSWrapper
            from pyarrow.fs import FileSystem

            return ArrowFSWrapper(FileSystem.from_uri(f"{protocol}://{bucket}")[0])
        import fsspec

        return fsspec.filesystem(protocol)
    except (ImportError, ValueError, OSError) as error:
        raise DatasetError(f"{protocol}:// cannot be used: {error}") from error
