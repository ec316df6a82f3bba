"""What a network is to answer: labels, how FER+ votes are spread (`--vote-share`), and how rare emotions weigh."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from fer_core import DatasetError
from fer_core.bundle.card import read_card
from fer_core.datasets.splits import Faces
from fer_core.emotions import EMOTIONS
from fer_core.training.targets import balanced_weights, one_hot, with_votes
from tests.support import tiny

ANGRY, NEUTRAL = EMOTIONS.index("angry"), EMOTIONS.index("neutral")
PART = Faces(*tiny.faces(1))
VOTES = np.zeros((7, 7), np.float32)
VOTES[0, [ANGRY, NEUTRAL]] = 3, 1


def test_one_hot() -> None:
    assert one_hot(np.array([0, 6], np.uint8)).tolist() == [[1, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 1]]


@pytest.mark.parametrize("share", [0, 0.4, 1])
def test_votes_take_their_share(share: float) -> None:
    targets = with_votes(replace(PART, votes=VOTES), share)
    expected = (1 - share) * one_hot(PART.labels)[0]
    expected[[ANGRY, NEUTRAL]] += share * np.array([0.75, 0.25], np.float32)
    assert targets.dtype == np.float32 and targets[0] == pytest.approx(expected)
    assert np.array_equal(targets[1:], one_hot(PART.labels)[1:]), "nobody voted: the label stays"


def test_without_votes_only_labels_can_be_learned() -> None:
    assert np.array_equal(with_votes(PART, 0), one_hot(PART.labels))
    with pytest.raises(DatasetError, match=r"no FER\+ votes"):
        with_votes(PART, 0.1)


def test_balanced_weights_are_scikit_learns() -> None:
    labels = np.repeat(np.arange(7), [40, 5, 40, 72, 48, 31, 49])
    expected = compute_class_weight("balanced", classes=np.arange(7), y=labels)
    assert balanced_weights(labels) == pytest.approx(expected.tolist())
    assert np.mean(np.array(balanced_weights(labels))[labels]) == pytest.approx(1)


@pytest.fixture
def run(tmp_path: Path, train: Callable[..., int], quick: None) -> Callable[..., int]:
    """Train on the tiny challenge file, all of whose faces everybody calls neutral."""
    data = tiny.fer_csv(tmp_path)
    rows = [(usage, (10,) + 9 * (0,)) for usage, n in tiny.FER_PARTS.items() for _ in range(7 * n)]
    tiny.write_votes(tmp_path / "votes.csv", rows)

    def call(*options: object) -> int:
        named = ("--models-dir", tmp_path / "models", "--name", "voted", "--precision", "float32", "--epochs", 1)
        return train("train_cnn", "--data", data, *named, *options)

    return call


def test_the_votes_are_learned_and_the_card_says_so(run: Callable[..., int], tmp_path: Path) -> None:
    losses = []
    for share in (0, 1):
        assert run("--ferplus", tmp_path / "votes.csv", "--seed", 1, "--vote-share", share) == 0
        card = read_card(tmp_path / "models" / "voted")
        assert card.training["settings"]["vote_share"] == share
        losses.append(card.history[0]["loss"])
    assert losses[1] < 0.95 * losses[0], "one answer for every face is learned sooner than seven"
    assert card.reproduces is None, "what was published learned labels"


def test_another_share_is_another_run(
    run: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ("--ferplus", tmp_path / "votes.csv", "--vote-share")
    assert run(*given, 0.5) == 0
    assert run(*given, 0.6, "--resume") == 2
    assert "these differ: vote_share" in capsys.readouterr().err


def test_a_share_of_no_votes_is_refused(run: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--vote-share", 0.5) == 2
    assert "--vote-share needs the votes: add --ferplus" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        run("--vote-share", 1.5)
