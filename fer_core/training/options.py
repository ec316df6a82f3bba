"""What both training scripts share: the options, the reading of the dataset, and how errors end a run."""

import argparse
import hashlib
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras

from fer_core.datasets import read_dataset
from fer_core.errors import DatasetError, FerError, ModelError
from fer_core.model import MODELS_DIR, EmotionModel, load_model
from fer_core.splits import Split, split_dataset
from fer_core.training.argument_types import positive, seed, share
from fer_core.training.convert import PRECISIONS
from fer_core.training.export import check_name
from fer_core.training.fit import Settings
from fer_core.training.own_protocol import Protocol, own_split
from fer_core.training.teachers import described


def parser(description: str, epochs_help: str) -> argparse.ArgumentParser:
    """A parser with the common options; None as a default means: as the preset says."""
    result = argparse.ArgumentParser(
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,  # a card's command names its options whole
    )
    add = result.add_argument
    add("--data", required=True, metavar="PATH", help="dataset: fer2013.csv, or a folder in one of the known layouts")
    add("--name", help="name of the bundle under models/ (default: my-<network>)")
    add("--title", help="how the app calls the model (default: the name)")
    add("--flagship", action="store_true", help="list the model first in the app")
    add("--models-dir", type=Path, default=MODELS_DIR, metavar="DIR", help="where bundles live (default: %(default)s)")
    add("--epochs", type=positive(int), metavar="N", help=epochs_help)
    add("--batch-size", type=positive(int), metavar="N", help="faces per step (default: the preset's)")
    add("--learning-rate", type=positive(float), metavar="X", help="highest learning rate (default: the preset's)")
    add(
        "--patience",
        type=positive(int, or_zero=True),
        metavar="N",
        help="stop after N epochs without a better validation accuracy; 0: never",
    )
    add("--labels", choices=("fer2013", "ferplus"), default="fer2013", help="which labels to learn (default: fer2013)")
    add("--ferplus", metavar="FILE", help="FER+ votes (fer2013new.csv) for the rows of the CSV")
    add("--split", metavar="SPLIT", help="official, or shares as 72/8/20 (default: official where the data name parts)")
    add("--class-weights", action="store_true", help="weigh rare emotions more")
    add("--mixed-precision", action="store_true", help="compute in bfloat16: faster where the processor or GPU has it")
    add(
        "--precision",
        choices=("auto", *PRECISIONS),
        default="auto",
        help="weights of the file that ships (auto: measured)",
    )
    add("--start-from", metavar="FILE", help="begin with the weights of a model.keras of the same network")
    add("--mixup", type=positive(float, or_zero=True), metavar="X", help="blend pairs of faces, Beta(X, X); 0: none")
    add("--teachers", nargs="+", default=[], metavar="NAME", help="learn from what these models answer as well")
    add(
        "--teacher-share",
        type=share,
        default=0.5,
        metavar="X",
        help="how much of what is learned is the teachers', 0 to 1 (default: %(default)s)",
    )
    add(
        "--vote-share",
        type=share,
        default=0.0,
        metavar="X",
        help="how much of a label is how the votes of --ferplus are spread, 0 to 1 (default: %(default)s)",
    )
    add("--seed", type=seed, default=0, metavar="N", help="seed of everything random (default: 0)")
    add("--limit", type=positive(int), metavar="N", help="use at most N faces of each part, for a quick try")
    add(
        "--max-minutes",
        type=positive(float),
        metavar="M",
        help="train for M minutes at most, in whole epochs (trials and MobileNet's head not counted)",
    )
    add("--distribute", choices=("mirrored",), help="share each batch among all devices of this machine")
    add("--resume", action="store_true", help="go on with this name's interrupted run")
    return result


def load_split(args: argparse.Namespace, protocol: Protocol | None = None) -> Split:
    """Read and split the dataset as the options, or a published `protocol`, say; a line for the terminal.

    Raises DatasetError.
    """
    check_name(args.name)
    if args.vote_share and not args.ferplus:
        raise DatasetError("--vote-share needs the votes: add --ferplus fer2013new.csv.")
    table = read_dataset(args.data, args.ferplus)
    if protocol is None:
        split = split_dataset(table, args.split, args.labels, args.seed, args.limit)
    else:
        split = own_split(table, protocol, args.seed, args.limit)
    sizes = ", ".join(f"{name} {len(part)}" for name, part in split.parts.items())
    print(
        f"{args.data}: training {len(split.training)}, validation {len(split.validation)}; reported: {sizes}",
        flush=True,
    )
    return split


def begin(args: argparse.Namespace) -> None:
    """Seed everything, set the precision of the computation, and see that the folders can be written to.

    Without --resume the states of an older run of this name go, so that no later phase can go on from one of them.
    """
    for folder in (args.models_dir, state_file(args, "x").parent):
        folder.mkdir(parents=True, exist_ok=True)
    if not args.resume:
        for state in state_file(args, "x").parent.glob("*.npz"):
            state.unlink()
    keras.utils.set_random_seed(args.seed)
    keras.config.set_dtype_policy("mixed_bfloat16" if args.mixed_precision else "float32")


def start_from(network: keras.Model, path: str) -> dict[str, Any]:
    """Give `network` the weights of the .keras file at `path` -> {"start_from": {file, sha256}}, for the card.

    Raises ModelError where they are not of its form.
    """
    try:
        digest = hashlib.sha256(Path(path).read_bytes()).hexdigest()
        network.set_weights(keras.saving.load_model(path, compile=False).get_weights())
    except Exception as error:  # keras raises many kinds: no file, another format, other shapes
        raise ModelError(f"--start-from {path} does not fit {network.name}: {error}") from error
    return {"start_from": {"file": Path(path).name, "sha256": digest}}


def with_options(preset: Settings, args: argparse.Namespace) -> Settings:
    """The preset, with whatever was given on the command line instead."""
    given: dict[str, Any] = {
        name: getattr(args, name)
        for name in ("epochs", "batch_size", "learning_rate", "patience")
        if getattr(args, name) is not None
    }
    if args.mixup is not None:
        given["augmentation"] = replace(preset.augmentation, mixup=args.mixup)
    return replace(preset, **given, class_weights=args.class_weights, vote_share=args.vote_share, seed=args.seed)


def with_teachers(settings: Settings, args: argparse.Namespace) -> tuple[Settings, list[EmotionModel]]:
    """The settings and the models of --teachers, loaded now: an error after hours would be late. Raises ModelError."""
    teachers = [load_model(name, args.models_dir) for name in args.teachers]
    if not teachers:
        return settings, []
    return replace(settings, teachers=described(teachers), teacher_share=args.teacher_share), teachers


def state_file(args: argparse.Namespace, phase: str) -> Path:
    """Where a phase keeps its state: runs/<name>/ beside the models' folder; a run on its own protocol apart."""
    # no bundle's name has a dot, so the two never meet
    run = f"{args.name}.own-protocol" if getattr(args, "own_protocol", False) else str(args.name)
    return Path(args.models_dir).resolve().parent / "runs" / run / f"{phase}.npz"


def end_cleanly(main: Callable[[], None]) -> int:
    """Run a script's main: 0 when all went well, 2 with one line for an error of the user's, 130 when interrupted."""
    try:
        main()
    except (FerError, OSError) as error:  # OSError: a full disk, a folder that cannot be written to
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nStopped. Run the same command with --resume to go on from the last finished epoch.", file=sys.stderr)
        return 130
    return 0
