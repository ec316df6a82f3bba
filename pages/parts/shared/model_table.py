"""All models at a glance: accuracy, speed on this machine, and what each is for, with a link to its card."""

from collections.abc import Mapping, Sequence

import streamlit as st

from fer_core import ModelCard
from fer_core.bundle import PART_NAMES, main_part


def show_table(
    groups: Mapping[str, Sequence[str]],
    cards: Mapping[str, ModelCard],
    titles: Mapping[str, str],
    milliseconds: Mapping[str, float],
) -> None:
    """A row per model, by groups. titles: name -> title. milliseconds: per face, of the models where it is known."""
    with st.container(border=True):
        for heading, names in groups.items():
            st.caption(heading)
            for name in names:
                with st.container(horizontal=True, gap="small", vertical_alignment="center"):
                    st.page_link(
                        "pages/model.py",
                        label=titles[name],
                        icon=":material/description:",
                        query_params={"model": name},
                        width="content",
                    )
                    st.caption(" \u00b7 ".join(_facts(cards[name], milliseconds.get(name))))


def _facts(card: ModelCard, milliseconds: float | None) -> list[str]:
    """Short texts: how good, how fast, what for."""
    part = main_part(card.evaluation)
    accuracy = card.evaluation.get(part or "", {}).get("accuracy")
    real = card.real_faces.get("accuracy")
    return [
        *([f"{real:.1%} on real faces"] if real is not None else []),
        *([f"{accuracy:.1%} on {PART_NAMES.get(part or '', part)}"] if accuracy is not None else []),
        *([f"{milliseconds:.1f} ms a face on this machine"] if milliseconds is not None else []),
        *([purpose] if (purpose := _purpose(card)) else []),
    ]


def _purpose(card: ModelCard) -> str:
    """What a model is for, or where it comes from."""
    if card.purpose:
        return card.purpose
    if card.reproduces:
        return f"after {card.reproduces}"
    return "learned the labels of FER+" if card.training.get("labels") == "ferplus" else ""
