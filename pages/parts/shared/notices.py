"""What the pages tell people: the notice on the models' limits, and how to get a model where there is none."""

import os
import re
from pathlib import Path

import streamlit as st

from fer_core.utils.files import CHECKOUT

NOTICE = "The app names an **expression, not a feeling**. Pictures stay in memory, for this session only."
MORE = (
    "A percentage is what the model takes for the probability of that emotion: where it says 70 %, it is correct for "
    "about 70 of 100 faces like those that it was calibrated on, and for fewer of others. Nothing is passed on, and "
    "nothing kept beyond the session. The models make more mistakes on fear, sadness and "
    "disgust and on groups that are rare in their training pictures. In the EU, reading emotions at work or in "
    "education is forbidden (AI Act, Article 5(1)(f)), and people must be told when it is done elsewhere "
    "(Article 50(3))."
)


def as_text(text: str) -> str:
    """`text` (a file's name, a message with one) for an element that reads Markdown: it shows as it is written."""
    return re.sub(r"([\\`*_\[\]<>$:~#|])", r"\\\1", text)


def show_notice() -> None:
    """The short notice that every page that takes faces carries, and the law behind a press."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(NOTICE, width="content")
        st.popover("Limits and law", type="tertiary").markdown(MORE)


def show_no_models() -> None:
    """Where there is no model at all: why, and how to get one."""
    named = os.environ.get("FER_MODELS_DIR")
    if named and not Path(named).is_dir():
        st.error("FER_MODELS_DIR names a folder that does not exist. Correct it, or unset it for the models/ here.")
        return
    folder = "the folder that FER_MODELS_DIR names" if named else "models/"
    advice = " Train one: `python train_cnn.py --data fer2013.csv`." if (CHECKOUT / "train_cnn.py").is_file() else ""
    st.error(f"There are no models under {folder}.{advice}")
