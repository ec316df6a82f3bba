"""Accuracy on FER+ as its papers count: faces of PrivateTest on whose emotion most people agree, contempt among them.

    python -m benchmarks.ferplus_majority --data fer2013.csv --ferplus fer2013new.csv [--model cnn_ferplus]

As in the authors' own code (Barsoum et al. 2016): an emotion with a single vote loses it; the one with more than half
of the votes that are left is the label, and a face without one, or whose label is *unknown* or *not a face*, is left
out.
Models here do not know contempt, so each such face counts as wrong.
"""

import argparse

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fer_core import load_model
from fer_core.datasets import read_dataset
from fer_core.datasets.ferplus import COLUMNS
from fer_core.emotions import emotion_index
from fer_core.evaluation import wilson_interval

_LEFT_OUT = ("unknown", "NF")
_CONTEMPT, _NONE = 7, -1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, metavar="PATH")
    parser.add_argument("--ferplus", required=True, metavar="FILE")
    parser.add_argument("--model", action="append", metavar="NAME", help="may be repeated (default: cnn_ferplus)")
    args = parser.parse_args()
    table = read_dataset(args.data, args.ferplus)
    rows = np.flatnonzero(table.usage == "private_test")
    labels = majority(pd.read_csv(args.ferplus)[list(COLUMNS)].to_numpy(np.float64)[rows])
    counted = labels != _NONE
    for name in args.model or ["cnn_ferplus"]:
        right = load_model(name).predict_proba(table.faces[rows[counted]]).argmax(axis=1) == labels[counted]
        low, high = wilson_interval(int(right.sum()), len(right))
        known = right[labels[counted] != _CONTEMPT]
        print(
            f"{name}: {right.mean():.2%} of {len(right):,} faces ({low:.1%} to {high:.1%}); "
            f"{known.mean():.2%} of the {len(known):,} that do not show contempt",
            flush=True,
        )


def majority(votes: NDArray[np.float64]) -> NDArray[np.int64]:
    """(N, 10) votes in the order of FER+'s columns -> (N,): an index into EMOTIONS, 7 for contempt, -1 left out."""
    kept = np.where(votes > 1, votes, 0)
    values = [
        _NONE if name in _LEFT_OUT else _CONTEMPT if name == "contempt" else emotion_index(name) for name in COLUMNS
    ]
    clear = kept.max(axis=1) > kept.sum(axis=1) / 2
    return np.where(clear, np.array(values)[kept.argmax(axis=1)], _NONE)


if __name__ == "__main__":
    main()
