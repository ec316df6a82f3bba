"""Train a CNN on faces of 48x48 pixels and put it into the app.

    python train_cnn.py --data fer2013.csv                                  # the compact CNN, about 22 epochs
    python train_cnn.py --data fer2013.csv --arch seresnet                  # the network behind models/cnn
    python train_cnn.py --data fer2013.csv --arch deepfer --name deepfer    # a published system, by its own settings
    python train_cnn.py --data fer2013.csv --arch deepfer --name deepfer --published-protocol    # ... and on its split
    python train_cnn.py --data fer2013.csv --tune 20                        # search for settings first
    python train_cnn.py --data faces/ --limit 500 --epochs 1                # a quick try on your own folders
    python train_cnn.py --data fer2013.csv --name my-compact --resume       # continue after an interruption

It trains on the training part, keeps the best epoch by validation accuracy, evaluates every other part once, and writes
models/<name>/: the app shows the new model at its next refresh. KERAS_BACKEND=jax trains on JAX. The networks and their
settings are in fer_core/training/recipes.py.
"""

import argparse
import sys
from dataclasses import asdict
from functools import partial

from fer_core.training.distribution import distribution_scope
from fer_core.training.export.bundle import Trained, export_bundle
from fer_core.training.export.convert import as_float32
from fer_core.training.fit import fit
from fer_core.training.folds import check_teachers
from fer_core.training.options import training_parser, with_options
from fer_core.training.recipes import RECIPES
from fer_core.training.reproduce import Reproduction, add_published_protocol, check_published_protocol
from fer_core.training.run import checkpoint_file, load_split, load_teachers, run_main, setup_run, start_from
from fer_core.training.terminal import report, written
from fer_core.training.tuning import add_tuning, check_tuning, tune


def options() -> argparse.Namespace:
    """The command line; what is not given is as the network's recipe says."""
    parser = training_parser(__doc__ or "", epochs_help="maximum number of epochs (default: the recipe's)")
    parser.add_argument("--arch", choices=sorted(RECIPES), default="compact", help="network (default: %(default)s)")
    parser.add_argument("--dropout", type=float, help="dropout rate (default: the network's)")
    add_tuning(parser)
    add_published_protocol(parser)
    args = parser.parse_args()
    check_published_protocol(parser, args)
    check_tuning(parser, args)
    args.name = args.name or f"my-{args.arch}"
    return args


def train() -> None:
    # settings
    args = options()
    recipe = RECIPES[args.arch]
    teachers = load_teachers(args)
    settings = with_options(recipe.settings, args, teachers)
    dropout = recipe.dropout if args.dropout is None else args.dropout

    # data, and the search for better settings
    split = load_split(args, recipe.protocol if args.published_protocol else None)
    check_teachers(teachers, split)
    setup_run(args)
    tuning = None
    if args.tune:
        store = checkpoint_file(args, "tuning").with_suffix(".db")
        trials = {"trials": args.tune, "epochs": args.tune_epochs, "store": store, "resume": args.resume}
        settings, dropout, tuning = tune(recipe.build, split, settings, dropout, **trials)

    # network and training
    build = partial(recipe.build, dropout=dropout)
    reproduction = Reproduction(args, split, settings, dropout)
    with distribution_scope(args.distribute):
        network = build()
        first_weights = start_from(network, args.start_from)
        reproduction.check(network.name)  # now: an error after hours would be late
        print(f"{args.arch}: {network.count_params():,} parameters", flush=True)
        history = fit(
            network,
            split,
            settings,
            checkpoint_file(args, "training"),
            resume=args.resume,
            max_minutes=args.max_minutes,
            teachers=teachers,
            callbacks=reproduction.callbacks,
        )

    # evaluation and export
    recorded = asdict(settings) | {"dropout": dropout, "mixed_precision": args.mixed_precision} | first_weights
    if args.published_protocol:  # this network has seen faces that other tests are made of: it does not ship
        print(reproduction.store(as_float32(build, network), history, recorded))
        return
    trained = Trained(
        name=args.name,
        title=args.title or args.name,
        architecture=network.name,
        network=network,
        build=build,
        history=history,
        settings=recorded,
        dataset=args.data,
        seed=args.seed,
        flagship=args.flagship,
        reported=reproduction.reported(history, network.name),
        tuning=tuning,
    )
    card = export_bundle(trained, split, args.models_dir, args.precision)
    print(report(card))
    print(written(args.models_dir / card.name))


if __name__ == "__main__":
    sys.exit(run_main(train))
