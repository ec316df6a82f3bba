"""A run of a training script: its folders and checkpoints, what it reads, and how errors end it."""

import argparse
import hashlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras

from fer_core.bundle import EmotionModel, ModelCard, check_name, is_mean, load_model, member_names
from fer_core.datasets import Split, read_dataset, split_dataset
from fer_core.errors import DatasetError, FerError, ModelError
from fer_core.training.export.half_precision import KERAS_NAME
from fer_core.training.extra_data import ExtraData, with_extra_data
from fer_core.training.folds import fold, without_fold
from fer_core.training.framing import with_aligned_training
from fer_core.training.published_protocol import Protocol, published_split
from fer_core.utils.files import UNFINISHED


def load_split(args: argparse.Namespace, protocol: Protocol | None = None) -> Split:
    """Read the dataset, split it as the options or a published `protocol` say, and print the sizes.

    Raises DatasetError, and ModelError where --name cannot name a bundle.
    """
    check_name(args.name)
    if args.vote_share and not args.ferplus:
        raise DatasetError("--vote-share needs the votes: add --ferplus fer2013new.csv.")
    table = read_dataset(args.data, args.ferplus)
    if protocol is None:
        split = split_dataset(table, args.split, args.labels, args.seed, args.limit)
    else:
        split = published_split(table, protocol, args.seed, args.limit)
    if args.aligned:
        split = with_aligned_training(split)
    if args.extra_data:
        split = with_extra_data(split, args.extra_data, args.limit)
    if args.fold:
        split = without_fold(split, args.fold)
    sizes = ", ".join(f"{name} {len(part)}" for name, part in split.parts.items())
    print(
        f"{args.data}: training {len(split.training)}, validation {len(split.validation)}; reported: {sizes}",
        flush=True,
    )
    return split


def split_of(card: ModelCard, args: argparse.Namespace, extras: Sequence[ExtraData] = ()) -> Split:
    """The split of --data and --ferplus as `card`'s training had it, with the faces of `extras` in the training part.

    Raises DatasetError, also where these are other data than those it was trained on.
    """
    record = card.training
    if not record:
        raise DatasetError(f"{card.name} was adapted, not trained: its card names no dataset.")
    table = read_dataset(args.data, args.ferplus)
    if table.sha256 != record["dataset_sha256"]:
        raise DatasetError(f"{card.name} was trained on other faces or labels than those of {args.data}.")
    split = with_extra_data(split_dataset(table, record["split"], record["labels"], record["seed"]), extras)
    return without_fold(split, fold(record["fold"])) if "fold" in record else split


def load_teachers(args: argparse.Namespace) -> list[EmotionModel]:
    """The models of --teachers. Raises ModelError; call it first: an error after hours would be late."""
    for name in args.teachers:
        if is_mean(name, args.models_dir):
            members = " ".join(member_names(name))
            raise ModelError(f"--teachers takes single models. Received: {name}. Use --teachers {members}.")
    return [load_model(name, args.models_dir) for name in args.teachers]


def setup_run(args: argparse.Namespace) -> None:
    """Seed everything, set the precision of the computation, and make the folders. Raises OSError.

    Without --resume the checkpoints of an older run of this name go, so that no later phase can go on from one of them.
    """
    run = checkpoint_file(args, "any").parent
    for folder in (args.models_dir, run):
        folder.mkdir(parents=True, exist_ok=True)
    for unfinished in run.glob(f"{UNFINISHED}*"):  # of a run that was killed inside a save
        unfinished.unlink()
    if not args.resume:
        for checkpoint in run.glob("*.npz"):
            checkpoint.unlink()
    keras.utils.set_random_seed(args.seed)
    keras.config.set_dtype_policy("mixed_bfloat16" if args.mixed_precision else "float32")


def checkpoint_file(args: argparse.Namespace, phase: str) -> Path:
    """Where a phase keeps its checkpoint: runs/<name>/ beside the models' folder.

    A run on a published protocol has a folder of its own. No bundle's name has a dot, so the two never meet.
    """
    run = f"{args.name}.own-protocol" if getattr(args, "published_protocol", False) else str(args.name)
    return Path(args.models_dir).resolve().parent / "runs" / run / f"{phase}.npz"


def start_from(network: keras.Model, path: str | None) -> dict[str, Any]:
    """Give `network` the weights of the .keras file at `path` -> {"start_from": {file, sha256}}, for the card.

    path: the file, or a bundle's folder, which has it. Without a path nothing happens: {}. Raises ModelError where the
    weights do not fit.
    """
    if not path:
        return {}
    file = Path(path) / KERAS_NAME if Path(path).is_dir() else Path(path)
    shown = f"{file.resolve().parent.name}/{file.name}" if Path(path).is_dir() else file.name
    try:
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        network.set_weights(keras.saving.load_model(file, compile=False).get_weights())
    except Exception as error:  # keras raises many kinds: no file, another format, other shapes
        raise ModelError(f"--start-from {path} does not fit {network.name}: {error}") from error
    return {"start_from": {"file": shown, "sha256": digest}}


def run_main(main: Callable[[], None]) -> int:
    """Run a script's main -> exit code: 0 when done, 2 with one line for an error of the user's, 130 interrupted."""
    try:
        main()
    except (FerError, OSError) as error:  # OSError: a full disk, a folder that cannot be written to
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nStopped. Run the same command with --resume to go on from the last finished epoch.", file=sys.stderr)
        return 130
    return 0
