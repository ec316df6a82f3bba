"""The command `evaluate`: models on a dataset, beside what their cards say; with --robustness, on disturbed faces."""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from fer_core.command_output import refuse
from fer_core.commands import load_models
from fer_core.model import EmotionModel, bundle_folder

if TYPE_CHECKING:
    from fer_core.splits import Faces


def evaluate(args: argparse.Namespace) -> int:
    """Measure models on a dataset, and beside it what their cards say of the same faces."""
    from fer_core.datasets import read_dataset  # these two bring pandas, which classifying does not need
    from fer_core.evaluation import evaluate_models
    from fer_core.splits import evaluation_parts

    if args.robustness and args.ensemble:
        return refuse("--robustness is stored in a model's card, and an ensemble has none; use --model")
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
            return refuse(f"{args.json} cannot be written: {error.strerror}")
    if args.robustness:
        folders = [bundle_folder(n, args.models_dir) for n in dict.fromkeys(args.model or [m.name for m in models])]
        _test_robustness(dict(zip(folders, models, strict=True)), parts, table.sha256)
    return 0


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


def _same_data(model: EmotionModel, sha256: str) -> bool:
    return bool(model.card.training.get("dataset_sha256") == sha256)
