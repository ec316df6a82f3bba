"""Types for argparse: what a number on the command line must be."""

import argparse
from collections.abc import Callable


def positive(kind: type[int] | type[float], or_zero: bool = False) -> Callable[[str], float]:
    """A type for a finite number greater than 0, or, with `or_zero`, 0 as well."""

    def convert(text: str) -> float:
        value = kind(text)
        if not (0 < value < float("inf") or (or_zero and value == 0)):
            raise argparse.ArgumentTypeError(
                f"must be {'0 or more' if or_zero else 'greater than 0'}. Received: {text}"
            )
        return value

    convert.__name__ = kind.__name__
    return convert


def share(text: str) -> float:
    """A share, 0 to 1."""
    if not 0 <= float(text) <= 1:
        raise argparse.ArgumentTypeError(f"must be 0 to 1. Received: {text}")
    return float(text)


def seed(text: str) -> int:
    """A seed as numpy takes it."""
    if not 0 <= int(text) < 2**32:
        raise argparse.ArgumentTypeError(f"must be 0 to 2^32 - 1. Received: {text}")
    return int(text)
