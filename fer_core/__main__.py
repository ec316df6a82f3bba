"""The command line: `python -m fer_core classify|label|video|evaluate|models|benchmark`.

Exit codes: 0 all done, 1 some inputs refused (each named on stderr), 2 wrong usage or nothing usable.
"""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fer_core.command_output import WRITERS, refuse
from fer_core.commands import benchmark, classify, label, models, video
from fer_core.errors import DatasetError, ModelError
from fer_core.evaluate_command import evaluate
from fer_core.model import MODELS_DIR


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    args = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = args.run
    try:
        return command(args)
    except (DatasetError, ModelError) as error:
        return refuse(error)
    except BrokenPipeError:  # the reader of our output has gone: nothing is left to say
        sys.stderr.close()
        return 0


def _positive(text: str) -> int:
    if int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, got {text}")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--models-dir", type=Path, default=MODELS_DIR, metavar="DIR", help="default: %(default)s")
    parser = argparse.ArgumentParser(prog="python -m fer_core", description="Seven emotions from faces.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(run: Callable[[argparse.Namespace], int]) -> Any:
        added = commands.add_parser(run.__name__, parents=[common], help=run.__doc__, description=run.__doc__)
        added.set_defaults(run=run)
        return added

    p = command(classify)
    p.add_argument("pictures", nargs="+", metavar="PICTURE|FOLDER")
    p.add_argument("--model", action="append", metavar="NAME", help="may be repeated (default: the flagships)")
    p.add_argument("--format", choices=tuple(WRITERS), default="table", help="default: %(default)s")
    p.add_argument("--workers", type=_positive, default=1, metavar="N", help="processes (default: %(default)s)")
    p.add_argument("--unsure-below", type=float, default=0.5, metavar="X", help="confidence (default: %(default)s)")
    p = command(label)
    p.add_argument("source", metavar="SOURCE", help="folder, glob, list (.txt, .parquet), or s3://, gs://, https://")
    p.add_argument("--out", required=True, metavar="DIR", help="each job gets a folder of its own in it")
    p.add_argument("--model", action="append", metavar="NAME", help="may be repeated (default: the flagships)")
    p.add_argument(
        "--engine", choices=("local", "ray"), default="local", help="ray: on many machines (default: %(default)s)"
    )
    p.add_argument("--address", metavar="ADDRESS", help="of a running Ray cluster (default: one on this machine)")
    p.add_argument("--workers", type=_positive, default=os.cpu_count() or 1, metavar="N", help="default: %(default)s")
    p.add_argument("--batch-size", type=_positive, default=32, metavar="N", help="pictures (default: %(default)s)")
    p.add_argument("--unsure-below", type=float, default=0.5, metavar="X", help="confidence (default: %(default)s)")
    p = command(video)
    p.add_argument("file", metavar="FILE", help="MP4, WebM, MOV or AVI")
    p.add_argument("--csv", metavar="OUT", help="write a row for every frame, face and model")
    p.add_argument("--annotated", metavar="OUT", help="write an MP4 with boxes and labels, without sound")
    p.add_argument("--model", action="append", metavar="NAME", help="may be repeated (default: the flagships)")
    p = command(evaluate)
    p.add_argument("--data", required=True, metavar="PATH", help="dataset in any layout that the scripts train from")
    which = p.add_mutually_exclusive_group()
    which.add_argument("--model", action="append", metavar="NAME", help="may be repeated (default: the flagships)")
    which.add_argument("--ensemble", nargs="+", metavar="NAME", help="average these models' probabilities")
    p.add_argument("--ferplus", metavar="FILE", help="FER+ votes for the rows of the CSV: adds ferplus_test")
    p.add_argument("--json", metavar="FILE", help="write all metrics to FILE")
    p.add_argument("--robustness", action="store_true", help="also disturb the faces, and store it in the cards")
    p = command(models)
    how = p.add_mutually_exclusive_group()
    tables: dict[str, Any] = {"nargs": "?", "const": "results", "choices": ("results", "published")}
    how.add_argument("--markdown", **tables, help="print a table of the README instead (alone: %(const)s)")
    how.add_argument("--cards", action="store_true", help="write models/<name>/README.md from each card instead")
    p = command(benchmark)
    p.add_argument("--peer-network", metavar="FILE", help="the fer package's network, to be compared with")
    p.add_argument("--pictures", type=_positive, default=60, metavar="N", help="in the folder (default: %(default)s)")
    p.add_argument("--live", nargs="?", const="", metavar="VIDEO", help="time the live path, on made frames and VIDEO")
    p.add_argument("--json", metavar="FILE", help="write the figures to FILE")
    return parser


if __name__ == "__main__":
    sys.exit(main())
