"""The command line: `python -m fer_core classify|video|evaluate|models|benchmark`.

Exit codes: 0 all done, 1 some inputs refused (each named on stderr), 2 wrong usage or nothing usable.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fer_core.analyze import Analysis
from fer_core.batch import analyze_files
from fer_core.card import read_card
from fer_core.errors import DatasetError, FerError, ImageError, ModelError
from fer_core.images import PICTURE_SUFFIXES
from fer_core.model import MODELS_DIR, EmotionModel, bundle_folder, list_models, load_model

if TYPE_CHECKING:
    from fer_core.splits import Faces


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    args = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = args.run
    try:
        return command(args)
    except (DatasetError, ModelError) as error:
        return _refuse(error)
    except BrokenPipeError:  # the reader of our output has gone: nothing is left to say
        sys.stderr.close()
        return 0


def classify(args: argparse.Namespace) -> int:
    """Classify pictures and folders of pictures."""
    models = load_models(args.model or None, args.models_dir)
    pictures = list(_pictures(args.pictures))
    if not pictures:
        return _refuse(f"no pictures ({', '.join(PICTURE_SUFFIXES)}) in {', '.join(args.pictures)}")
    writer = _WRITERS[args.format]
    refused = 0

    def results() -> Iterator[Analysis]:
        nonlocal refused
        names = dict.fromkeys(args.model or [model.name for model in models])
        folders = [bundle_folder(name, args.models_dir) for name in names]
        found = analyze_files(pictures, models, folders, threshold=args.unsure_below, workers=args.workers)
        for path, result in found:
            if isinstance(result, Analysis):
                yield result
            else:
                refused += 1
                print(f"{path}: {result}", file=sys.stderr)

    writer(results())
    return 0 if not refused else 2 if refused == len(pictures) else 1


def video(args: argparse.Namespace) -> int:
    """Follow the faces of a video: a CSV of every frame, an annotated copy, and a summary."""
    from fer_core.video import Video  # brings the video codecs, which nothing else here needs
    from fer_core.video_report import VideoSummary, report, summary_lines

    models, summary = load_models(args.model or None, args.models_dir), VideoSummary()
    if args.annotated and Path(args.annotated).resolve() == Path(args.file).resolve():
        return _refuse("the annotated copy would overwrite the video; name another file")
    try:
        with Video(args.file) as source:
            for progress in report(source, models, summary, csv=args.csv, annotated=args.annotated):
                if sys.stderr.isatty():
                    print(f"\r{progress:4.0%}", end="", file=sys.stderr)
            print(*summary_lines(summary), *source.notes, sep="\n")
    except ImageError as error:
        return _refuse(error)
    return 1 if source.notes else 0


def evaluate(args: argparse.Namespace) -> int:
    """Measure models on a dataset, and beside it what their cards say."""
    from fer_core.datasets import read_dataset  # these two bring pandas, which classifying does not need
    from fer_core.evaluation import evaluate_models
    from fer_core.splits import evaluation_parts

    if args.robustness and args.ensemble:
        return _refuse("--robustness is stored in a model's card, and an ensemble has none; use --model")
    table = read_dataset(args.data, args.ferplus)
    parts = evaluation_parts(table)
    models = load_models(args.model or args.ensemble or None, args.models_dir)
    results = evaluate_models(models, parts, ensemble=bool(args.ensemble))
    recorded = {} if args.ensemble else {m.name: m.card.evaluation for m in models if _same_data(m, table.sha256)}
    for name, by_part in results.items():
        print(name)
        for part, found in by_part.items():
            low, high = found["accuracy_interval"]
            line = f"  {part:<20} {found['n']:>6} faces  accuracy {found['accuracy']:.4f} ({low:.3f} to {high:.3f})"
            line += (
                f"  balanced {found['balanced_accuracy']:.4f}  macro F1 {found['macro_f1']:.4f}  ECE {found['ece']:.4f}"
            )
            # a part of that name with other faces (a split that training made by itself) says nothing here
            if recorded.get(name, {}).get(part, {}).get("n") == found["n"]:
                line += f"  card {recorded[name][part]['accuracy']:.4f}"
            print(line)
    if args.json:
        content = {"data": Path(args.data).name, "dataset_sha256": table.sha256, "models": results}
        try:
            Path(args.json).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        except OSError as error:
            return _refuse(f"{args.json} cannot be written: {error.strerror}")
    if args.robustness:
        folders = [bundle_folder(n, args.models_dir) for n in dict.fromkeys(args.model or [m.name for m in models])]
        _test_robustness(dict(zip(folders, models, strict=True)), parts, table.sha256)
    return 0


def models(args: argparse.Namespace) -> int:
    """List the bundles, each with what its card says first."""
    if args.markdown:
        return _markdown(args.models_dir)
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
        size = sum(entry["bytes"] for entry in card.files.values()) / 1e6
        print(f"{name:<16} {card.title} - {card.architecture}, {card.parameters / 1e6:.2f} M, {size:.1f} MB - {scores}")
    if not names:
        return _refuse(f"no models under {args.models_dir}")
    return 0 if not broken else 2 if broken == len(names) else 1


def benchmark(args: argparse.Namespace) -> int:
    """Time what users feel; with --live, how the live path keeps up and holds still."""
    from fer_core.benchmark import run

    return run(args.models_dir, args.json, args.live)


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
        if source.is_dir():
            yield from (p for p in sorted(source.rglob("*")) if p.suffix.lower() in PICTURE_SUFFIXES and p.is_file())
        else:
            yield source


def _write_table(results: Iterable[Analysis]) -> None:
    for analysis in results:
        if not analysis.faces:
            print(f"{analysis.name}: no face found")
        for face in analysis.faces:
            answers = "  ".join(
                f"{model} {p.label} {p.confidence:.0%}{' (unsure)' if p.is_uncertain else ''}"
                for model, p in face.predictions.items()
            )
            mark = "  models disagree" if face.models_disagree else ""
            whole = "  (picture taken as the face)" if face.whole_picture else ""
            print(f"{analysis.name}: face {face.number}  {answers}{mark}{whole}")


def _write_json(results: Iterable[Analysis]) -> None:
    # a list, written as it grows: a long folder need not fit into memory
    first = True
    print("[", end="")
    for analysis in results:
        print(("" if first else ",") + "\n" + json.dumps(analysis.to_dict()), end="")
        first = False
    print("\n]")


def _write_csv(results: Iterable[Analysis]) -> None:
    from fer_core.reports import csv_lines

    for line in csv_lines(row for analysis in results for row in analysis.to_rows()):
        print(line)


_WRITERS: dict[str, Callable[[Iterable[Analysis]], None]] = {
    "table": _write_table,
    "json": _write_json,
    "csv": _write_csv,
}


def _test_robustness(models: dict[Path, EmotionModel], parts: Mapping[str, "Faces"], sha256: str) -> None:
    from fer_core.bundles import PART_NAMES
    from fer_core.robustness import robustness, store

    part = next((name for name in PART_NAMES if name in parts), next(iter(parts)))
    for folder, model in models.items():
        record = {"part": part, "dataset_sha256": sha256, **robustness(model, parts[part].faces, parts[part].labels)}
        store(folder, record)
        print(f"{model.name}: robustness on {record['n']} of {record['of']} faces of {part}, stored in its card")
        for kind, curve in record["curves"].items():
            pairs = zip(curve["levels"], curve["accuracy"], strict=True)
            print(f"  {kind:<20} " + "  ".join(f"{level:g}: {accuracy:.3f}" for level, accuracy in pairs))


def _markdown(models_dir: Path) -> int:
    from fer_core.bundles import read_bundles
    from fer_core.scoreboard import markdown_table

    bundles, broken = read_bundles(models_dir)
    for name, reason in broken.items():
        print(f"model {name} is unavailable: {reason}", file=sys.stderr)
    if not bundles:
        return _refuse(f"no models under {models_dir}")
    print(markdown_table(bundles))
    return 1 if broken else 0


def _same_data(model: EmotionModel, sha256: str) -> bool:
    return bool(model.card.training.get("dataset_sha256") == sha256)


def _workers(text: str) -> int:
    if int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, got {text}")
    return int(text)


def _refuse(reason: FerError | str) -> int:
    print(f"error: {reason}", file=sys.stderr)
    return 2


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
    p.add_argument("--format", choices=tuple(_WRITERS), default="table", help="default: %(default)s")
    p.add_argument("--workers", type=_workers, default=1, metavar="N", help="processes (default: %(default)s)")
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
    p.add_argument("--markdown", action="store_true", help="print the README's results table instead")
    p = command(benchmark)
    p.add_argument("--live", nargs="?", const="", metavar="VIDEO", help="time the live path, on made frames and VIDEO")
    p.add_argument("--json", metavar="FILE", help="write the figures to FILE")
    return parser


if __name__ == "__main__":
    sys.exit(main())
