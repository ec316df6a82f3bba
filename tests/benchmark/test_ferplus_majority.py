"""Which faces count under FER+ in its papers, and by what label."""

import numpy as np
import pytest

from benchmarks.ferplus_majority import majority
from fer_core.datasets.ferplus import COLUMNS
from fer_core.emotions import EMOTIONS


@pytest.mark.parametrize(
    ("votes", "label"),
    [
        ({"happiness": 10}, EMOTIONS.index("happy")),
        ({"anger": 6, "disgust": 4}, EMOTIONS.index("angry")),
        ({"anger": 5, "disgust": 5}, -1),  # no more than half
        ({"sadness": 5, "fear": 4, "neutral": 1}, EMOTIONS.index("sad")),  # the single vote does not count
        ({"contempt": 6, "neutral": 4}, 7),
        ({"unknown": 6, "neutral": 4}, -1),
        ({"NF": 10}, -1),
        ({}, -1),
    ],
    ids=str,
)
def test_labels_that_most_people_chose(votes: dict[str, int], label: int) -> None:
    row = np.array([[votes.get(column, 0) for column in COLUMNS]], float)
    assert majority(row).tolist() == [label]
