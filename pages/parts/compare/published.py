"""Compare, published and measured: what authors reported, beside what was measured here."""

from typing import Any

import pandas as pd
import streamlit as st

from fer_core.bundle import Bundle
from fer_core.reporting import percent_interval, published_rows, why_they_differ
from pages.parts.compare.charts import offer_table

OWN_PROTOCOL = "on its own protocol, here"


def show_published(bundles: list[Bundle], titles: dict[str, str]) -> None:
    """The view: a table for each model that reproduces a published system, and why the figures differ."""
    reproducing = [bundle for bundle in bundles if bundle.card.reported]
    if not reproducing:
        st.info("No model here names a published system.")
    for bundle in reproducing:
        system = bundle.card.reproduces or bundle.card.reported.get("system", "a published system")
        title = titles[bundle.name]
        st.header(title if title == system else f"{title} after {system}", anchor=False)
        own = "own_protocol" in bundle.card.reported
        # a table of words: they wrap, where a data frame would cut them off
        rows = published_rows(bundle.card)
        offer_table(rows, f"published-{bundle.name}")
        st.table(pd.DataFrame([_text_row(row, own) for row in rows]).set_index("figure"))
        if own:
            st.caption(
                f"{OWN_PROTOCOL.capitalize()}: split or selected the way the authors did. Such a network was trained "
                "on faces that the others are tested on, or was selected on them. It is measured before the "
                "quantization and calibration of the shipped model, which change accuracy by some tenths of a point."
            )
        with st.expander("On which faces, and why the figures differ", key=f"why-{bundle.name}"):
            st.markdown("\n".join(f"- {said}" for said in (*map(_faces, rows), *why_they_differ(bundle.card))))


def _text_row(row: dict[str, Any], own: bool) -> dict[str, str]:
    def percent(fraction: float | None, decimals: int = 1) -> str:
        return "not given" if fraction is None else f"{fraction:.{decimals}%}"

    return {
        "figure": row["figure"],
        "published": percent(row["published"], 2),
        **({OWN_PROTOCOL: percent(row["own"])} if own else {}),
        "measured": percent(row["measured"]),
        "95 % interval": "" if row["low"] is None else percent_interval(row["low"], row["high"]),
    }


def _faces(row: dict[str, Any]) -> str:
    """On which faces a figure was published and measured: words, for which a phone's table has no room."""
    published = "not published" if row["published"] is None else f"published for {row['published_on']}"
    measured = "not measured" if row["measured"] is None else f"measured on the {row['measured_on']}"
    return f"{row['figure'].capitalize()} accuracy: {published}; {measured}."
