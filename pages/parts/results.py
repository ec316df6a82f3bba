"""Results of the Classify page: worked out once while they are shown, and given as files."""

import hashlib

import streamlit as st

from fer_core import Analysis, EmotionModel, ImageError, analyze
from fer_core.images import shown_name
from fer_core.reports import pictures_file, pictures_name, to_csv, to_json


def analysed(pictures: list[tuple[str, bytes]], models: list[EmotionModel]) -> list[Analysis | str]:
    """An Analysis for every picture, or the line that says why not; earlier results are kept while they are shown."""
    known: dict[str, Analysis | str] = st.session_state.get("analyses", {})
    keys = [
        "-".join([hashlib.sha256(data).hexdigest(), name, *(f"{model.name}:{model.version}" for model in models)])
        for name, data in pictures
    ]
    fresh = [index for index, key in enumerate(keys) if key not in known]
    progress = st.progress(0.0) if len(fresh) > 1 else None
    for done, index in enumerate(fresh):
        name, data = pictures[index]
        if progress:
            progress.progress(done / len(fresh), f"{done + 1} of {len(fresh)}: {shown_name(name)}")
        try:
            known[keys[index]] = analyze(data, models, name=name)
        except ImageError as error:
            known[keys[index]] = str(error)
    if progress:
        progress.empty()
    st.session_state.analyses = {key: known[key] for key in keys}
    return [known[key] for key in keys]


def downloads(results: list[Analysis]) -> None:
    """CSV, JSON and annotated pictures of everything that was found, each made when it is asked for."""
    name, kind = pictures_name(results)
    files = [
        (
            "CSV",
            ":material/table:",
            "emotions.csv",
            "text/csv",
            lambda: to_csv(r for a in results for r in a.to_rows()),
        ),
        ("JSON", ":material/data_object:", "emotions.json", "application/json", lambda: to_json(results)),
        ("Annotated PNG", ":material/image:", name, kind, lambda: pictures_file(results)),
    ]
    with st.container(horizontal=True):
        for label, icon, file_name, mime, content in files:
            st.download_button(label, content, file_name, mime, icon=icon, on_click="ignore")
