"""What all charts share: colours, dashes, shapes, the scales made of them, and rows as tables."""

from collections.abc import Sequence
from typing import Any, Final

import altair as alt
import pandas as pd

from fer_core.emotions import COLOURS, EMOTIONS

Rows = Sequence[dict[str, Any]]
PALETTE: Final = (
    "#1F7EC2", "#D55E00", "#00916A", "#CC5F9B", "#B38000", "#1295A8", "#9063BC", "#788A00", "#A8682A", "#7A8288",
)  # fmt: skip
"""In the hues of Okabe & Ito (2008), the first two farthest apart: 3:1 or more on light and on dark ground."""
DASHES: Final = ([1, 0], [6, 3], [2, 2], [8, 2, 2, 2], [1, 3], [10, 4], [4, 1, 1, 1])
SHAPES: Final = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right")
GREY: Final = "#7A8288"
"""For rules: 3:1 or more on light and on dark ground, since a page's theme does not reach marks."""
DARK_INK: Final = "#1B2229"
LIGHT_INK: Final = "#E8EDF1"
INK: Final = alt.ExprRef(f"luminance(background) > 0.2 ? '{DARK_INK}' : '{LIGHT_INK}'")
"""For text marks: the ground decides, which no colour that is fixed beforehand can suit at 4.5:1 in both themes."""
HEIGHT: Final = 300


def emotion_scale() -> alt.Scale:
    """Each emotion in its colour."""
    return alt.Scale(domain=list(EMOTIONS), range=[COLOURS[emotion] for emotion in EMOTIONS])


def colour_scale(names: Sequence[str]) -> alt.Scale:
    """A colour per name; a name that begins with an emotion has the emotion's colour."""
    colours = [COLOURS.get(name.split(" ")[0], PALETTE[i % len(PALETTE)]) for i, name in enumerate(names)]
    return alt.Scale(domain=list(names), range=colours)


def dash_scale(names: Sequence[str]) -> alt.Scale:
    """A dash pattern per name, so that lines differ without colour too."""
    return alt.Scale(domain=list(names), range=[DASHES[i % len(DASHES)] for i in range(len(names))])


def shape_scale(names: Sequence[str]) -> alt.Scale:
    """A point's shape per name."""
    return alt.Scale(domain=list(names), range=[SHAPES[i % len(SHAPES)] for i in range(len(names))])


def series_styles(names: Sequence[str]) -> dict[str, tuple[str, Sequence[int]]]:
    """Name -> the colour and the dashes that charts of these names give it, for a legend outside of them."""
    colours, dashes = colour_scale(names).range, dash_scale(names).range
    return {name: (colour, dash) for name, colour, dash in zip(names, colours, dashes, strict=True)}


def chart_frame(rows: Rows, *columns: str) -> pd.DataFrame:
    """The rows as a table, with their number as `point`: it keeps the order of a curve whose x stands still."""
    frame = pd.DataFrame(list(rows), columns=list(columns))
    return frame.assign(point=range(len(frame)))


def series_names(rows: Rows, key: str) -> list[str]:
    """The values of a column, each once, in the order of the rows."""
    return list(dict.fromkeys(str(row[key]) for row in rows))
