"""The mean of several bundles' weights as one network, no slower than each of them.

    python -m fer_core.training.export.average models/first models/second --data fer2013.csv --name both

Networks that were trained on from the same weights often lie in one valley of the loss, and the middle between them is
better than either (Wortsman et al. 2022, "Model soups"). The card is that of the last one. Statistics of batch
normalisations are estimated anew, with --extra-data on those faces too, as often as training drew them.
"""

import hashlib
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

import fer_core.training.layers  # noqa: F401 - keras finds its layers by name
from fer_core.bundle import MODEL_NAME, PREDICTIONS_NAME, ModelCard, Network, check_name, file_entry, read_card
from fer_core.datasets import Faces, Split
from fer_core.errors import FerError, ModelError
from fer_core.training.calibration import fit_calibration
from fer_core.training.export.bundle import evaluated, write_bundle
from fer_core.training.export.convert import PRECISIONS, save_keras
from fer_core.training.export.half_precision import KERAS_NAME
from fer_core.training.export.quantization import choose
from fer_core.training.normalisation import estimate_statistics
from fer_core.training.options import add_extra_data, bundle_parser
from fer_core.training.run import split_of
from fer_core.training.terminal import shown_command


def average(networks: Sequence[keras.Model], part: Faces) -> keras.Model:
    """The last network with the mean of all weights. part: faces like those that trained, for the statistics.

    Raises ModelError where the networks are not of one form.
    """
    weights = [network.get_weights() for network in networks]
    shapes = [[weight.shape for weight in own] for own in weights]
    if any(other != shapes[0] for other in shapes[1:]):
        raise ModelError("The networks differ in their layers; only weights of one architecture can be averaged.")
    mean = networks[-1]
    mean.set_weights([np.mean(same, axis=0) for same in zip(*weights, strict=True)])
    estimate_statistics(mean, part)
    return mean


def average_bundles(folders: Sequence[Path], split: Split, name: str, models_dir: Path, precision: str) -> ModelCard:
    """Write the bundle `models_dir`/<name>/ of the mean of bundles that have model.keras; its card is the last one's.

    Raises ModelError.
    """
    check_name(name)
    cards = [read_card(folder) for folder in folders]
    last = cards[-1]
    if len({card.training.get("fold") for card in cards}) > 1:  # the mean would teach faces that one of them has seen
        raise ModelError("These were trained without different folds; only those of one fold can be averaged.")
    networks, sources = [], []
    for folder in folders:
        try:
            sources.append(_source(folder))
            networks.append(keras.saving.load_model(folder / KERAS_NAME, compile=False))
        except (OSError, ValueError, TypeError) as error:
            raise ModelError(f"{folder / KERAS_NAME} cannot be loaded: {error}") from error
    network = average(networks, split.training)
    best, _, quantization = choose(network, split.validation, precision)
    logits = Network(best.content).logits(split.validation.faces)
    settings: dict[str, Any] = {**last.training["settings"], "averaged": sources}
    settings.pop("balanced", None)  # of the last one's calibration, which is fitted anew
    card = replace(
        last,
        name=name,
        files={MODEL_NAME: file_entry(best.content)},
        training={**last.training, "settings": settings, "command": shown_command()},
        calibration=fit_calibration(logits, split.validation.labels),
        quantization=quantization,
        real_faces={},
        robustness={},
    )
    card, packed = evaluated(card, best.content, split.parts, split.dataset_sha256)
    write_bundle(
        card, {MODEL_NAME: best.content, PREDICTIONS_NAME: packed, KERAS_NAME: save_keras(network)}, models_dir
    )
    return card


def _source(folder: Path) -> dict[str, str]:
    """What a bundle was made by, for the card of the mean."""
    digest = hashlib.sha256((folder / KERAS_NAME).read_bytes()).hexdigest()
    return {"file": f"{folder.name}/{KERAS_NAME}", "sha256": digest, "command": read_card(folder).training["command"]}


def main() -> None:
    parser = bundle_parser(__doc__ or "", several=True)
    add_extra_data(parser.add_argument, "estimate the statistics on the faces of these pictures as well")
    parser.add_argument("--name", required=True, help="of the new bundle")
    parser.add_argument("--models-dir", type=Path, default=Path("models"), metavar="DIR")
    parser.add_argument("--precision", choices=["auto", *PRECISIONS], default="auto")
    args = parser.parse_args()
    split = split_of(read_card(args.bundle[-1]), args, args.extra_data)
    card = average_bundles(args.bundle, split, args.name, args.models_dir, args.precision)
    for part, found in card.evaluation.items():
        print(f"{part}: accuracy {found['accuracy']:.4f}, balanced {found['balanced_accuracy']:.4f}")


if __name__ == "__main__":
    try:
        main()
    except (FerError, OSError) as error:
        sys.exit(f"error: {error}")
