"""The command `video`: one film with a table and a copy, or many films with a result folder each."""

import argparse
import sys
from pathlib import Path
from typing import Final

from fer_core.cli.common import blur_of, load_models, refuse
from fer_core.detection import load_detector
from fer_core.errors import DatasetError, ImageError
from fer_core.utils.progress import fraction_bar

_OPTIONS: Final = ("detector", "sampling", "recognise", "csv", "annotated", "blur")
"""Of `analyze_video`."""


def run(args: argparse.Namespace) -> int:
    """Work through the films; returns the exit code. Raises DatasetError, ModelError."""
    from fer_core.video import Sampling, parse_formats  # here: brings the video codecs, which nothing else needs

    try:
        args.sampling = Sampling(args.every, args.fps, args.start, args.end)
        args.blur = blur_of(args)
        args.formats = parse_formats(args.formats, copy=args.blur is not None)
    except ValueError as error:
        return refuse(str(error))
    if args.out is not None:
        if args.csv or args.annotated:
            return refuse("--csv and --annotated are for one film; with --out, name them in --formats")
        if args.blur and "mp4" not in args.formats:
            return refuse("--blur-faces is for the annotated copy; name mp4 in --formats")
        return _films(args)
    if args.blur and not args.annotated:
        return refuse("--blur-faces is for the annotated copy; name it with --annotated")
    if len(args.films) > 1 or Path(args.films[0]).is_dir():
        return refuse("several films need --out DIR, for a result folder each")
    return _film(args)


def _film(args: argparse.Namespace) -> int:
    """One film: write what was asked for, print the summary."""
    from fer_core.video import Video, VideoSummary, analyze_video

    (path,) = args.films
    models, summary = load_models(args.model, args.models_dir), VideoSummary()
    written = [Path(name).resolve() for name in (args.csv, args.annotated) if name]
    if Path(path).resolve() in written:
        return refuse("that would overwrite the video; name another file for --csv or --annotated")
    if len(set(written)) < len(written):
        return refuse("--csv and --annotated name the same file")
    try:
        with Video(path, max_bytes=None) as source:
            options = {name: getattr(args, name) for name in _OPTIONS}
            with fraction_bar() as bar:
                for frame in analyze_video(source, models.values(), **options):
                    summary.add(frame)
                    bar.set_postfix_str(f"{summary.frames} frames", refresh=False)
                    bar.update(frame.progress - bar.n)
            print(*summary.lines(), *source.notes, sep="\n")
    except ImageError as error:
        return refuse(error)
    return 1 if source.notes else 0


def _films(args: argparse.Namespace) -> int:
    """Many films: a result folder each, `summary.json` over all."""
    from fer_core.video import FilmSettings, Progress, job_folder, list_films, run_films

    out = Path(args.out)
    films = list_films(args.films, leave_out=out)
    models = load_models(args.model, args.models_dir)
    detector = load_detector(args.detector).name  # not always what was asked for: Haar stands in for a damaged file
    settings = FilmSettings(tuple(models), detector, args.sampling, args.formats, args.recognise, args.blur)
    folder = job_folder(out, list(models.values()), settings)
    print(f"{len(films)} film{'s' * (len(films) != 1)}: {folder}")
    done = kept = refused = noted = 0
    with fraction_bar() as bar:

        def show(progress: Progress) -> None:
            bar.set_postfix_str(f"{progress.done} of {len(films)} films", refresh=False)
            bar.update(progress.share - bar.n)

        try:
            for outcome in run_films(films, settings, folder, workers=args.workers, fresh=args.fresh, report=show):
                bar.clear()  # what is printed until it is drawn again stands on lines of its own
                refused += outcome.result is None
                kept += outcome.kept
                done += outcome.result is not None and not outcome.kept
                notes = outcome.result["notes"] if outcome.result else [outcome.reason]
                noted += bool(notes)
                for note in notes:
                    print(note, file=sys.stderr)
        except OSError as error:
            raise DatasetError(error.strerror or str(error)) from None
    print(f"{done} done, {kept} done before, {refused} refused.")
    return 2 if refused == len(films) else 1 if noted else 0
