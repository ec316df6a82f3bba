"""The command `adapt`: pictures in folders by emotion -> a model with a head of its own, where that is better."""

import argparse
import sys
from pathlib import Path
from typing import Any

from fer_core.bundle import bundle_folder, load_model, model_folders
from fer_core.cli.common import refuse
from fer_core.datasets import labelled_pictures, unknown_text
from fer_core.errors import ModelError
from fer_core.utils.files import atomic_folder
from fer_core.utils.progress import progress_bar


def run(args: argparse.Namespace) -> int:
    """Fit, say what it is worth, and write the bundle if it is worth something; 1 where pictures were left out."""
    from fer_core.adaptation import adapt, faces_to_learn  # brings pandas and SciPy, which classifying does not need

    pictures = labelled_pictures(args.data)
    if left_out := unknown_text(pictures.unknown, len(pictures.labels)):
        print(left_out, file=sys.stderr)
    folder = model_folders(args.models_dir)[0]
    target = folder / args.name
    if target.exists() and not args.replace:
        return refuse(f"there is a model {args.name!r} under {folder}; choose another --name, or say --replace")
    model = load_model(_base(args.model, args.models_dir))
    with progress_bar(len(pictures.names), "pictures") as bar:
        labelled = faces_to_learn(pictures, args.detector, lambda _: bar.update())
    for line in labelled.left_out:
        print(line, file=sys.stderr)
    found = adapt(model, labelled.faces, labelled.labels, args.name, Path(args.data).resolve().name)
    before, after = found.comparison.results()
    print(f"{len(labelled.labels)} faces, five-fold cross-validation; faces of one person may be in several folds, so")
    print("expect a little less for people who are not among them")
    print(_line(f"before ({model.name})", before), _line("after", after), sep="\n")
    if not found.comparison.is_better and not args.keep:
        print("Not kept: the new head is not better on these faces. --keep writes it all the same.")
    else:
        try:
            with atomic_folder(target) as new:
                for name, content in found.files.items():
                    (new / name).write_bytes(content)
        except OSError as error:
            return refuse(f"{target} cannot be written: {error.strerror}")
        print(f"Written: {target}")
    return 1 if labelled.left_out else 0


def _base(name: str, models_dir: Path | None) -> Path:
    """The folder of the model to adapt: under --models-dir, else among the usual ones. Raises ModelError."""
    try:
        return bundle_folder(name, models_dir)
    except ModelError:
        if models_dir is None:
            raise
        return bundle_folder(name)


def _line(name: str, found: dict[str, Any]) -> str:
    low, high = found["accuracy_interval"]
    line = f"  {name:<20} accuracy {found['accuracy']:.3f} ({low:.3f} to {high:.3f})"
    return f"{line}  balanced {found['balanced_accuracy']:.3f}  log loss {found['log_loss']:.3f}"
