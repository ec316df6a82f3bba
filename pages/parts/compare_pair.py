"""Two models on the same faces: which, on which part, and whether the difference between them is real."""

from typing import Any

import streamlit as st

from fer_core import ModelError
from fer_core.bundles import PART_NAMES, Bundle, shared_parts
from fer_core.comparison import mcnemar, verdict
from pages.parts.compare_details import show_calibration, show_confusions, show_curves, show_f1, show_training
from pages.parts.compare_parts import stored_predictions, titles


def show_pair(bundles: list[Bundle]) -> None:
    """The view: two models, a part, the verdict, then one detail at a time."""
    if len(bundles) < 2:
        st.info("Two models are needed here. Train another one and it appears at the next refresh.")
        return
    names, by_name = titles(bundles), {bundle.name: bundle for bundle in bundles}
    left, right, third = st.columns(3)
    first = by_name[left.selectbox("First model", list(by_name), format_func=names.get, key="compare_first")]
    others = [name for name in by_name if name != first.name]
    second = by_name[right.selectbox("Second model", others, format_func=names.get, key="compare_second")]
    pair = [first, second]
    parts = shared_parts(first.card, second.card)
    if not parts:
        st.warning(
            f"{names[first.name]} and {names[second.name]} were not evaluated on the same faces, so their figures "
            "cannot be compared. Only how they were trained can be shown."
        )
        show_training(pair, names)
        return
    part = third.selectbox("Faces", parts, format_func=lambda p: PART_NAMES.get(p, p), key="compare_part")
    answers = answers_on(pair, part)
    if answers:
        show_verdict(answers, [names[bundle.name] for bundle in pair])
    else:
        st.info("Without the stored predictions of both models, only what their cards hold can be shown.")
    details = {
        "Confusions": lambda: show_confusions(pair, part, names),
        "F1 by emotion": lambda: show_f1(pair, part, names),
        **({"ROC and precision-recall": lambda: show_curves(answers, names)} if answers else {}),
        **({"Calibration": lambda: show_calibration(pair, answers, names)} if answers else {}),
        "Training": lambda: show_training(pair, names),
    }
    chosen = st.segmented_control("Detail", list(details), default="Confusions", key="compare_detail")
    details.get(chosen or "Confusions", details["Confusions"])()


def answers_on(pair: list[Bundle], part: str) -> dict[str, tuple[Any, Any]]:
    """Bundle name -> (labels, probabilities) on `part`; empty, after a line that says why, where one has none."""
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


def show_verdict(answers: dict[str, tuple[Any, Any]], titles_: list[str]) -> None:
    """McNemar's test: the sentence, and its table for those who want it."""
    test = mcnemar(*(probabilities.argmax(axis=1) == labels for labels, probabilities in answers.values()))
    st.markdown("##### Is the difference real?")
    st.info(verdict(test, *titles_), icon=":material/balance:")
    with st.popover("The test in numbers", icon=":material/table:"):
        st.table(
            {
                "Both right": f"{test.both:,}",
                f"Only {titles_[0]} right": f"{test.only_first:,}",
                f"Only {titles_[1]} right": f"{test.only_second:,}",
                "Both wrong": f"{test.neither:,}",
                "p-value": f"{test.p_value:.2g}",
            }
        )
        kinds = {"exact": "the exact binomial test", "chi-square": "chi-square with continuity correction"}
        st.caption(
            f"McNemar's test, {kinds[test.method]}. It says nothing about other kinds of faces. Who tries many pairs "
            "will find a 'real' difference by chance in one of twenty."
        )
