"""The bundles' stored predictions, read once for all sessions."""

from typing import Any

import streamlit as st

from fer_core.bundle import Bundle, read_predictions


def stored_predictions(bundle: Bundle) -> Any:
    """Part -> labels (N,) uint8 and calibrated probabilities (N, 7) of a bundle. Raises ModelError."""
    entry = bundle.card.files.get("predictions.npz", {})
    return _read(bundle, str(bundle.folder), entry.get("sha256", ""))


@st.cache_data(show_spinner=False, max_entries=32)
def _read(_bundle: Bundle, folder: str, sha256: str) -> Any:
    # folder, sha256: the cache's key; a retrained bundle is read anew
    return read_predictions(_bundle)
