"""Fit a bundle's calibration anew, so that every emotion counts the same and further pictures count too.

    python -m fer_core.training.export.balance models/everyday --data fer2013.csv --extra-data pictures/

FER-2013 has few faces of disgust, and its pictures are not what cameras see. The calibration is fitted to the
validation part and to the faces found in the pictures, which may have trained; its probabilities are those of seven
emotions that are equally frequent. The card's evaluation and predictions are measured anew.
"""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fer_core.bundle import MODEL_NAME, ModelCard, Network, read_card, read_file
from fer_core.datasets import Faces, Split
from fer_core.errors import FerError
from fer_core.training.argument_types import share
from fer_core.training.calibration import fit_calibration
from fer_core.training.export.bundle import recalibrate
from fer_core.training.extra_data import ExtraData, read_extra_data
from fer_core.training.options import bundle_parser
from fer_core.training.run import split_of
from fer_core.training.targets import balanced_weights
from fer_core.training.terminal import report

SHARE: Final = 0.25
"""Of the further pictures in the fit: networks that learned from them are surer of them than of others."""


def face_weights(labels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """(N,) labels -> (N,) weights that sum to 1, the same sum for each emotion that there is."""
    weights = np.asarray(balanced_weights(labels))[labels]
    return np.asarray(weights / weights.sum(), np.float64)


def balanced_calibration(network: Network, validation: Faces, extra: Faces, extra_share: float) -> dict[str, Any]:
    """The calibration of `network` fitted to both, in which `extra` has that share, 0 to 1."""
    logits = np.concatenate([network.logits(part.faces) for part in (validation, extra)])
    weights = [face_weights(validation.labels) * (1 - extra_share), face_weights(extra.labels) * extra_share]
    return fit_calibration(logits, np.concatenate([validation.labels, extra.labels]), np.concatenate(weights))


def balance(folder: Path, split: Split, extra: ExtraData, extra_share: float = SHARE) -> ModelCard:
    """Put the calibration into the bundle's card and measure it anew. Raises FerError."""
    card = read_card(folder)
    faces, record = read_extra_data(extra)
    network = Network(read_file(card, folder, MODEL_NAME))
    calibration = balanced_calibration(network, split.validation, faces, extra_share)
    made = {"extra_data": {key: record[key] for key in ("dataset", "sha256")}, "share": extra_share}
    settings = {**(card.training.get("settings") or {}), "balanced": made}
    card = replace(card, calibration=calibration, training={**card.training, "settings": settings})
    return recalibrate(folder, card, split)


def main() -> None:
    parser = bundle_parser(__doc__ or "")
    parser.add_argument(
        "--extra-data", required=True, type=Path, metavar="FOLDER", help="pictures in folders by emotion"
    )
    parser.add_argument(
        "--share", type=share, default=SHARE, metavar="X", help="of these pictures (default: %(default)s)"
    )
    args = parser.parse_args()
    split = split_of(read_card(args.bundle), args)
    print(report(balance(args.bundle, split, ExtraData(args.extra_data), args.share)))


if __name__ == "__main__":
    try:
        main()
    except (FerError, OSError) as error:
        sys.exit(f"error: {error}")
