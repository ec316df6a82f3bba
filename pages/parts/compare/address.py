"""The view and the models that are chosen, in the page's address, so that a link reopens what it was copied from."""

from collections.abc import Collection, Iterable

import streamlit as st


def from_address(name: str, options: Collection[str], default: list[str]) -> list[str]:
    """Those values of the address's parameter `name` that are options, or `default` where there are none."""
    said = st.query_params.get(name, "").split(",")
    return [value for value in dict.fromkeys(said) if value in options] or default


def to_address(name: str, values: Iterable[str]) -> None:
    """Set the address's parameter `name`, or take it away where there are no values."""
    text = ",".join(values)
    if text and st.query_params.get(name) != text:
        st.query_params[name] = text
    elif not text and name in st.query_params:
        del st.query_params[name]
