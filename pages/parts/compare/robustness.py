"""Compare, robustness: accuracy under every corruption that the cards hold, over its severity."""

import html
from collections.abc import Sequence
from itertools import accumulate, cycle
from typing import Any

import streamlit as st

from fer_core.bundle import PART_NAMES, Bundle
from fer_core.charts import robustness_chart, series_styles
from pages.parts.compare.address import from_address, to_address
from pages.parts.compare.charts import show_chart
from pages.parts.shared.choices import remembered

SAME_FACES = ("dataset_sha256", "part", "n", "of", "seed")  # records that agree on these are of the same faces
CHOSEN_AT_FIRST = 4
CHARTS_PER_ROW = 3
# st.html lets no drawing through, but a ground of stripes
ENTRY = (
    '<span style="white-space:nowrap"><span aria-hidden="true" style="display:inline-block;width:2.25rem;height:3px;'
    'vertical-align:middle;background:repeating-linear-gradient(90deg,{stripes})"></span>&ensp;{name}</span>'
)


def show_robustness(bundles: list[Bundle], titles: dict[str, str]) -> None:
    """The view: which models, one legend, then a chart per corruption."""
    tested = {bundle.name: bundle.card.robustness for bundle in bundles if bundle.card.robustness.get("curves")}
    if untested := [titles[bundle.name] for bundle in bundles if bundle.name not in tested]:
        st.info(
            f"Not tested for robustness yet: {', '.join(untested)}. Whoever runs this app can do it once, with "
            "`python -m fer_core evaluate --data fer2013.csv --model NAME --robustness`."
        )
    if not tested:
        return
    chosen = st.pills(
        "Models",
        list(tested),
        selection_mode="multi",
        format_func=titles.get,
        key=remembered("robust_models", from_address("models", tested, list(tested)[:CHOSEN_AT_FIRST]), tested),
    )
    to_address("models", chosen)
    shown = {titles[name]: record for name, record in tested.items() if name in chosen}
    if len({tuple(str(record.get(key)) for key in SAME_FACES) for record in shown.values()}) > 1:
        st.warning(
            "These models were tested on different faces: compare the shapes of their curves, not their heights."
        )
    _show_legend(list(shown))
    corruptions = list(dict.fromkeys(corruption for record in shown.values() for corruption in record["curves"]))
    columns = st.columns(CHARTS_PER_ROW)
    for number, corruption in enumerate(corruptions):
        with columns[number % CHARTS_PER_ROW]:
            _show_corruption(corruption, shown)
    for title, record in shown.items():
        part = PART_NAMES.get(str(record.get("part")), "its test part")
        st.caption(
            f"{title}: {record['n']:,} of the {record['of']:,} faces of the {part}, drawn at random; "
            f"accuracy on them without corruption {record['accuracy']:.1%}."
        )


def _show_legend(names: list[str]) -> None:
    """The one legend of all charts, in a row that breaks where the page is narrow."""
    entries = [
        ENTRY.format(stripes=_stripes(colour, dashes), name=html.escape(name))
        for name, (colour, dashes) in series_styles(names).items()
    ]
    st.html(f'<div style="display:flex;flex-wrap:wrap;gap:0.25rem 1.5rem">{"".join(entries)}</div>')


def _stripes(colour: str, dashes: Sequence[int]) -> str:
    """The stops of a gradient that looks like a line of these dashes."""
    ends = list(accumulate(dashes))
    each = zip([0, *ends], ends, cycle((colour, "transparent")), strict=False)
    return ",".join(f"{shown} {start}px {end}px" for start, end, shown in each)


def _show_corruption(corruption: str, shown: dict[str, dict[str, Any]]) -> None:
    """A chart of the models' accuracy over one corruption. shown: title -> record."""
    curves = {title: r["curves"][corruption] for title, r in shown.items() if corruption in r["curves"]}
    rows = [
        {"model": title, "level": severity, "accuracy": accuracy}
        for title, curve in curves.items()
        for severity, accuracy in zip(curve["levels"], curve["accuracy"], strict=True)
    ]
    unit, names = next(iter(curves.values()))["unit"], list(shown)
    chart, printed = (robustness_chart(rows, unit, names, legend=legend) for legend in (False, True))
    show_chart(chart, corruption, rows, f"robustness-{corruption.replace(' ', '-')}", printed)
