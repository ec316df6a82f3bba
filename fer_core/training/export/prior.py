"""How much a bundle favours emotions that were rare in its training, chosen on pictures that it has not seen.

    python -m fer_core.training.export.prior models/everyday --data fer2013.csv --pictures faces/

FER-2013 has few faces of disgust, and a network that learned from it names disgust even more rarely. Its probabilities
are divided by a power of each emotion's share of the training part: that power goes into the card, whose evaluation and
predictions are measured anew.
"""

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fer_core.bundle import ModelCard, calibrated, load_model, read_card, uncalibrated
from fer_core.datasets import Split, labelled_pictures
from fer_core.emotions import EMOTIONS
from fer_core.errors import FerError
from fer_core.reporting import RealFaces, measure_pictures
from fer_core.training.argument_types import share
from fer_core.training.export.bundle import recalibrate
from fer_core.training.options import bundle_parser
from fer_core.training.run import split_of
from fer_core.training.terminal import report

POWERS: Final = (0.0, 0.25, 0.5, 0.75, 1.0)


def training_shares(split: Split) -> list[float]:
    """(7,): each emotion's share of the faces that train; one that has none counts as one face."""
    counts = np.maximum(np.bincount(split.training.labels, minlength=len(EMOTIONS)), 1)
    return [round(float(value), 4) for value in counts / counts.sum()]


def choose_power(measured: RealFaces, calibration: Mapping[str, Any], shares: list[float]) -> float:
    """The one of POWERS with the highest mean of accuracy and balanced accuracy on measured pictures; prints them all.

    measured: of one model, with `calibration`. The smallest of equals is taken.
    """
    ((name, before),) = measured.probabilities.items()
    results = {}
    for power in POWERS:
        rows = with_power(before, calibration, {"power": power, "shares": shares})
        found = replace(measured, probabilities={name: rows}).results()[name]
        results[power] = (found["accuracy"] + found["balanced_accuracy"]) / 2
        print(f"power {power:g}: accuracy {found['accuracy']:.3f}, balanced {found['balanced_accuracy']:.3f}")
    return max(results, key=lambda power: results[power])


def with_power(
    probabilities: NDArray[np.float32], calibration: Mapping[str, Any], prior: Mapping[str, Any]
) -> NDArray[np.float32]:
    """(N, 7) probabilities under `calibration` -> the same with another prior; rows of zeros (no face) stay so."""
    seen = probabilities.any(axis=1)
    changed = np.zeros_like(probabilities)
    # the logits are known but for a constant, which calibration takes out again
    logits = np.log(np.maximum(uncalibrated(probabilities[seen], calibration), np.float32(1e-30)))
    changed[seen] = calibrated(logits, {**calibration, "prior": prior})
    return changed


def set_prior(folder: Path, prior: Mapping[str, Any], split: Split) -> ModelCard:
    """Put `prior` into the bundle's card, as `recalibrate` does."""
    card = read_card(folder)
    return recalibrate(folder, replace(card, calibration={**card.calibration, "prior": dict(prior)}), split)


def main() -> None:
    parser = bundle_parser(__doc__ or "")
    chosen = parser.add_mutually_exclusive_group(required=True)
    chosen.add_argument("--pictures", metavar="FOLDER", help="choose the power on these, in folders by emotion")
    chosen.add_argument("--power", type=share, metavar="X", help="take this power, 0 (none) to 1")
    args = parser.parse_args()
    card = read_card(args.bundle)
    split = split_of(card, args)
    shares, power = training_shares(split), args.power
    if power is None:
        measured = measure_pictures(labelled_pictures(args.pictures), [load_model(args.bundle)])
        power = choose_power(measured, card.calibration, shares)
    print(report(set_prior(args.bundle, {"power": power, "shares": shares}, split)))


if __name__ == "__main__":
    try:
        main()
    except (FerError, OSError) as error:
        sys.exit(f"error: {error}")
