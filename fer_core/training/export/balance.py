"""Fit a bundle's calibration anew, so that every emotion counts the same and further pictures count too.

    python -m fer_core.training.export.balance models/everyday --data fer2013.csv --extra-data pictures/

FER-2013 has few faces of disgust, and its pictures are not what cameras see. The calibration is fitted to the
validation part and to the faces found in the pictures, which may have trained; its probabilities are those of seven
emotions that are equally frequent. The card's evaluation and predictions are measured anew.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fer_core.bundle import MODEL_NAME, Network, read_card, read_file, write_card
from fer_core.datasets import Faces, Split, read_dataset, split_dataset
from fer_core.emotions import EMOTIONS
from fer_core.errors import FerError
from fer_core.training.argument_types import share
from fer_core.training.calibration import fit_calibration
from fer_core.training.export.bundle import set_calibration
from fer_core.training.extra_data import ExtraData, read_extra_data

SHARE: Final = 0.25
"""Of the further pictures in the fit: networks that learned from them are surer of them than of others."""


def face_weights(labels: NDArray[np.integer]) -> NDArray[np.float64]:
    """(N,) labels -> (N,) weights that sum to 1, the same sum for each emotion that there is."""
    counts = np.bincount(labels, minlength=len(EMOTIONS))
    return np.asarray(1 / counts[labels] / np.count_nonzero(counts), np.float64)


def balanced_calibration(network: Network, validation: Faces, extra: Faces, extra_share: float) -> dict[str, Any]:
    """The calibration of `network` fitted to both, in which `extra` has that share, 0 to 1."""
    logits = np.concatenate([network.logits(part.faces) for part in (validation, extra)])
    weights = [face_weights(validation.labels) * (1 - extra_share), face_weights(extra.labels) * extra_share]
    return fit_calibration(logits, np.concatenate([validation.labels, extra.labels]), np.concatenate(weights))


def balance(folder: Path, split: Split, extra: ExtraData, extra_share: float = SHARE) -> dict[str, Any]:
    """Put the calibration into the bundle's card and measure it anew -> the evaluation. Raises FerError."""
    card = read_card(folder)
    faces, record = read_extra_data(extra)
    network = Network(read_file(card, folder, MODEL_NAME))
    found = set_calibration(folder, balanced_calibration(network, split.validation, faces, extra_share), split)
    card = read_card(folder)
    made = {"extra_data": {key: record[key] for key in ("dataset", "sha256")}, "share": extra_share}
    settings = {**(card.training.get("settings") or {}), "balanced": made}
    write_card(replace(card, training={**card.training, "settings": settings}), folder)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path, help="folder of the bundle")
    parser.add_argument("--data", required=True, metavar="PATH", help="the dataset that it was trained on")
    parser.add_argument("--ferplus", metavar="FILE", help="the FER+ votes of that dataset")
    parser.add_argument(
        "--extra-data", required=True, type=Path, metavar="FOLDER", help="pictures in folders by emotion"
    )
    parser.add_argument(
        "--share", type=share, default=SHARE, metavar="X", help="of these pictures (default: %(default)s)"
    )
    args = parser.parse_args()
    card = read_card(args.bundle)
    split = split_dataset(read_dataset(args.data, args.ferplus), None, card.training["labels"], card.training["seed"])
    for part, found in balance(args.bundle, split, ExtraData(args.extra_data), args.share).items():
        measures = ", ".join(f"{name} {found[name]:.4f}" for name in ("accuracy", "balanced_accuracy", "ece"))
        print(f"{part}: {measures}")


if __name__ == "__main__":
    try:
        main()
    except (FerError, OSError) as error:
        sys.exit(f"error: {error}")
