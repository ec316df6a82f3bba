"""Compare, all models: one table, a mean of several, and accuracy against cost."""

from typing import Any

import pandas as pd
import streamlit as st

from fer_core.bundle import OFFICIAL_TEST, PART_NAMES, REAL_FACES, Bundle
from fer_core.charts import cost_chart, interval_chart
from fer_core.errors import ModelError
from fer_core.evaluation import FaceTime, time_models
from fer_core.reporting import best_first, ensemble_row, score_row
from pages.parts.compare.address import from_address, to_address
from pages.parts.compare.charts import offer_table, show_chart
from pages.parts.compare.predictions import stored_predictions
from pages.parts.compare.tables import best_in_bold, table_config, table_rows
from pages.parts.shared.choices import remembered
from pages.parts.shared.model_picker import ready_model

SORTED_BY = {"real_faces": "accuracy on real faces", "accuracy": "accuracy on the FER-2013 test part"}
"""The columns that `best_first` orders by, in words."""


def show_leaderboard(bundles: list[Bundle], titles: dict[str, str]) -> None:
    """The view: intervals, the table, then accuracy against cost."""
    measured = st.session_state.setdefault("compare_milliseconds", {})
    _show_intervals(bundles, titles)
    table = st.container()
    if st.button("Measure milliseconds per face on this machine", icon=":material/timer:", key="compare_measure"):
        _measure(bundles, measured)
    members = _choose_ensemble(bundles, titles)
    with table:
        times = [measured[b.version].fastest if b.version in measured else None for b in members]
        rows = [score_row(b, measured.get(b.version)) | {"model": titles[b.name]} for b in bundles]
        by, rows = best_first([*rows, *_ensemble_rows(members, times)])
        offer_table(rows, "models")
        frame = pd.DataFrame(table_rows(rows)).dropna(axis="columns", how="all")
        st.dataframe(
            best_in_bold(frame),
            column_config=table_config(frame),
            hide_index=True,
            key="compare_table",
            height="content",
        )
        st.caption(
            f"Sorted by {SORTED_BY[by]}; the best figure of each column is bold. Click a heading to sort; hover "
            "over it to read what it means. Percentages are of faces classified correctly."
        )
    st.header("Accuracy against cost", anchor=False)
    _show_cost(bundles, titles, measured)


def _show_intervals(bundles: list[Bundle], titles: dict[str, str]) -> None:
    """Accuracy with its 95 % interval, best first: on real faces and on the FER-2013 test part, as far as known."""
    real = {b.name: b.card.real_faces for b in bundles if b.card.real_faces}
    test = {b.name: found for b in bundles if (found := b.card.evaluation.get(OFFICIAL_TEST, {}))}
    sets = {
        PART_NAMES[REAL_FACES]: (real, "real-faces"),
        PART_NAMES[OFFICIAL_TEST]: (test, "fer2013-test"),
    }
    charts = {title: (_interval_rows(found, titles), name) for title, (found, name) in sets.items()}
    charts = {title: (rows, name) for title, (rows, name) in charts.items() if rows}
    for column, (title, (rows, name)) in zip(st.columns(max(1, len(charts))), charts.items(), strict=False):
        with column:
            show_chart(interval_chart(rows, "accuracy"), title, rows, f"intervals-{name}")
    if charts:
        st.caption(
            "A dot is the accuracy, its line the 95 % confidence interval for all faces of this kind, of which these "
            "are a sample. *Two models* tells whether two of them really differ." + _said_of(real)
        )


def _interval_rows(found: dict[str, dict[str, Any]], titles: dict[str, str]) -> list[dict[str, Any]]:
    """What `interval_chart` takes, best first. found: model -> metrics."""
    rows = [
        {"model": titles[name], "value": entry["accuracy"], "low": low, "high": high}
        for name, entry in found.items()
        for low, high in [entry.get("accuracy_interval") or (entry["accuracy"],) * 2]
    ]
    return sorted(rows, key=lambda row: -row["value"])


def _said_of(real: dict[str, dict[str, Any]]) -> str:
    """Which pictures the figures of real faces are of, and that they differ where they do."""
    if not real:
        return ""
    sets = {f"{record['data']} ({record['n']:,} pictures, detector {record['detector']})" for record in real.values()}
    if len({record["sha256"] for record in real.values()}) > 1:
        return f" Real faces are of different sets, so compare with care: {', '.join(sorted(sets))}."
    return f" Real faces: {', '.join(sorted(sets))}; a face that is not found counts as wrong."


def _measure(bundles: list[Bundle], measured: dict[str, FaceTime]) -> None:
    """Time every model that loads; `measured` takes times per face, by bundle version."""
    bar = st.progress(0.0, "Loading the models …")
    models = {b.version: model for b in bundles if (model := ready_model(b.name, b.card)) is not None}
    measured.update(time_models(models, progress=lambda done: bar.progress(done, "The models take turns …") and None))
    bar.empty()


def _choose_ensemble(bundles: list[Bundle], titles: dict[str, str]) -> list[Bundle]:
    """The models whose mean people want to see as a row of its own."""
    chosen = st.pills(
        "Add a row for the mean of several models' predictions: what an ensemble would reach",
        list(titles),
        selection_mode="multi",
        format_func=titles.get,
        key=remembered("compare_together", from_address("models", titles, []), titles),
    )
    to_address("models", chosen)
    return [bundle for bundle in bundles if bundle.name in chosen]


def _ensemble_rows(members: list[Bundle], milliseconds: list[float | None]) -> list[dict[str, Any]]:
    """The row of their mean, from the stored predictions; none, after a line that says why, where there is none."""
    if len(members) < 2:
        return []
    try:
        return [ensemble_row(members, [stored_predictions(bundle) for bundle in members], milliseconds)]
    except ModelError as error:
        st.warning(f"No mean of these models: {error}", icon=":material/warning:")
        return []


def _show_cost(bundles: list[Bundle], titles: dict[str, str], measured: dict[str, FaceTime]) -> None:
    """Bubbles over time where every model was timed here; until then over multiply-adds, the same on any machine."""
    timed = all(bundle.version in measured for bundle in bundles)
    cost, title = ("milliseconds", "milliseconds per face, here") if timed else ("millions", "million multiply-adds")
    points = []
    for bundle in bundles:
        row, entry = score_row(bundle, measured.get(bundle.version)), bundle.card.evaluation.get(OFFICIAL_TEST, {})
        if row["accuracy"] is None or row["megabytes"] is None:
            continue
        low, high = entry.get("accuracy_interval") or (row["accuracy"],) * 2
        points.append(
            {
                "model": titles[bundle.name],
                "accuracy": row["accuracy"],
                "low": low,
                "high": high,
                "megabytes": row["megabytes"],
                "milliseconds": row["milliseconds"],
                "millions": bundle.card.multiply_adds / 1e6,
            }
        )
    if not points:
        st.info("No card holds an accuracy on the FER-2013 test part, so there is nothing to plot against cost.")
        return
    show_chart(cost_chart(points, cost, title), "Accuracy on the FER-2013 test part over cost", points, "cost")
    st.caption(
        "The area of a bubble is the size of the model's file, the line through it the 95 % interval."
        + ("" if timed else " Measure the time above, and the axis becomes milliseconds on this machine.")
    )
