"""Compare, two models on the same faces: which, on which part, and whether the difference is real."""

from dataclasses import replace
from typing import Any

import streamlit as st

from fer_core import ModelError
from fer_core.bundle import PART_NAMES, REAL_FACES, Bundle, shared_parts
from fer_core.evaluation import McNemar, mcnemar, metrics, verdict
from fer_core.utils.text import listed
from pages.parts.compare.address import from_address, to_address
from pages.parts.compare.details import show_calibration, show_confusions, show_curves, show_f1, show_training
from pages.parts.compare.predictions import stored_predictions
from pages.parts.shared.choices import remembered


def show_pair(bundles: list[Bundle], titles: dict[str, str]) -> None:
    """The view: two models, a part, the verdict, then one detail at a time."""
    if len(bundles) < 2:
        st.info("Two models are needed here. Train another one: it appears as soon as the page is loaded again.")
        return
    by_name = {bundle.name: bundle for bundle in bundles}
    left, right, third = st.columns(3)
    at_first = from_address("models", by_name, [])
    key = remembered("compare_first", next(iter([*at_first, *by_name])), by_name)
    first = by_name[left.selectbox("First model", list(by_name), format_func=titles.get, key=key)]
    others = [name for name in by_name if name != first.name]
    key = remembered("compare_second", next(name for name in [*at_first[1:], *others] if name in others), others)
    second = by_name[right.selectbox("Second model", others, format_func=titles.get, key=key)]
    pair = [first, second]
    to_address("models", [first.name, second.name])
    parts = shared_parts(first.card, second.card)
    if not parts:
        st.warning(
            f"{titles[first.name]} and {titles[second.name]} were not evaluated on the same faces, so their figures "
            "cannot be compared. Only how they were trained can be shown."
        )
        show_training(pair, titles)
        return
    part = third.selectbox("Faces", parts, format_func=lambda p: PART_NAMES.get(p, p), key="compare_part")
    predictions = _predictions_on(pair, part)
    if predictions and part == REAL_FACES:
        pair = [with_entry(bundle, part, *predictions[bundle.name]) for bundle in pair]
    if predictions:
        _show_verdict(predictions, [titles[bundle.name] for bundle in pair])
        _show_real_faces(pair, titles, part)
    else:
        st.info("Without the stored predictions of both models, only what their cards hold can be shown.")
    details = {
        "Confusions": lambda: show_confusions(pair, part, titles),
        "F1 by emotion": lambda: show_f1(pair, part, titles),
        **({"ROC and precision-recall": lambda: show_curves(predictions, titles)} if predictions else {}),
        **({"Calibration": lambda: show_calibration(pair, predictions, titles)} if predictions else {}),
        "Training": lambda: show_training(pair, titles),
    }
    chosen = st.pills("Detail", list(details), default="Confusions", key="compare_detail")
    details.get(chosen or "Confusions", details["Confusions"])()


def _predictions_on(pair: list[Bundle], part: str) -> dict[str, tuple[Any, Any]]:
    """Bundle name -> labels (N,), probabilities (N, 7) on `part`; empty, after a line that says why, without them."""
    found = {}
    for bundle in pair:
        try:
            stored = stored_predictions(bundle)
        except ModelError as error:
            st.warning(str(error), icon=":material/warning:")
            return {}
        if part not in stored:
            st.warning(f"{bundle.name}: its predictions hold no {part}.", icon=":material/warning:")
            return {}
        found[bundle.name] = stored[part]
    labels = [labels.tolist() for labels, _ in found.values()]
    if labels[0] != labels[1]:
        st.warning("The two were evaluated on different faces of this part.", icon=":material/warning:")
        return {}
    return found


def _show_verdict(predictions: dict[str, tuple[Any, Any]], pair: list[str]) -> None:
    """McNemar's test in a sentence, and in numbers for those who want them. pair: the titles of both models."""
    test = mcnemar(*(probabilities.argmax(axis=1) == labels for labels, probabilities in predictions.values()))
    st.markdown("## Is the difference real?")
    with st.container(horizontal=True):
        for title, correct in zip(pair, (test.only_first, test.only_second), strict=True):
            st.metric(title, f"{(test.both + correct) / _faces(test):.1%}", width="content")
    st.info(verdict(test, *pair), icon=":material/balance:")
    with st.popover("The test in numbers", icon=":material/table:"):
        st.table(
            {
                "Both correct": f"{test.both:,}",
                f"Only {pair[0]} correct": f"{test.only_first:,}",
                f"Only {pair[1]} correct": f"{test.only_second:,}",
                "Both wrong": f"{test.neither:,}",
                "p-value": f"{test.p_value:.2g}",
            }
        )
        kinds = {"exact": "the exact binomial test", "chi-square": "chi-square with continuity correction"}
        st.caption(
            f"McNemar's test, {kinds[test.method]}. It says nothing about other kinds of faces. If you try many pairs "
            "of equally good models, about one in twenty will show a 'real' difference by chance."
        )


def with_entry(bundle: Bundle, part: str, labels: Any, probabilities: Any) -> Bundle:
    """The bundle with the metrics of stored predictions among its card's, as those of a dataset's part are."""
    evaluation = {**bundle.card.evaluation, part: metrics(probabilities, labels)}
    return replace(bundle, card=replace(bundle.card, evaluation=evaluation))


def _faces(test: McNemar) -> int:
    return test.both + test.only_first + test.only_second + test.neither


def _show_real_faces(pair: list[Bundle], titles: dict[str, str], part: str) -> None:
    """What both reach on the same pictures of real faces, or which these are, where their cards have it."""
    records = [bundle.card.real_faces for bundle in pair]
    if part == REAL_FACES:
        about = records[0]
        source = f" ({about['source']})" if about.get("source") else ""
        missed = about["n"] - about["stored_predictions"]
        left_out = f"; in {missed} of them no face was found: those are in neither figure" if missed else ""
        st.caption(
            f"{about['n']:,} labelled pictures, {about['data']}{source}, by the detector {about['detector']}{left_out}."
            + "".join(_learned_from_others(bundle, titles[bundle.name]) for bundle in pair)
        )
    elif all(records) and records[0].get("sha256") == records[1].get("sha256"):
        figures = [
            f"{titles[bundle.name]} {record['accuracy']:.1%}" for bundle, record in zip(pair, records, strict=True)
        ]
        st.caption(f"On {records[0]['n']:,} pictures of real faces, found and classified: {', '.join(figures)}.")


def _learned_from_others(bundle: Bundle, title: str) -> str:
    """Pictures beside the dataset, which may be like those that it is measured on."""
    names = [extra["dataset"] for extra in bundle.card.training.get("extra_data", [])]
    return f" {title} also learned from the pictures of {listed(names)}." if names else ""
