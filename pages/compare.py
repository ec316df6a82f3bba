"""Compare: what the bundles' own evaluations say of them, side by side. Opening it reads cards only."""

from typing import Any

import pandas as pd
import streamlit as st

from fer_core.bundles import PART_NAMES, Bundle, read_bundles
from fer_core.charts_compare import robustness_chart
from fer_core.published import published_rows, why_they_differ
from pages.parts.compare_all import show_all
from pages.parts.compare_own import show_own
from pages.parts.compare_pair import show_pair
from pages.parts.compare_parts import show_chart, titles
from pages.parts.navigation import enter_page
from pages.parts.shared import show_no_models

SAME_FACES = ("dataset_sha256", "part", "n", "of", "seed")  # records that agree on these are of the same faces

OWN_PROTOCOL = "on its own protocol, here"


def show_published(bundles: list[Bundle]) -> None:
    """What authors reported, beside what was measured here."""
    reproducing = [bundle for bundle in bundles if bundle.card.reported]
    if not reproducing:
        st.info("No model here names a published system.")
    for bundle in reproducing:
        system = bundle.card.reproduces or bundle.card.reported.get("system", "a published system")
        st.subheader(f"{bundle.card.title} after {system}", anchor=False)
        own = "own_protocol" in bundle.card.reported
        # a table of words: they wrap, where a data frame would cut them off
        st.table(pd.DataFrame([_published_row(row, own) for row in published_rows(bundle.card)]).set_index("figure"))
        if own:
            st.caption(
                f"{OWN_PROTOCOL.capitalize()}: split or chosen in the authors' way. Such a network has seen faces that "
                "the others are tested on, or was chosen by them. Its own answers are measured, before the "
                "quantisation and calibration that ship, which move accuracy by some tenths of a point."
            )
        st.markdown("\n".join(f"- {reason}" for reason in why_they_differ(bundle.card)))


def _published_row(row: dict[str, Any], own: bool) -> dict[str, str]:
    def share(value: float | None, decimals: int = 1) -> str:
        return "not given" if value is None else f"{value:.{decimals}%}"

    return {
        "figure": row["figure"],
        "published": share(row["published"], 2),
        **({OWN_PROTOCOL: share(row["own"])} if own else {}),
        "measured": share(row["measured"]),
        "95 % interval": "" if row["low"] is None else f"{row['low']:.1%} to {row['high']:.1%}",
        "published on": row["published_on"],
        "measured on": row["measured_on"],
    }


def show_robustness(bundles: list[Bundle]) -> None:
    """Accuracy over the strength of every disturbance that the cards hold."""
    names = titles(bundles)
    held = {bundle.name: bundle.card.robustness for bundle in bundles if bundle.card.robustness.get("curves")}
    if untested := [names[bundle.name] for bundle in bundles if bundle.name not in held]:
        st.info(
            f"Not tested for robustness yet: {', '.join(untested)}. Whoever runs this app does it once, with "
            "`python -m fer_core evaluate --data fer2013.csv --model NAME --robustness`."
        )
    if not held:
        return
    chosen = st.pills(
        "Models", list(held), selection_mode="multi", default=list(held)[:4], format_func=names.get, key="robust_models"
    )
    shown = [name for name in held if name in chosen]
    if len({tuple(str(held[name].get(key)) for key in SAME_FACES) for name in shown}) > 1:
        st.warning(
            "These models were tested on different faces: compare the shapes of their curves, not their heights."
        )
    kinds = list(dict.fromkeys(kind for name in shown for kind in held[name]["curves"]))
    columns = st.columns(3)
    for number, kind in enumerate(kinds):
        curves = {name: held[name]["curves"][kind] for name in shown if kind in held[name]["curves"]}
        rows = [
            {"model": names[name], "level": level, "accuracy": accuracy}
            for name, curve in curves.items()
            for level, accuracy in zip(curve["levels"], curve["accuracy"], strict=True)
        ]
        with columns[number % 3]:
            unit = next(iter(curves.values()))["unit"]
            show_chart(robustness_chart(rows, unit), kind, rows, f"robustness-{kind.replace(' ', '-')}")
    for name in shown:
        record = held[name]
        part = PART_NAMES.get(str(record.get("part")), "its test part")
        st.caption(
            f"{names[name]}: {record['n']:,} of the {record['of']:,} faces of {part}, drawn at random; "
            f"{record['accuracy']:.1%} right on them undisturbed."
        )


VIEWS = {
    "All models": show_all,
    "Two models": show_pair,
    "Published and measured": show_published,
    "Robustness": show_robustness,
    "Your own faces": show_own,
}

enter_page()
st.title("Compare models")
st.caption(
    "Every number here comes from the models' own cards and stored predictions, or is measured before your eyes."
)
bundles, broken = read_bundles()
for name, reason in broken.items():
    st.warning(f"Model {name} is left out: {reason}", icon=":material/warning:")
if not bundles:
    show_no_models()
    st.stop()
VIEWS[st.segmented_control("View", list(VIEWS), default="All models", key="compare_view") or "All models"](bundles)
