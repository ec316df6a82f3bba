"""Train a MobileNet, or another network that knows ImageNet, on faces of 48x48 pixels and put it into the app.

    python train_mobilenet.py --data fer2013.csv                              # keras fetches the ImageNet weights
    python train_mobilenet.py --data fer2013.csv --backbone-weights FILE      # ... or they come from a file
    python train_mobilenet.py --data faces/ --limit 500 --epochs 1 --head-epochs 1 --backbone-weights none

Phase 1 trains a new classifier on frozen features; phase 2 fine-tunes everything with a small learning rate. The best
epoch of phase 2 by validation accuracy is kept, every other part is reported once, and models/<name>/ is written: the
app shows the new model at its next refresh. KERAS_BACKEND=jax trains on JAX.
"""

import argparse
import sys
from dataclasses import asdict, replace
from functools import partial
from typing import Any, Final

from fer_core.training.architectures.transfer import BACKBONES, freeze, transfer_network
from fer_core.training.argument_types import positive
from fer_core.training.augment import Augmentation
from fer_core.training.distribution import distribution_scope
from fer_core.training.export.bundle import Trained, export_bundle
from fer_core.training.fit import fit
from fer_core.training.folds import check_teachers
from fer_core.training.options import training_parser, with_options
from fer_core.training.recipes import FER_SYSTEM
from fer_core.training.run import checkpoint_file, load_split, load_teachers, run_main, setup_run, start_from
from fer_core.training.settings import Settings
from fer_core.training.terminal import report, written

# Published of the FER System's MobileNet: frozen features, a classifier on top, fine-tuned with a small rate. No number
# is given, so all of them are chosen here, as are the network's width and the size of its input.
HEAD: Final = Settings(epochs=2, batch_size=64, learning_rate=1e-3)
FINE_TUNING: Final = Settings(
    epochs=15,
    batch_size=64,
    learning_rate=5e-4,
    optimizer="adamw",
    schedule="cosine",
    warmup_epochs=0.5,
    weight_decay=0.02,
    label_smoothing=0.1,
    augmentation=Augmentation(rotation=10, shift=4, shear=0.05, zoom=0.15, erase=0.2),
)


def options() -> argparse.Namespace:
    """The command line; what is not given is as in the settings above."""
    parser = training_parser(
        __doc__ or "", epochs_help=f"maximum number of epochs of fine-tuning (default: {FINE_TUNING.epochs})"
    )
    add = parser.add_argument
    add("--backbone", choices=sorted(BACKBONES), default="mobilenet", help="network (default: %(default)s)")
    add("--alpha", type=float, default=0.75, help="width of a MobileNet (default: %(default)s)")
    add("--image-size", type=positive(int), default=96, help="pixels faces are enlarged to (default: %(default)s)")
    add(
        "--backbone-weights",
        metavar="imagenet|PATH|none",
        help="first weights of the backbone (default: imagenet; none where --start-from gives all weights)",
    )
    epochs = positive(int, or_zero=True)
    add("--head-epochs", type=epochs, default=HEAD.epochs, metavar="N", help="epochs of phase 1 (default: %(default)s)")
    args = parser.parse_args()
    args.name = args.name or f"my-{args.backbone}"
    args.backbone_weights = args.backbone_weights or ("none" if args.start_from else "imagenet")
    return args


def train() -> None:
    # settings
    args = options()
    teachers = load_teachers(args)
    fine_tuning = with_options(FINE_TUNING, args, teachers)
    shared: dict[str, Any] = {"batch_size": fine_tuning.batch_size, "seed": args.seed, "vote_share": args.vote_share}
    head = replace(HEAD, epochs=args.head_epochs, **shared)

    # data
    split = load_split(args)
    check_teachers(teachers, split)
    setup_run(args)

    # network and training, in two phases
    build = partial(transfer_network, args.backbone, alpha=args.alpha, image_size=args.image_size)
    with distribution_scope(args.distribute):
        network = build(weights=args.backbone_weights)
        first_weights = start_from(network, args.start_from)
        print(f"{args.backbone}: {network.count_params():,} parameters", flush=True)
        freeze(network, True)
        history = fit(network, split, head, checkpoint_file(args, "head"), resume=args.resume) if head.epochs else []
        freeze(network, False)
        tuned = fit(
            network,
            split,
            fine_tuning,
            checkpoint_file(args, "fine-tuning"),
            resume=args.resume,
            max_minutes=args.max_minutes,
            teachers=teachers,
        )
    history = [record | {"phase": "head"} for record in history]
    history += [record | {"phase": "fine-tuning"} for record in tuned]

    # evaluation and export
    network_title = f"{args.backbone} {args.alpha}" if "mobilenet" in args.backbone else args.backbone
    in_its_way = args.backbone == "mobilenet" and args.backbone_weights != "none" and bool(head.epochs)
    reproduced = in_its_way and split.is_official and not (args.limit or teachers or args.vote_share or args.start_from)
    settings = {"head": asdict(head), "fine_tuning": asdict(fine_tuning), "mixed_precision": args.mixed_precision}
    trained = Trained(
        name=args.name,
        title=args.title or args.name,
        architecture=f"{network_title} at {args.image_size} px",
        network=network,
        build=build,
        history=history,
        settings=settings | first_weights,
        dataset=args.data,
        seed=args.seed,
        flagship=args.flagship,
        reported=FER_SYSTEM if reproduced else None,
    )
    card = export_bundle(trained, split, args.models_dir, args.precision)
    print(report(card))
    print(written(args.models_dir / card.name))


if __name__ == "__main__":
    sys.exit(run_main(train))
