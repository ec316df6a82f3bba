"""The command-line options that both training scripts share."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from fer_core.bundle import EmotionModel, model_folders
from fer_core.training.argument_types import positive, seed, share
from fer_core.training.distillation import describe
from fer_core.training.export.convert import PRECISIONS
from fer_core.training.extra_data import extra_data
from fer_core.training.folds import fold
from fer_core.training.settings import Settings

_EXTRA_DATA: Final = (
    ", in folders by emotion; WEIGHT: how many of them an epoch draws, per face (default: 1); may be given several "
    "times"
)


def training_parser(description: str, epochs_help: str) -> argparse.ArgumentParser:
    """A parser with the common options; a default of None means: as the recipe says."""
    parser = argparse.ArgumentParser(
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,  # a card's command names its options whole
    )
    _add_data(parser)
    _add_bundle(parser)
    _add_settings(parser, epochs_help)
    _add_targets(parser)
    _add_run(parser)
    return parser


def bundle_parser(description: str, several: bool = False) -> argparse.ArgumentParser:
    """A parser for what is done to a trained bundle, or to several: its folder, and the data that it was trained on."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("bundle", type=Path, nargs="+" if several else None, help="folder of a bundle")
    parser.add_argument("--data", required=True, metavar="PATH", help="the dataset that it was trained on")
    parser.add_argument("--ferplus", metavar="FILE", help="the FER+ votes of that dataset")
    return parser


def add_extra_data(add: Callable[..., Any], what: str) -> None:
    """The option --extra-data, by a parser's or a group's `add_argument`. what: the beginning of its help."""
    add("--extra-data", type=extra_data, action="append", default=[], metavar="PATH[:WEIGHT]", help=what + _EXTRA_DATA)


def with_options(settings: Settings, args: argparse.Namespace, teachers: Sequence[EmotionModel] = ()) -> Settings:
    """`settings`, with what the command line gives instead, and with the names of the `teachers`."""
    given: dict[str, Any] = {
        name: getattr(args, name)
        for name in ("epochs", "batch_size", "learning_rate", "patience", "average_epochs")
        if getattr(args, name) is not None
    }
    chosen = {name: getattr(args, name) for name in ("mixup", "camera") if getattr(args, name) is not None}
    if chosen:
        given["augmentation"] = replace(settings.augmentation, **chosen)
    if args.average_epochs:
        given["schedule"] = "constant"  # at a falling rate the last epochs would hardly differ
        given.setdefault("patience", 0)  # stopping early would leave out the epochs whose mean is wanted
    if teachers:
        given |= {"teachers": describe(teachers), "teacher_share": args.teacher_share}
    if args.epochs is not None:  # a short run warms up for a tenth of its epochs at most
        given["warmup_epochs"] = min(settings.warmup_epochs, args.epochs / 10)
    return replace(settings, **given, class_weights=args.class_weights, vote_share=args.vote_share, seed=args.seed)


def _add_data(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("dataset").add_argument
    add("--data", required=True, metavar="PATH", help="dataset: fer2013.csv, or a folder in one of the known layouts")
    add_extra_data(add, "train on the faces of these pictures as well")
    add(
        "--aligned",
        action="store_true",
        help="frame the training faces anew, levelled by their eyes, as the app frames what it finds",
    )
    add("--labels", choices=("fer2013", "ferplus"), default="fer2013", help="labels to learn (default: %(default)s)")
    add("--ferplus", metavar="FILE", help="FER+ votes (fer2013new.csv) for the rows of the CSV file")
    add("--split", metavar="SPLIT", help="official, or shares as 72/8/20 (default: official where the data name parts)")
    add("--limit", type=positive(int), metavar="N", help="use at most N faces of each part, for a quick try")
    add(
        "--fold",
        type=fold,
        metavar="K/N",
        help="train without the K-th of N folds of the training part: the model can then teach it (--teachers)",
    )


def _add_bundle(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("the model that is written").add_argument
    add("--name", help="name of the bundle under models/ (default: my-<network>)")
    add("--title", help="title of the model in the app (default: the name)")
    add("--flagship", action="store_true", help="list the model first in the app")
    folder = model_folders()[0]
    add("--models-dir", type=Path, default=folder, metavar="DIR", help="folder of bundles (default: %(default)s)")
    add(
        "--precision",
        choices=("auto", *PRECISIONS),
        default="auto",
        help="precision of the weights that ship (auto: the best of those measured)",
    )


def _add_settings(parser: argparse.ArgumentParser, epochs_help: str) -> None:
    add = parser.add_argument_group("settings").add_argument
    add("--epochs", type=positive(int), metavar="N", help=epochs_help)
    add("--batch-size", type=positive(int), metavar="N", help="faces per step (default: the recipe's)")
    add("--learning-rate", type=positive(float), metavar="X", help="highest learning rate (default: the recipe's)")
    add(
        "--patience",
        type=positive(int, or_zero=True),
        metavar="N",
        help="stop after N epochs without a better validation accuracy; 0: never (default: the recipe's)",
    )
    add(
        "--average-epochs",
        type=positive(int, or_zero=True),
        metavar="N",
        help="keep the rate constant, do not stop early, and keep the mean of the last N epochs' weights in place of "
        "the best epoch's; 0: no (default: the recipe's)",
    )
    add(
        "--mixup",
        type=positive(float, or_zero=True),
        metavar="X",
        help="blend pairs of faces, by shares from Beta(X, X); 0: none (default: the recipe's)",
    )
    add(
        "--camera",
        type=share,
        metavar="X",
        help="how often faces are changed as cameras change them: light, blur, noise, JPEG; 0 to 1 (default: the "
        "recipe's)",
    )
    add("--class-weights", action="store_true", help="weight the loss of rare emotions more")
    add("--mixed-precision", action="store_true", help="compute in bfloat16: faster where the processor or GPU has it")
    add(
        "--start-from",
        metavar="PATH",
        help="begin with the weights of a model.keras of the same network: the file, or the folder of a bundle",
    )
    add("--seed", type=seed, default=0, metavar="N", help="random seed (default: %(default)s)")


def _add_targets(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("targets beside the labels").add_argument
    add(
        "--teachers",
        nargs="+",
        default=[],
        metavar="NAME",
        help="learn from the predictions of these models as well; one trained with --fold teaches only that fold",
    )
    add(
        "--teacher-share",
        type=share,
        default=0.5,
        metavar="X",
        help="share of the teachers' predictions in the targets, 0 to 1 (default: %(default)s)",
    )
    add(
        "--vote-share",
        type=share,
        default=0.0,
        metavar="X",
        help="share of the votes of --ferplus in the targets, 0 to 1 (default: %(default)s)",
    )


def _add_run(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("run").add_argument
    add(
        "--max-minutes",
        type=positive(float),
        metavar="M",
        help="train for at most M minutes, in whole epochs (trials and MobileNet's head not counted)",
    )
    add("--distribute", choices=("mirrored",), help="share each batch among all devices of this machine")
    add("--resume", action="store_true", help="go on with this name's interrupted run")
