"""The package's own files, and files that appear whole or not at all."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

PACKAGE: Final = Path(__file__).resolve().parent.parent
"""The folder of fer_core."""
CHECKOUT: Final = PACKAGE.parent
"""The folder that holds fer_core: the checkout, unless the package was installed."""
APP_FOLDERS: Final = (CHECKOUT, PACKAGE / "app")
"""Where streamlit_app.py is: in a checkout, and in an installed package."""
DATA: Final = PACKAGE / "data"
"""Files that ship inside the package."""
UNFINISHED: Final = ".unfinished-"
"""How the names of files begin that `atomic_write` has not finished; a killed process leaves them behind."""


def app_script() -> Path | None:
    """streamlit_app.py of the checkout, else of the installed package; None where there is neither."""
    return next((path for folder in APP_FOLDERS if (path := folder / "streamlit_app.py").is_file()), None)


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


@contextlib.contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Yield a new folder beside `path` to fill; it takes the place of `path` when the block ends without an error.

    Readers see the old folder, for a moment none, or the new one whole; after an error the old one is back. Raises
    OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=UNFINISHED, suffix=f"-{path.name}", dir=path.parent))
    before = unfinished.with_name(f"{unfinished.name}-before")
    try:
        yield unfinished
        os.chmod(unfinished, 0o777 & ~_umask())
        for file in unfinished.iterdir():
            _flush(file)
        if path.exists():
            os.replace(path, before)
        os.replace(unfinished, path)
    except BaseException:  # an interruption, too, must not end between the two
        if before.exists() and not path.exists():
            os.replace(before, path)
        raise
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.rmtree(before, ignore_errors=True)


def remove_unfinished(folder: Path) -> None:
    """Remove what killed processes have left below a folder: unfinished files and folders."""
    for path in [*folder.rglob(f"{UNFINISHED}*")]:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _flush(file: Path) -> None:
    """Have the system write a file to the disk, so that it cannot be there by name and empty after a power cut."""
    with open(file, "rb") as opened:
        os.fsync(opened.fileno())


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
