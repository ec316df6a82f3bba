"""The commands that are not large: each takes parsed arguments and returns an exit code."""

import argparse
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from fer_core.analyze import Analysis
from fer_core.batch import analyze_files
from fer_core.card import MODEL_NAME, read_card
from fer_core.command_output import WRITERS, refuse
from fer_core.errors import ImageError, ModelError
from fer_core.images import PICTURE_SUFFIXES
from fer_core.model import EmotionModel, bundle_folder, list_models, load_model


def classify(args: argparse.Namespace) -> int:
    """Classify pictures and folders of pictures."""
    models = load_models(args.model or None, args.models_dir)
    pictures = list(_pictures(args.pictures))
    if not pictures:
        return refuse(f"no pictures ({', '.join(PICTURE_SUFFIXES)}) in {', '.join(args.pictures)}")
    writer = WRITERS[args.format]
    refused = 0

    def results() -> Iterator[Analysis]:
        nonlocal refused
        names = dict.fromkeys(args.model or [model.name for model in models])
        folders = [bundle_folder(name, args.models_dir) for name in names]
        found = analyze_files(pictures, models, folders, threshold=args.unsure_below, workers=args.workers)
        for path, result in found:
            if isinstance(result, Analysis):
                for note in result.notes:
                    print(f"{path}: {note}", file=sys.stderr)
                yield result
            else:
                refused += 1
                print(f"{path}: {result}", file=sys.stderr)

    writer(results())
    return 0 if not refused else 2 if refused == len(pictures) else 1


def label(args: argparse.Namespace) -> int:
    """Label the faces of many pictures: Parquet parts, a row for each face; run again, it goes on."""
    from fer_core.labelling.job import run_job  # brings pyarrow, which nothing else here needs

    return run_job(args)


def video(args: argparse.Namespace) -> int:
    """Follow the faces of a video: a CSV of every frame, an annotated copy, and a summary."""
    from fer_core.video import Video  # brings the video codecs, which nothing else here needs
    from fer_core.video_report import VideoSummary, report, summary_lines

    models, summary = load_models(args.model or None, args.models_dir), VideoSummary()
    if args.annotated and Path(args.annotated).resolve() == Path(args.file).resolve():
        return refuse("the annotated copy would overwrite the video; name another file")
    try:
        with Video(args.file) as source:
            for progress in report(source, models, summary, csv=args.csv, annotated=args.annotated):
                if sys.stderr.isatty():
                    print(f"\r{progress:4.0%}", end="", file=sys.stderr)
            print(*summary_lines(summary), *source.notes, sep="\n")
    except ImageError as error:
        return refuse(error)
    return 1 if source.notes else 0


def models(args: argparse.Namespace) -> int:
    """List the bundles, each with what its card says first."""
    if args.markdown or args.cards:
        return _from_cards(args.models_dir, table=args.markdown)
    names = list_models(args.models_dir)
    broken = 0
    for name in names:
        try:
            card = read_card(bundle_folder(name, args.models_dir))
        except ModelError as error:
            broken += 1
            print(f"model {name} is unavailable: {error}", file=sys.stderr)
            continue
        scores = ", ".join(f"{part} {found['accuracy']:.2%}" for part, found in card.evaluation.items())
        size = card.files.get(MODEL_NAME, {}).get("bytes", 0) / 1e6
        print(f"{name:<16} {card.title} - {card.architecture}, {card.parameters / 1e6:.2f} M, {size:.1f} MB - {scores}")
    if not names:
        return refuse(f"no models under {args.models_dir}")
    return 0 if not broken else 2 if broken == len(names) else 1


def benchmark(args: argparse.Namespace) -> int:
    """Time what users feel; with --live, how the live path keeps up and holds still."""
    from fer_core.benchmark import run

    return run(args.models_dir, args.json, args.live, args.peer_network, args.pictures)


def load_models(names: list[str] | None, models_dir: Path) -> list[EmotionModel]:
    """The named models, each once; for None all flagships that load, the others named on stderr. Raises ModelError."""
    if names is not None:
        return [load_model(name, models_dir) for name in dict.fromkeys(names)]
    loaded = []
    for name in list_models(models_dir):
        try:
            loaded.append(load_model(name, models_dir))
        except ModelError as error:
            print(f"model {name} is unavailable: {error}", file=sys.stderr)
    if not loaded:
        raise ModelError(f"There are no models under {models_dir} that load.")
    return [model for model in loaded if model.card.flagship] or loaded


def _pictures(sources: Iterable[str]) -> Iterator[Path]:
    for source in map(Path, sources):
        if os.path.isdir(source):  # pathlib raises for a name that is too long for any file
            yield from (p for p in sorted(source.rglob("*")) if p.suffix.lower() in PICTURE_SUFFIXES and p.is_file())
        else:
            yield source


def _from_cards(models_dir: Path, table: str | None) -> int:
    """Print a table of the README, or, for None, write the pages of the models."""
    from fer_core.bundles import read_bundles
    from fer_core.model_page import write_pages
    from fer_core.published import published_table
    from fer_core.scoreboard import markdown_table

    bundles, broken = read_bundles(models_dir)
    for name, reason in broken.items():
        print(f"model {name} is unavailable: {reason}", file=sys.stderr)
    if not bundles:
        return refuse(f"no models under {models_dir}")
    tables = {"results": markdown_table, "published": published_table}
    print(*([tables[table](bundles)] if table else write_pages(bundles)), sep="\n")
    return 1 if broken else 0
