"""A progress bar on stderr, where somebody looks at it."""

import sys
from typing import Any

from tqdm import tqdm

_FRACTION = "{percentage:3.0f} %|{bar}| {elapsed}, {remaining} left{postfix}"


def progress_bar(total: int, unit: str) -> "tqdm[Any]":
    """A bar for `total` things, to be used in `with`; `update(n)` moves it on.

    It is shown at a terminal alone, and for several things.
    """
    return _bar(total > 1, total=total, unit=f" {unit}")


def fraction_bar() -> "tqdm[Any]":
    """The same from 0 to 1, for what is not counted."""
    return _bar(True, total=1.0, bar_format=_FRACTION)


def _bar(wanted: bool, **options: Any) -> "tqdm[Any]":
    shown = wanted and sys.stderr is not None and sys.stderr.isatty()
    return tqdm(file=sys.stderr, disable=not shown, leave=False, dynamic_ncols=True, **options)
