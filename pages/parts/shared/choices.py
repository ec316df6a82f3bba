"""Choices that outlast a visit to another page: Streamlit forgets a widget's value once a run does not show it."""

from collections.abc import Container
from typing import Any

import streamlit as st


def remembered(key: str, default: Any, options: Container[Any] | None = None) -> str:
    """The key of a widget that is about to be made; the widget then has the value it had when it was last shown.

    default: its value at first; the widget itself must be given none. options: those that there are now: of a list,
    others are dropped, another single value gives way to the default.
    """
    choices = st.session_state.setdefault("choices", {})
    if key in st.session_state:
        # set again: a widget in a popover is first made when that is opened, and then shows what the last run sent
        choices[key] = st.session_state[key] = st.session_state[key]
        return key
    value = choices.get(key, default)
    if options is not None and isinstance(value, list):
        value = [chosen for chosen in value if chosen in options]
    elif options is not None and value not in options:
        value = default
    st.session_state[key] = value
    return key
