"""Curves and their areas against scikit-learn."""

from typing import Any

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.metrics import roc_curve as sklearn_roc

from fer_core.evaluation.curves import precision_recall_curve, roc_curve
from tests.support.synthetic_bundles import answers


@pytest.mark.parametrize("ties", [False, True], ids=["distinct", "ties"])
@pytest.mark.parametrize("emotion", range(7))
def test_curves_are_scikit_learns(emotion: int, ties: bool) -> None:
    labels, probabilities = answers(400, 1.0)
    scores = probabilities[:, emotion].round(1 if ties else 7)
    positive = labels == emotion
    roc, pr = roc_curve(scores, positive), precision_recall_curve(scores, positive)
    assert roc is not None and pr is not None
    assert roc.area == pytest.approx(roc_auc_score(positive, scores), abs=1e-9)
    assert pr.area == pytest.approx(average_precision_score(positive, scores), abs=1e-9)
    x, y, _ = sklearn_roc(positive, scores, drop_intermediate=False)
    assert np.allclose([roc.x, roc.y], [x, y])
    assert (np.diff(roc.x) >= 0).all() and (np.diff(pr.x) >= 0).all()


@pytest.mark.parametrize("positive", [[True] * 4, [False] * 4], ids=["only positives", "no positives"])
@pytest.mark.parametrize("curve", [roc_curve, precision_recall_curve])
def test_no_curve_without_both_sides(curve: Any, positive: list[bool]) -> None:
    assert curve(np.linspace(0, 1, 4), np.array(positive)) is None


def test_a_thinned_curve_keeps_its_ends_and_area() -> None:
    labels, probabilities = answers(2000)
    whole = roc_curve(probabilities[:, 3], labels == 3)
    assert whole is not None
    thin = whole.thinned(50)
    assert len(thin.x) <= 50 < len(whole.x)
    assert (thin.x[0], thin.y[0], thin.x[-1], thin.y[-1], thin.area) == (0, 0, 1, 1, whole.area)
