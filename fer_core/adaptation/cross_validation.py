"""What a new head is worth on faces that it was not fitted to, and how strongly it is to be held at the present one."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fer_core.adaptation.fit import fit_heads
from fer_core.bundle import Head, softmax
from fer_core.evaluation import metrics

STRENGTHS: Final = (3.0, 1.0, 0.3, 0.1, 0.03)
"""Tried from the strongest hold to the weakest; 1 leaves the head practically as it is. At 0.01 ten faces of each
emotion took two points and more of what a model knew (FER-2013's PublicTest) and gave no more on other people."""
FOLDS: Final = 5
SEED: Final = 0


@dataclass(frozen=True)
class Comparison:
    """The present head and the new one on the same faces. before, after: (N, 7) float32 probabilities.

    after is cross-validated, the choice of the strength too (nested: Varma & Simon 2006): each face is predicted by a
    head that was neither fitted to it nor chosen by it. strength: the one chosen on all faces.
    """

    before: NDArray[np.float32]
    after: NDArray[np.float32]
    labels: NDArray[np.uint8]
    strength: float

    @property
    def is_better(self) -> bool:
        """Whether the new head is right more often, and its probabilities lie closer to the labels."""
        before, after = self.results()
        return bool(after["accuracy"] > before["accuracy"] and after["log_loss"] < before["log_loss"])

    def results(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Metrics before and after (`fer_core.evaluation.metrics`), with the accuracy's 95 % interval (Wilson)."""
        return metrics(self.before, self.labels), metrics(self.after, self.labels)


def compare_heads(features: NDArray[np.float32], labels: NDArray[np.uint8], start: Head) -> Comparison:
    """Cross-validate a new head beside the present one, `start`. features: (N, D); labels: (N,), two emotions or more.

    An emotion has a face in as many folds as it has faces, so that also one of a single face can be compared.
    """
    from threadpoolctl import threadpool_limits  # here: only who adapts needs it

    before = softmax(start.logits(features))
    after = np.empty_like(before)
    # products this small take a tenth of the time on one thread: several wait for each other
    with threadpool_limits(1, user_api="blas"):
        for number, (fitted, held) in enumerate(_folds(labels, FOLDS, SEED)):
            strength = _best_strength(features[fitted], labels[fitted], start, number + 1)
            (head,) = fit_heads(features[fitted], labels[fitted], start, [strength])
            after[held] = softmax(head.logits(features[held]))
        return Comparison(before, after, labels, _best_strength(features, labels, start, 0))


def _best_strength(features: NDArray[np.float32], labels: NDArray[np.uint8], start: Head, seed: int) -> float:
    """Of STRENGTHS the strongest whose log loss, cross-validated, is the least but for one standard error.

    The rule of one standard error: Hastie, Tibshirani & Friedman 2009, "The Elements of Statistical Learning", 7.10.
    """
    found = np.empty((len(STRENGTHS), *labels.shape, 7), np.float32)
    for fitted, held in _folds(labels, FOLDS, seed):
        for row, head in enumerate(fit_heads(features[fitted], labels[fitted], start, STRENGTHS)):
            found[row, held] = softmax(head.logits(features[held]))
    losses = -np.log(np.maximum(found[:, np.arange(len(labels)), labels], 1e-7))  # as in `log_loss`, face by face
    excess = losses - losses[losses.mean(axis=1).argmin()]
    tolerated = excess.std(axis=1) / np.sqrt(len(labels))
    return next(s for s, more, error in zip(STRENGTHS, excess.mean(axis=1), tolerated, strict=True) if more <= error)


def _folds(labels: NDArray[np.uint8], most: int, seed: int) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Rows to fit and rows held out, `most` times at most; the faces of each emotion are spread over the folds."""
    shuffled = np.random.default_rng(seed).permutation(len(labels))
    ordered = shuffled[np.argsort(labels[shuffled], kind="stable")]  # emotion by emotion, dealt out in turn
    count = min(most, len(labels))
    for number in range(count):
        held = ordered[number::count]
        yield np.setdiff1d(ordered, held), held
