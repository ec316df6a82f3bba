"""A strip of pictures to try."""

import base64
from pathlib import Path

import streamlit as st

from fer_core.image import SAMPLES, sample_image, sample_thumbnail
from pages.parts.classify.sources import as_picture, show_instead

_PIXELS = 112  # twice the 56 that they are shown at, for fine screens
_STYLE = """
.st-key-fer-samples button {width: 3.5rem; min-height: 0; padding: 3.6rem 0 0; border: 0; border-radius: 0.5rem;
  background: center top / 3.5rem no-repeat}
.st-key-fer-samples button p {font-size: 0.75rem; line-height: 1.1rem}
.st-key-fer-samples button:hover {filter: brightness(1.08)}
"""


def show_samples() -> None:
    """Pictures to press: the photograph and the drawn people."""
    st.html(_style())
    with st.container(horizontal=True, gap="xxsmall", key="fer-samples"):
        for sample in SAMPLES:
            if st.button(sample.name, key=_key(sample.file), help=sample.description):
                show_instead([as_picture(Path(sample.file).name, sample_image(sample))])


def _key(file: str) -> str:
    return f"sample-{Path(file).stem}"


@st.cache_data(show_spinner=False)
def _style() -> str:
    """Each button's picture: Streamlit's own buttons show none larger than a letter."""
    rules = []
    for sample in SAMPLES:
        data = base64.b64encode(sample_thumbnail(sample, _PIXELS)).decode()
        rules.append(f".st-key-{_key(sample.file)} button {{background-image: url(data:image/webp;base64,{data})}}")
    return f"<style>{_STYLE}{''.join(rules)}</style>"
