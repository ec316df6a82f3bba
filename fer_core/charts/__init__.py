"""Plain rows -> Altair charts.

Rows of names and numbers -> `common`, `compare`, `cost`, `timeline`, in the colours and dashes of `style`. Nothing here
knows models, faces or pages.
"""

from fer_core.charts.common import confusion_chart, history_chart, save_png
from fer_core.charts.compare import (
    chart_file,
    curve_chart,
    f1_chart,
    interval_chart,
    learning_rate_chart,
    reliability_chart,
    robustness_chart,
)
from fer_core.charts.cost import cost_chart
from fer_core.charts.style import series_styles
from fer_core.charts.timeline import timeline_frame, timeline_spec

__all__ = [
    "chart_file",
    "confusion_chart",
    "cost_chart",
    "curve_chart",
    "f1_chart",
    "history_chart",
    "interval_chart",
    "learning_rate_chart",
    "reliability_chart",
    "robustness_chart",
    "save_png",
    "series_styles",
    "timeline_frame",
    "timeline_spec",
]
