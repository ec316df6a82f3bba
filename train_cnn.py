"""Train a CNN on faces of 48x48 pixels and put it into the app.

    python train_cnn.py --data fer2013.csv                                  # the compact CNN, about 22 epochs
    python train_cnn.py --data fer2013.csv --arch seresnet                  # the network behind models/cnn
    python train_cnn.py --data fer2013.csv --arch deepfer --name deepfer    # a published system, by its own settings
    python train_cnn.py --data fer2013.csv --arch deepfer --name deepfer --own-protocol    # ... and on its own split
    python train_cnn.py --data fer2013.csv --tune 20                        # find settings first, then train with them
    python train_cnn.py --data faces/ --limit 500 --epochs 1                # a quick try on your own folders
    python train_cnn.py --data fer2013.csv --name my-compact --resume       # go on after an interruption

It trains on the training part, keeps the best epoch by validation accuracy, reports every other part once, and writes
models/<name>/: the app shows the new model at its next refresh. KERAS_BACKEND=jax trains on JAX.
"""

import inspect
import sys
from dataclasses import asdict
from functools import partial

from fer_core.training.architectures import CNNS
from fer_core.training.argument_types import positive
from fer_core.training.convert import as_float32
from fer_core.training.devices import several_devices
from fer_core.training.export import Trained, export_bundle
from fer_core.training.fit import fit
from fer_core.training.options import (
    begin,
    end_cleanly,
    load_split,
    parser,
    start_from,
    state_file,
    with_options,
    with_teachers,
)
from fer_core.training.own_protocol import (
    TestAccuracy,
    chosen_on_test,
    kept,
    measure,
    official_bundle,
    store,
)
from fer_core.training.presets import PRESETS, PROTOCOLS, REPORTED, changed
from fer_core.training.terminal import report, shown_command, written
from fer_core.training.tuning import check_optuna, tune


def train() -> None:
    options = parser(__doc__ or "", epochs_help="epochs at most (default: the preset's)")
    options.add_argument("--arch", choices=sorted(CNNS), default="compact", help="network (default: %(default)s)")
    options.add_argument("--dropout", type=float, help="dropout rate (default: the network's)")
    options.add_argument(
        "--own-protocol",
        action="store_true",
        help="train as the published system split and chose, and put only the figure into the card of models/<name>",
    )
    options.add_argument(
        "--tune",
        type=positive(int),
        metavar="N",
        help="first try N learning rates, batch sizes and dropouts around the given ones, and train with the best",
    )
    options.add_argument(
        "--tune-epochs", type=positive(int), default=3, metavar="N", help="epochs of each try (default: %(default)s)"
    )
    args = options.parse_args()
    own_splits = {arch: protocol for arch, protocol in PROTOCOLS.items() if protocol.split}
    protocol = own_splits.get(args.arch) if args.own_protocol else None
    if args.own_protocol and protocol is None:
        options.error(f"--own-protocol: {args.arch} has no split of its own; those that have: {', '.join(own_splits)}")
    taught = args.teachers or args.vote_share  # more than the labels is learned
    other = args.split or args.limit or args.tune or args.start_from or args.labels != "fer2013" or taught
    if args.own_protocol and other:
        refused = "--split, --limit, --labels, --tune, --start-from, --teachers, --vote-share"
        options.error(f"--own-protocol is as published: no {refused}")
    if args.tune and (args.start_from or args.teachers):
        options.error("--tune tries settings from the beginning: leave --start-from and --teachers away")
    args.name = args.name or f"my-{args.arch}"
    settings, teachers = with_teachers(with_options(PRESETS[args.arch], args), args)
    usual_dropout = inspect.signature(CNNS[args.arch]).parameters["dropout"].default
    dropout = usual_dropout if args.dropout is None else args.dropout
    if args.tune and args.distribute:
        options.error("--tune tries settings on one device: leave --distribute away")
    if args.tune:
        check_optuna()

    split = load_split(args, protocol)
    begin(args)
    tuning = None
    if args.tune:
        place = state_file(args, "tuning").with_suffix(".db")
        trials = {"trials": args.tune, "epochs": args.tune_epochs, "store": place, "resume": args.resume}
        tuned = tune(CNNS[args.arch], split, settings, dropout, **trials)
        settings, dropout, tuning = tuned.settings, tuned.dropout, tuned.record
    # other faces, a part of them, or further targets say nothing about what was published; other settings are named
    as_published = split.is_official and not (protocol or args.limit or taught)
    chose_on_test = as_published and args.arch in PROTOCOLS.keys() - own_splits
    build = partial(CNNS[args.arch], dropout=dropout)
    bundle = args.models_dir / args.name
    with several_devices(args.distribute):
        network = build()
        begun_with = start_from(network, args.start_from) if args.start_from else {}
        if protocol:
            official_bundle(bundle, network.name, split.dataset_sha256)  # now: an error after hours would be late
        print(f"{args.arch}: {network.count_params():,} parameters", flush=True)
        history = fit(
            network,
            split,
            settings,
            state_file(args, "training"),
            resume=args.resume,
            max_minutes=args.max_minutes,
            teachers=teachers,
            watchers=[TestAccuracy(split)] if chose_on_test else [],
        )
    recorded = asdict(settings) | {"dropout": dropout, "mixed_precision": args.mixed_precision} | begun_with
    first_weights = ("random", "an earlier training's" if args.start_from else "random")
    different = changed(PRESETS[args.arch], settings, dropout=(usual_dropout, dropout), first_weights=first_weights)

    if protocol:  # this network has seen, or was chosen by, faces that tests are made of: it does not ship
        record = measure(as_float32(build, network), split, history, recorded, shown_command()) | different
        store(bundle, record)
        print(f"On its own protocol ({record['protocol']}): {record['accuracy']:.2%} of {record['n']} faces.")
        print(f"Written into {bundle / 'card.json'}; the bundle is otherwise as it was.")
        return
    published = REPORTED[args.arch] | different if as_published and args.arch in REPORTED else None
    if published and chose_on_test and "test_accuracy" in history[-1]:
        published = published | {"own_protocol": chosen_on_test(split, history, PROTOCOLS[args.arch])}
    reported = kept(published, bundle, network.name)
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
        reproduces=reported["system"] if reported else None,
        reported=reported,
        tuning=tuning,
    )
    card = export_bundle(trained, split, args.models_dir, args.precision)
    print(report(card))
    print(written(bundle))


if __name__ == "__main__":
    sys.exit(end_cleanly(train))
