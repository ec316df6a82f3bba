"""Compare, all models: one table, a mean of several, and accuracy against cost."""

from typing import Any

import pandas as pd
import streamlit as st

from fer_core.bundles import Bundle
from fer_core.charts_compare import cost_chart
from fer_core.ensembles import ensemble_row
from fer_core.errors import ModelError
from fer_core.scoreboard import milliseconds_per_face, score_row
from pages.parts.compare_parts import show_chart, stored_predictions, table_config, table_rows, titles
from pages.parts.shared import ready_model


def show_all(bundles: list[Bundle]) -> None:
    """One table, and accuracy against cost."""
    measured = st.session_state.setdefault("compare_milliseconds", {})
    table = st.container()
    if st.button("Measure milliseconds per face on this machine", icon=":material/timer:", key="compare_measure"):
        bar = st.progress(0.0, "Loading the models …")
        for done, bundle in enumerate(bundles):
            bar.progress(done / len(bundles), f"{done + 1} of {len(bundles)}: {bundle.card.title}")
            if (model := ready_model(bundle.name, bundle.card)) is not None:
                measured[bundle.version] = milliseconds_per_face(model)
        bar.empty()
    together = chosen_together(bundles)
    with table:
        rows = [score_row(bundle, measured.get(bundle.version)) for bundle in bundles]
        rows += together_row(together, [measured.get(bundle.version) for bundle in together])
        frame = pd.DataFrame(table_rows(rows)).dropna(axis="columns", how="all")
        st.dataframe(frame, column_config=table_config(frame), hide_index=True, placeholder="-", key="compare_table")
        st.caption("Click a heading to sort; hover over it to read what it means. Shares are of faces named rightly.")
    st.subheader("Accuracy against cost", anchor=False)
    show_cost(bundles, measured)


def chosen_together(bundles: list[Bundle]) -> list[Bundle]:
    """The models whose mean people want to see as a row of its own."""
    names = titles(bundles)
    chosen = st.pills(
        "Add a row for the mean of several models' answers: what more models could reach",
        list(names),
        selection_mode="multi",
        format_func=names.get,
        key="compare_together",
    )
    return [bundle for bundle in bundles if bundle.name in chosen]


def together_row(together: list[Bundle], milliseconds: list[float | None]) -> list[dict[str, Any]]:
    """The row of their mean, from the stored predictions; none, after a line that says why, where there is none."""
    if len(together) < 2:
        return []
    try:
        return [ensemble_row(together, [stored_predictions(bundle) for bundle in together], milliseconds)]
    except ModelError as error:
        st.warning(f"No mean of these models: {error}", icon=":material/warning:")
        return []


def show_cost(bundles: list[Bundle], measured: dict[str, float]) -> None:
    """Bubbles over time where every model was timed here; until then over multiply-adds, which no machine changes."""
    names, timed = titles(bundles), all(bundle.version in measured for bundle in bundles)
    cost, title = ("milliseconds", "milliseconds per face, here") if timed else ("millions", "million multiply-adds")
    points = []
    for bundle in bundles:
        row, entry = score_row(bundle, measured.get(bundle.version)), bundle.card.evaluation.get("private_test", {})
        if row["accuracy"] is not None and row["megabytes"] is not None:
            low, high = entry.get("accuracy_interval") or (row["accuracy"],) * 2
            points.append({"model": names[bundle.name], "accuracy": row["accuracy"], "low": low, "high": high})
            points[-1] |= {"megabytes": row["megabytes"], "milliseconds": row["milliseconds"]}
            points[-1] |= {"millions": bundle.card.multiply_adds / 1e6}
    if not points:
        st.info("No card holds an accuracy on PrivateTest, so there is nothing to set against cost.")
        return
    show_chart(cost_chart(points, cost, title), "PrivateTest accuracy over cost", points, "cost")
    st.caption(
        "A bubble's area is the size of the model's file, its line the 95 % interval."
        + ("" if timed else " Measure the time above, and the axis becomes milliseconds on this machine.")
    )
