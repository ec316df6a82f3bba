"""The command `classify`: pictures and folders -> a table, JSON or CSV, annotated copies, and why of each face."""

import argparse
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from fer_core.analysis import Analysis, analyze_files
from fer_core.cli.common import blur_of, load_models, refuse
from fer_core.cli.explain import Explanations
from fer_core.cli.output import WRITERS
from fer_core.cli.totals import Totals
from fer_core.explanation import ABOUT
from fer_core.image import IMAGE_SUFFIXES
from fer_core.utils.progress import progress_bar


def run(args: argparse.Namespace) -> int:
    """Write the results of all pictures to stdout, and each refusal and note to stderr."""
    copies = Path(args.annotated) if args.annotated else None
    reasons = Path(args.explain) if args.explain else None
    written = [folder for folder in (copies, reasons) if folder]
    for folder in written:
        if any(_same(folder, source) for source in args.pictures):
            return refuse(f"the next run would take the copies in {folder} for pictures; name another folder")
    try:
        blur = blur_of(args)
    except ValueError as error:
        return refuse(str(error))
    if blur and (copies is None or reasons is not None):
        return refuse("--blur-faces needs --annotated DIR, and --explain shows faces as they are")
    models = load_models(args.model, args.models_dir)
    places = dict(_pictures(args.pictures, written))
    if not places:
        return refuse(f"no pictures ({', '.join(IMAGE_SUFFIXES)}) in {', '.join(args.pictures)}")
    totals = Totals()
    explanations = Explanations(places, reasons, models.values()) if reasons else None

    def results() -> Iterator[Analysis]:
        analyses = analyze_files(
            places,
            models,
            threshold=args.unsure_below,
            workers=args.workers,
            detector=args.detector,
            copies=copy_paths(places, copies) if copies else None,
            blur=blur,
        )
        with progress_bar(len(places), "pictures") as bar:
            for path, result in analyses:
                bar.clear()  # what is printed until it is drawn again stands on lines of its own
                if explanations and isinstance(result, Analysis):
                    result = explanations.write(path, result)
                if isinstance(result, Analysis):
                    totals.add(result)
                    for note in result.notes:
                        print(f"{path}: {note}", file=sys.stderr)
                    yield result
                else:
                    totals.refused += 1
                    print(f"{path}: {result}", file=sys.stderr)
                bar.update()
                bar.refresh()

    WRITERS[args.format](results(), list(map(str, places)))
    if args.format == "table" and totals.read:
        print("", *totals.lines(), *(["", ABOUT] if explanations else []), sep="\n")
    return 0 if not totals.refused else 1 if totals.read else 2


def _pictures(sources: Iterable[str], written: Iterable[Path]) -> Iterator[tuple[Path, Path]]:
    """Each picture with its path below the folder it was found in: files as they are named, folders as all in them.

    The folders that are written to are no sources, also where they lie in one.
    """
    leave_out = {folder.resolve() for folder in written}
    for source in map(Path, sources):
        if not os.path.isdir(source):  # pathlib raises for a name that is too long for any file
            yield source, Path(source.name)
            continue
        for path in sorted(source.rglob("*")):
            if path.suffix.lower() not in IMAGE_SUFFIXES or not path.is_file():
                continue
            if leave_out.isdisjoint(path.resolve().parents):
                yield path, path.relative_to(source)


def copy_paths(places: dict[Path, Path], folder: Path) -> dict[Path, Path]:
    """Picture -> where its annotated copy goes: PNG files as the pictures lie, each with a name of its own."""
    taken = {_key(path) for path in places}
    targets = {}
    for path, place in places.items():
        target = folder / place.with_name(f"{place.stem}-emotions.png")
        number = 1
        while _key(target) in taken:
            number += 1
            target = target.with_name(f"{place.stem}-emotions-{number}.png")
        taken.add(_key(target))
        targets[path] = target
    return targets


def _key(path: Path) -> str:
    return os.path.abspath(path).lower()  # as file systems compare names that do not tell cases apart


def _same(folder: Path, source: str) -> bool:
    return os.path.isdir(source) and os.path.isdir(folder) and os.path.samefile(folder, source)
