"""What a run of train_cnn.py has to do with the published system that its network rebuilds.

Trained on the official parts, a bundle's card has the system's figures and names what was done otherwise. With
`--published-protocol` the run splits as the system's authors did, and only its figure goes into that card.
"""

import argparse
from typing import Any

import keras

from fer_core.datasets import Split
from fer_core.training.published_protocol import (
    TestAccuracy,
    chosen_on_test,
    keep_record,
    measure,
    official_bundle,
    store_record,
)
from fer_core.training.recipes import RECIPES
from fer_core.training.settings import Settings, changes
from fer_core.training.terminal import shown_command


def add_published_protocol(parser: argparse.ArgumentParser) -> None:
    """The option `--published-protocol`, and its former name."""
    parser.add_argument(
        "--published-protocol",
        action="store_true",
        help="split as the published system's authors did, and put only the resulting figure into the card of "
        "models/<name>",
    )
    parser.add_argument("--own-protocol", dest="published_protocol", action="store_true", help=argparse.SUPPRESS)


def check_published_protocol(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    """End with a usage error where `--published-protocol` does not go with the other options."""
    if not args.published_protocol:
        return
    names = [name for name, recipe in RECIPES.items() if recipe.protocol and recipe.protocol.split]
    if args.arch not in names:
        parser.error(f"--published-protocol: {args.arch} has no split of its own; those that have: {', '.join(names)}")
    other = args.split or args.limit or args.tune or args.start_from or args.labels != "fer2013"
    if other or args.teachers or args.vote_share or args.extra_data or args.aligned or args.fold:
        parser.error(
            "--published-protocol is as published: no --split, --limit, --labels, --tune, --start-from, --teachers, "
            "--vote-share, --extra-data, --aligned, --fold"
        )


class Reproduction:
    """A run beside what was published.

    args: the options of train_cnn.py. settings, dropout: those that the run uses.
    """

    def __init__(self, args: argparse.Namespace, split: Split, settings: Settings, dropout: float) -> None:
        self.recipe, self.split, self.own_split = RECIPES[args.arch], split, bool(args.published_protocol)
        self.bundle = args.models_dir / args.name
        # other faces, a part of them, or further targets say nothing about what was published; other settings are named
        further = args.limit or args.teachers or args.vote_share
        self.as_published = split.is_official and not (self.own_split or further)
        self.chose_on_test = bool(self.as_published and self.recipe.protocol and not self.recipe.protocol.split)
        first_weights = ("random", "an earlier training's" if args.start_from else "random")
        dropouts = (self.recipe.dropout, dropout)
        self.changes = changes(self.recipe.settings, settings, dropout=dropouts, first_weights=first_weights)

    @property
    def callbacks(self) -> list[keras.callbacks.Callback]:
        """For `fit`: notes the test accuracy where the system's authors chose the epoch by it."""
        return [TestAccuracy(self.split)] if self.chose_on_test else []

    def check(self, architecture: str) -> None:
        """Raise ModelError where no bundle of this network waits for the figure of `--published-protocol`."""
        if self.own_split:
            official_bundle(self.bundle, architecture, self.split.dataset_sha256)

    def store(self, network: keras.Model, history: list[dict[str, Any]], settings: dict[str, Any]) -> str:
        """Put the figure of `--published-protocol` into the bundle's card; return two lines for the terminal."""
        record = measure(network, self.split, history, settings, shown_command()) | self.changes
        store_record(self.bundle, record)
        return (
            f"On its own protocol ({record['protocol']}): {record['accuracy']:.2%} of {record['n']} faces.\n"
            f"Written into {self.bundle / 'card.json'}; the bundle is otherwise as it was."
        )

    def reported(self, history: list[dict[str, Any]], architecture: str) -> dict[str, Any] | None:
        """`reported` of the new bundle's card, or None where the run is not comparable with a published system."""
        if not self.as_published or self.recipe.reported is None:
            return None
        found = self.recipe.reported | self.changes
        if self.chose_on_test and self.recipe.protocol and "test_accuracy" in history[-1]:
            found = found | {"own_protocol": chosen_on_test(self.split, history, self.recipe.protocol)}
        return keep_record(found, self.bundle, architecture)
