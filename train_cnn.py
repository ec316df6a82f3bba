"""Train a CNN on faces of 48x48 pixels and put it into the app.

    python train_cnn.py --data fer2013.csv                                  # the compact CNN, about 22 epochs
    python train_cnn.py --data fer2013.csv --arch seresnet-small            # the network behind models/cnn
    python train_cnn.py --data faces/ --limit 500 --epochs 1                # a quick try on your own folders
    python train_cnn.py --data fer2013.csv --name my-compact --resume       # go on after an interruption

It trains on the training part, keeps the best epoch by validation accuracy, reports every other part once, and writes
models/<name>/: the app shows the new model at its next refresh. KERAS_BACKEND=jax trains on JAX.
"""

import sys
from dataclasses import asdict
from functools import partial
from typing import Any, Final

from fer_core.training.architectures import CNNS
from fer_core.training.augment import Augmentation
from fer_core.training.export import Trained, export_bundle, report
from fer_core.training.fit import Settings, fit
from fer_core.training.options import begin, end_cleanly, load_split, parser, state_file, with_options

# What a cosine run of 20 to 40 epochs wants: strong changes to the faces, soft labels, averaged weights.
_FLAGSHIP: Final = Settings(
    epochs=40,
    batch_size=128,
    learning_rate=3e-3,
    optimizer="adamw",
    schedule="cosine",
    warmup_epochs=2,
    weight_decay=0.05,
    label_smoothing=0.1,
    ema=0.998,
    patience=0,
    augmentation=Augmentation(rotation=10, shift=4, shear=0, zoom=0.15, erase=0.25),
)
PRESETS: Final = {
    "compact": Settings(epochs=22, batch_size=32, learning_rate=1e-3),  # as published
    "seresnet": _FLAGSHIP,
    "seresnet-small": _FLAGSHIP,
}
REPORTED: Final[dict[str, dict[str, Any]]] = {
    "compact": {
        "system": "FER System (CNN + MobileNet + Streamlit)",
        "training_accuracy": 0.4225,
        "validation_accuracy": 0.5035,
        "data": "FER-2013; its validation part",
    },
}


def train() -> None:
    options = parser(__doc__ or "", epochs_help="epochs at most (default: the preset's)")
    options.add_argument("--arch", choices=sorted(CNNS), default="compact", help="network (default: %(default)s)")
    options.add_argument("--dropout", type=float, help="dropout rate (default: the network's)")
    args = options.parse_args()
    args.name = args.name or f"my-{args.arch}"
    settings = with_options(PRESETS[args.arch], args)

    split = load_split(args)
    begin(args)
    build = partial(CNNS[args.arch], **({} if args.dropout is None else {"dropout": args.dropout}))
    network = build()
    print(f"{args.arch}: {network.count_params():,} parameters", flush=True)
    history = fit(
        network, split, settings, state_file(args, "training"), resume=args.resume, max_minutes=args.max_minutes
    )  # fmt: skip

    reported = REPORTED.get(args.arch)
    trained = Trained(
        name=args.name,
        title=args.title or args.name,
        architecture=network.name,
        network=network,
        build=build,
        history=history,
        settings=asdict(settings) | {"dropout": args.dropout, "mixed_precision": args.mixed_precision},
        dataset=args.data,
        seed=args.seed,
        flagship=args.flagship,
        reproduces=reported["system"] if reported else None,
        reported=reported,
    )
    card = export_bundle(trained, split, args.models_dir, args.precision)
    print(report(card))
    print(f"Written: {args.models_dir / card.name}. The app shows it at the next refresh.")


if __name__ == "__main__":
    sys.exit(end_cleanly(train))
