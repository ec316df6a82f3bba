"""Predictions and labels -> figures.

probabilities (N, 7) and labels (N,) -> `metrics` of a part; `curves`; `reliability` (calibration); `comparison` of two
models. A model and faces -> accuracy under `corruptions`, or milliseconds
(`timing`); `uploads`: labelled faces that somebody brings.
"""

from fer_core.evaluation.comparison import McNemar, confident_mistakes, mcnemar, verdict
from fer_core.evaluation.corruptions import robustness, store_robustness
from fer_core.evaluation.curves import precision_recall_curve, roc_curve
from fer_core.evaluation.metrics import evaluate_models, log_loss, metrics, wilson_interval
from fer_core.evaluation.reliability import expected_calibration_error, reliability
from fer_core.evaluation.timing import FaceTime, time_models
from fer_core.evaluation.uploads import Measured, measure, table_of_uploads

__all__ = [
    "FaceTime",
    "McNemar",
    "Measured",
    "confident_mistakes",
    "evaluate_models",
    "expected_calibration_error",
    "log_loss",
    "mcnemar",
    "measure",
    "metrics",
    "precision_recall_curve",
    "reliability",
    "robustness",
    "roc_curve",
    "store_robustness",
    "table_of_uploads",
    "time_models",
    "verdict",
    "wilson_interval",
]
