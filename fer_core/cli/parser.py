"""The command line, `facial-emotions` or `python -m fer_core`: its commands, their options, and `main`.

Exit codes: 0 all done, 1 some inputs refused (each named on stderr), 2 wrong usage or nothing usable.
"""

import argparse
import io
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from fer_core.analysis import UNSURE_BELOW
from fer_core.cli import adapt, app, benchmark, classify, evaluate, label, models, serve, video
from fer_core.cli.common import refuse
from fer_core.cli.output import WRITERS
from fer_core.detection import DEFAULT_DETECTOR, DETECTORS
from fer_core.errors import FerError
from fer_core.utils.clock import parse_time


def main(arguments: Sequence[str] | None = None, prog: str = "facial-emotions") -> int:
    """Run one command; returns its exit code.

    arguments: of the command line; None for those of this process. prog: what the usage calls the program.
    """
    for stream in (sys.stdout, sys.stderr):  # file names may have characters that the terminal's encoding lacks
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    parser = build_parser(prog)
    args, rest = parser.parse_known_args(arguments)
    args.rest = rest
    if rest and args.run is not app.run:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    try:
        return int(args.run(args))
    except FerError as error:
        return refuse(error)
    except BrokenPipeError:  # the reader of our output has gone: nothing is left to say
        sys.stderr.close()
        return 0


def build_parser(prog: str) -> argparse.ArgumentParser:
    """All commands with their options. The result of parsing has `run`: takes the result, returns the exit code."""
    parser = argparse.ArgumentParser(prog=prog, description="Seven emotions from faces.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(
        name: str, run: Callable[[argparse.Namespace], int], summary: str, *options: Callable[[Any], None]
    ) -> None:
        added = commands.add_parser(name, help=summary, description=summary, allow_abbrev=run is not app.run)
        for add in (*options, _models_dir):
            add(added)
        added.set_defaults(run=run)

    command("app", app.run, "Start the app; options of `streamlit run` may follow.")
    command("classify", classify.run, "Classify pictures and folders of pictures.", _model, _detector, _classify)
    command(
        "label",
        label.run,
        "Label the faces of many pictures: Parquet files, a row per face.",
        _model,
        _detector,
        _label,
    )
    command(
        "video",
        video.run,
        "Track the faces of a video: a CSV, an annotated copy, a summary.",
        _model,
        _detector,
        _video,
    )
    command(
        "evaluate",
        evaluate.run,
        "Measure models on a dataset, beside what their cards say of it.",
        _evaluate,
        _detector,
    )
    command("models", models.run, "List the models, each with what its card says first.", _models)
    command(
        "adapt", adapt.run, "Fit a model's last layer to your own labelled pictures, in seconds.", _detector, _adapt
    )
    command("serve", serve.run, "Serve the models over HTTP, to programs.", _model, _serve)
    command("benchmark", benchmark.run, "Time what users feel; with --live, webcam and video.", _detector, _benchmark)
    return parser


def _models_dir(parser: Any) -> None:
    usual = "where the models are (default: models/ of the checkout, else your own and those of the installed package)"
    parser.add_argument("--models-dir", type=Path, metavar="DIR", help=usual)


def _model(parser: Any) -> None:
    parser.add_argument(
        "--model",
        action="append",
        metavar="NAME",
        help="may be repeated; cnn+mobilenet: the mean of both (default: the recommended ones)",
    )


def _detector(parser: Any) -> None:
    explained = "finds the faces; auto: blazeface, with finer searches for small faces (default: %(default)s)"
    parser.add_argument("--detector", choices=tuple(DETECTORS), default=DEFAULT_DETECTOR, help=explained)


def _unsure_below(parser: Any) -> None:
    explained = "a confidence below X is marked as unsure (default: %(default)s)"
    parser.add_argument("--unsure-below", type=float, default=UNSURE_BELOW, metavar="X", help=explained)


def _workers(parser: Any, default: int) -> None:
    parser.add_argument(
        "--workers", type=_positive, default=default, metavar="N", help="processes (default: %(default)s)"
    )


def _blur_faces(parser: argparse.ArgumentParser) -> None:
    hidden = "make faces in annotated copies unrecognisable, so that no detector finds one"
    parser.add_argument("--blur-faces", action="store_true", help=hidden)
    kept = "with --blur-faces: leave face number N as it is; may be repeated"
    parser.add_argument("--keep-face", type=_positive, action="append", metavar="N", help=kept)


def _positive(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"Expected a whole number of at least 1. Received: {text}.")
    return number


def _classify(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("pictures", nargs="+", metavar="PICTURE|FOLDER")
    parser.add_argument("--format", choices=tuple(WRITERS), default="table", help="default: %(default)s")
    copies = "write a copy of each picture with boxes and labels into DIR, as PNG"
    parser.add_argument("--annotated", metavar="DIR", help=copies)
    why = "write for each face and model what in the face decided, over the face, into DIR, as PNG"
    parser.add_argument("--explain", metavar="DIR", help=why)
    _blur_faces(parser)
    _workers(parser, default=1)
    _unsure_below(parser)


def _label(parser: argparse.ArgumentParser) -> None:
    sources = "folder, glob, list (.txt, .parquet), or s3://, gs://, https://"
    parser.add_argument("source", metavar="SOURCE", help=sources)
    parser.add_argument("--out", required=True, metavar="DIR", help="each job gets a folder of its own in it")
    engines = "ray: on many machines (default: %(default)s)"
    parser.add_argument("--engine", choices=("local", "ray"), default="local", help=engines)
    parser.add_argument("--address", metavar="ADDRESS", help="of a running Ray cluster (default: one on this machine)")
    parser.add_argument(
        "--batch-size", type=_positive, default=32, metavar="N", help="pictures per batch (default: %(default)s)"
    )
    _workers(parser, default=os.cpu_count() or 1)
    _unsure_below(parser)


def _video(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("films", nargs="+", metavar="FILE|FOLDER|GLOB", help="MP4, WebM, MOV, MKV or AVI")
    parser.add_argument("--csv", metavar="OUT", help="one film: write a row per frame, face and model")
    parser.add_argument("--annotated", metavar="OUT", help="one film: write an MP4 with boxes and labels")
    parser.add_argument("--out", metavar="DIR", help="any number of films: each gets a folder of results below DIR")
    formats = "with --out: which files, with commas: csv, parquet, eaf, srt, vtt, mp4 (default: all but mp4)"
    parser.add_argument("--formats", metavar="LIST", help=formats)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--fps", type=float, metavar="N", help="look at N frames a second (default: all)")
    which.add_argument("--every", type=_positive, default=1, metavar="N", help="look at every N-th frame")
    parser.add_argument("--start", type=_time, default=0.0, metavar="T", help="seconds, M:S or H:M:S")
    parser.add_argument("--end", type=_time, metavar="T", help="seconds, M:S or H:M:S")
    looks = "do not know a face by its looks that comes back after a cut or an absence: it gets a new number"
    parser.add_argument("--no-recognition", dest="recognise", action="store_false", help=looks)
    parser.add_argument("--fresh", action="store_true", help="with --out: do anew what was done before")
    _blur_faces(parser)
    _workers(parser, default=os.cpu_count() or 1)


def _time(text: str) -> float:
    try:
        return parse_time(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _evaluate(parser: argparse.ArgumentParser) -> None:
    layouts = "dataset in any layout that the training scripts take"
    parser.add_argument("--data", required=True, metavar="PATH", help=layouts)
    which = parser.add_mutually_exclusive_group()
    _model(which)
    which.add_argument("--ensemble", nargs="+", metavar="NAME", help="average these models' probabilities")
    parser.add_argument("--ferplus", metavar="FILE", help="FER+ votes for the rows of the CSV: adds ferplus_test")
    parser.add_argument("--json", metavar="FILE", help="write all metrics to FILE")
    corrupted = "also measure on corrupted faces, and store that in the cards"
    parser.add_argument("--robustness", action="store_true", help=corrupted)
    pictures = (
        "take DATA as pictures in folders by emotion: their largest face is found and framed, a missed one is wrong"
    )
    parser.add_argument("--find-faces", action="store_true", help=pictures)
    stored = "with --find-faces: write the result into the models' cards; NAME: what the set of pictures is called"
    parser.add_argument("--store", metavar="NAME", help=stored)
    parser.add_argument("--source", default="", metavar="TEXT", help="where that set comes from, kept with --store")


def _serve(parser: argparse.ArgumentParser) -> None:
    away = "address to listen at; other machines reach 0.0.0.0, for which a token is needed (default: %(default)s)"
    parser.add_argument("--host", default="127.0.0.1", metavar="HOST", help=away)
    parser.add_argument(
        "--port", type=int, default=8502, metavar="PORT", help="0: any that is free (default: %(default)s)"
    )
    _workers(parser, default=1)
    parser.add_argument("--token-file", metavar="FILE", help="its first line is what clients must show")


def _adapt(parser: argparse.ArgumentParser) -> None:
    pictures = "folder of pictures in folders by emotion; the largest face of each is found and framed"
    parser.add_argument("--data", required=True, metavar="FOLDER", help=pictures)
    parser.add_argument("--model", default="everyday", metavar="NAME", help="to adapt (default: %(default)s)")
    parser.add_argument("--name", default="mine", metavar="NAME", help="of the new model (default: %(default)s)")
    parser.add_argument("--keep", action="store_true", help="write it even where it is not better on these faces")
    parser.add_argument("--replace", action="store_true", help="replace a model of that name")


def _models(parser: argparse.ArgumentParser) -> None:
    how = parser.add_mutually_exclusive_group()
    tables: dict[str, Any] = {"nargs": "?", "const": "results", "choices": ("results", "published")}
    how.add_argument("--markdown", **tables, help="print a table of the documents instead (alone: %(const)s)")
    how.add_argument("--cards", action="store_true", help="write models/<name>/README.md from each card instead")


def _benchmark(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--peer-network", metavar="FILE", help="the fer package's network, to be compared with")
    parser.add_argument(
        "--pictures", type=_positive, default=60, metavar="N", help="in the folder (default: %(default)s)"
    )
    live = "time the live path, on synthetic frames and on VIDEO"
    parser.add_argument("--live", nargs="?", const="", metavar="VIDEO", help=live)
    parser.add_argument("--json", metavar="FILE", help="write the figures to FILE")
