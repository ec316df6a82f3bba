"""The package's own files, and files that appear whole or not at all."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

PACKAGE: Final = Path(__file__).resolve().parent.parent
"""The folder of fer_core."""
CHECKOUT: Final = PACKAGE.parent
"""The folder that holds fer_core: the checkout, unless the package was installed."""
DATA: Final = PACKAGE / "data"
"""Files that ship inside the package."""
UNFINISHED: Final = ".unfinished-"
"""How the names of files begin that `atomic_write` has not finished; a killed process leaves them behind."""


@contextlib.contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path` to write to; it replaces `path` when the block ends without an error.

    Readers see the old file or the new one, never a part. The permissions of an existing file are kept. Raises OSError.
    """
    handle, name = tempfile.mkstemp(prefix=UNFINISHED, suffix=f"-{path.name}", dir=path.parent)
    os.close(handle)
    unfinished = Path(name)
    try:
        yield unfinished
        os.chmod(unfinished, path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask())
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
