"""Makes the plot of docs/models.md from the cards: what FER-2013's test faces say about real ones.

python -m docs.make_plots
"""

from pathlib import Path
from typing import Any, Final

import altair as alt
import pandas as pd

from fer_core.bundle import OFFICIAL_TEST, read_bundles
from fer_core.charts import save_png
from fer_core.reporting import main_settings

TARGET: Final = Path(__file__).parent / "pictures" / "real_faces.png"
_X: Final = "FER-2013 test part (PrivateTest), accuracy"
_Y: Final = "Real faces, accuracy"
_LEARNED: Final = ["FER-2013's labels", "FER-2013 with FER+ votes", "further pictures too"]
_COLOURS: Final = ["#0A6E7C", "#7A4FA3", "#B26A00"]


def main() -> None:
    """Draw accuracy on real faces over accuracy on PrivateTest, a point per bundle with both."""
    bundles, _ = read_bundles()
    frame = pd.DataFrame(
        [
            {
                "model": bundle.card.title,
                _X: bundle.card.evaluation[OFFICIAL_TEST]["accuracy"],
                _Y: bundle.card.real_faces["accuracy"],
                "Learned": _learned(bundle.card.training),
            }
            for bundle in bundles
            if bundle.card.real_faces and OFFICIAL_TEST in bundle.card.evaluation
        ]
    )
    frame["crowded"] = [_has_neighbour(row, frame) for row in frame.to_dict("records")]
    base = alt.Chart(frame).encode(x=_axis(_X, frame[_X]), y=_axis(_Y, frame[_Y]))
    points = base.mark_point(size=90, filled=True, opacity=1).encode(
        color=alt.Color(
            "Learned:N", scale=alt.Scale(domain=_LEARNED, range=_COLOURS), legend=alt.Legend(orient="top", title=None)
        ),
        shape=alt.Shape("Learned:N", scale=alt.Scale(domain=_LEARNED)),
    )
    names = base.encode(text="model:N")
    right = names.transform_filter("!datum.crowded").mark_text(align="left", dx=8, dy=-4, fontSize=11)
    left = names.transform_filter("datum.crowded").mark_text(align="right", dx=-8, dy=-4, fontSize=11)
    save_png((points + right + left).properties(width=560, height=360), TARGET, scale=1.5)


def _learned(training: dict[str, Any]) -> str:
    """One of _LEARNED, for a card's `training`."""
    if training.get("extra_data"):
        return _LEARNED[2]
    votes = main_settings(training).get("vote_share") or training["labels"] == "ferplus"
    return _LEARNED[1] if votes else _LEARNED[0]


def _has_neighbour(row: dict[str, Any], frame: pd.DataFrame) -> bool:
    """Whether another point lies where the name would, on the right."""
    away_x, away_y = frame[_X] - row[_X], (frame[_Y] - row[_Y]).abs()
    return bool(((away_x > 0) & (away_x < 0.02) & (away_y < 0.008)).any())


def _axis(name: str, values: pd.Series) -> alt.X:
    low, high = values.min() - 0.02, values.max() + (0.035 if name == _X else 0.02)
    kind = alt.X if name == _X else alt.Y
    return kind(f"{name}:Q", scale=alt.Scale(domain=[low, high]), axis=alt.Axis(format="%"))


if __name__ == "__main__":
    main()
