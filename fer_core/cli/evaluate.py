"""The command `evaluate`: models on a dataset, beside what their cards say; with --robustness, on corrupted faces."""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fer_core.bundle import EmotionModel, is_mean, main_part
from fer_core.cli.common import load_models, refuse

if TYPE_CHECKING:
    from fer_core.datasets import Faces
    from fer_core.reporting import RealFaces


def run(args: argparse.Namespace) -> int:
    """Print a line per model and part; write what was asked for."""
    if args.find_faces:
        return _find_faces(args)
    if args.store is not None:
        return refuse("--store keeps what --find-faces measures; use both")
    # these two bring pandas, which classifying does not need
    from fer_core.datasets import evaluation_parts, read_dataset, unknown_text
    from fer_core.evaluation import evaluate_models

    if args.robustness and _has_mean(args):
        return refuse("--robustness is stored in a model's card, and a mean of models has none; name the models alone")
    table = read_dataset(args.data, args.ferplus)
    if left_out := unknown_text(table.unknown, len(table.labels)):
        print(left_out, file=sys.stderr)
    parts = evaluation_parts(table)
    models = load_models(args.model or args.ensemble, args.models_dir)
    results = evaluate_models(list(models.values()), parts, ensemble=bool(args.ensemble))
    cards = [] if args.ensemble else [model.card for model in models.values()]
    recorded = {c.name: c.evaluation for c in cards if c.training.get("dataset_sha256") == table.sha256}
    for name, by_part in results.items():
        print(name)
        for part, found in by_part.items():
            print(_line(part, found, recorded.get(name, {}).get(part, {})))
    content = {"data": Path(args.data).name, "dataset_sha256": table.sha256, "models": results}
    if args.json and (problem := _write_json(args.json, content)):
        return refuse(problem)
    if args.robustness:
        _measure_robustness(models, parts, table.sha256)
    return 0


def _find_faces(args: argparse.Namespace) -> int:
    """Measure models on pictures, end to end; 1 where pictures could not be read."""
    from fer_core.datasets import labelled_pictures, unknown_text
    from fer_core.reporting import measure_pictures, real_faces_record

    if args.robustness or args.ferplus:
        return refuse("--find-faces takes pictures: omit --robustness and --ferplus")
    if args.store is not None and _has_mean(args):
        return refuse("--store writes into a model's card, and a mean of models has none; name the models alone")
    pictures = labelled_pictures(args.data)
    if left_out := unknown_text(pictures.unknown, len(pictures.labels)):
        print(left_out, file=sys.stderr)
    models = load_models(args.model or args.ensemble, args.models_dir)
    measured = measure_pictures(pictures, models.values(), args.detector)
    results = (measured.ensemble() if args.ensemble else measured).results()
    for reason in measured.refused:
        print(reason, file=sys.stderr)
    print(f"{len(measured.labels)} pictures, face found in {measured.found.mean():.3f} by {args.detector}")
    for name, found in results.items():
        _print_real(name, found)
    content = real_faces_record(Path(args.data).name, pictures, measured) | {"models": results}
    if args.json and (problem := _write_json(args.json, content)):
        return refuse(problem)
    if args.store is not None and not measured.refused:
        about = {key: content[key] for key in ("detector", "sha256")}
        _store(models, measured, {"data": args.store, "source": args.source, **about})
    elif args.store is not None:
        print("nothing was stored, for pictures could not be read", file=sys.stderr)
    return 1 if measured.refused else 0


def _has_mean(args: argparse.Namespace) -> bool:
    return bool(args.ensemble) or any(is_mean(name, args.models_dir) for name in args.model or ())


def _print_real(name: str, found: Mapping[str, Any]) -> None:
    """Two lines of what a model reaches on pictures."""
    low, high = found["accuracy_interval"]
    of_found = found["of_found"]
    line = f"  {name:<16} accuracy {found['accuracy']:.3f} ({low:.3f} to {high:.3f})"
    line += f"  balanced {found['balanced_accuracy']:.3f}"
    print(f"{line}  of found {of_found['accuracy']:.3f} / {of_found['balanced_accuracy']:.3f}")
    recalls = (f"{emotion} {entry['recall']:.2f}" for emotion, entry in found["per_emotion"].items())
    print(f"  {'':<16} {'  '.join(recalls)}")


def _store(models: Mapping[Path, EmotionModel], measured: "RealFaces", pictures: Mapping[str, Any]) -> None:
    from fer_core.reporting import store_real_faces

    for folder, model in models.items():
        store_real_faces(folder, measured, model.name, pictures)
        print(f"{model.name}: stored in its card as {pictures['data']}")


def _write_json(path: str, content: Mapping[str, Any]) -> str:
    """Write a file; returns why it cannot be written, or ""."""
    try:
        Path(path).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        return f"{path} cannot be written: {error.strerror}"
    return ""


def _line(part: str, found: Mapping[str, Any], recorded: Mapping[str, Any]) -> str:
    """What was measured on a part, and the accuracy that the card records for the same faces."""
    low, high = found["accuracy_interval"]
    line = f"  {part:<20} {found['n']:>6} faces  accuracy {found['accuracy']:.4f} ({low:.3f} to {high:.3f})"
    line += f"  balanced {found['balanced_accuracy']:.4f}  macro F1 {found['macro_f1']:.4f}  ECE {found['ece']:.4f}"
    # a part of that name with other faces (a split that training made by itself) says nothing here
    return line + (f"  card {recorded['accuracy']:.4f}" if recorded.get("n") == found["n"] else "")


def _measure_robustness(models: Mapping[Path, EmotionModel], parts: Mapping[str, "Faces"], sha256: str) -> None:
    """Store and print each model's accuracy on corrupted faces of the part that counts most."""
    from fer_core.evaluation import robustness, store_robustness

    part = main_part(parts) or next(iter(parts))
    for folder, model in models.items():
        record = {"part": part, "dataset_sha256": sha256, **robustness(model, parts[part].faces, parts[part].labels)}
        store_robustness(folder, record)
        print(f"{model.name}: robustness on {record['n']} of {record['of']} faces of {part}, stored in its card")
        for name, curve in record["curves"].items():
            pairs = zip(curve["levels"], curve["accuracy"], strict=True)
            print(f"  {name:<20} " + "  ".join(f"{severity:g}: {accuracy:.3f}" for severity, accuracy in pairs))
