"""Classify: pictures in, every face with each model's seven probabilities out."""

import streamlit as st

from fer_core import Analysis, EmotionModel
from fer_core.analyze import UNSURE_BELOW
from fer_core.images import (
    MAX_FILES,
    MAX_IMAGE_BYTES,
    MAX_IMAGE_PIXELS,
    MAX_VIDEO_BYTES,
    sample_image,
    shown_name,
)
from pages.parts.faces import show_picture
from pages.parts.navigation import enter_page
from pages.parts.results import analysed, downloads
from pages.parts.shared import as_text, choose_models, prepare_charts, readable_cards, show_no_models, show_notice

# of a folder only the pictures count; single files may be anything, so that a HEIC gets advice and not a bare refusal
FOLDER_TYPES = ["jpg", "jpeg", "png", "webp", "bmp"]
VIDEO_TYPES = ["mp4", "webm", "mov", "avi"]
SOURCES = {
    "Pictures": ":material/upload:",
    "Folder": ":material/folder_open:",
    "Snapshot": ":material/photo_camera:",
    "Video": ":material/movie:",
}


def chosen_source() -> str:
    """What the visitor wants to give; the same as before when coming back from another page."""
    st.session_state.setdefault("source", st.session_state.get("last_source", "Pictures"))
    chosen = st.segmented_control(
        "Where from",
        list(SOURCES),
        required=True,
        format_func=lambda name: f"{SOURCES[name]} {name}",
        key="source",
    )
    st.session_state.last_source = chosen
    return chosen


def show_video(models: list[EmotionModel]) -> None:
    """A video: uploaded, then worked through on the page."""
    from pages.parts.video import video_section  # here: PyAV and pandas would hold up every first page

    limit = MAX_VIDEO_BYTES // 2**20
    file = st.file_uploader(
        f"MP4, WebM, MOV or AVI, at most {limit} MB",
        type=VIDEO_TYPES,
        max_upload_size=limit,
        key=f"Video-{st.session_state.setdefault('generation', 0)}",
    )
    st.caption("A video's annotated copy lies in a temporary folder until you clear it or leave.")
    video_section(file, models)


def chosen_pictures(source: str) -> list[tuple[str, bytes]]:
    """(name, bytes) of what the visitor gave: uploads, a folder, a snapshot or the sample."""
    key = f"{source}-{st.session_state.setdefault('generation', 0)}"
    limit, megapixels = MAX_IMAGE_BYTES // 2**20, MAX_IMAGE_PIXELS // 10**6
    if source == "Snapshot":
        snapshot = st.camera_input("Take a snapshot", key=key)
        files = [snapshot] if snapshot else []
    else:
        files = st.file_uploader(
            f"JPEG, PNG, WebP or BMP: up to {MAX_FILES} at once, each at most {limit} MB and {megapixels} megapixels",
            type=FOLDER_TYPES if source == "Folder" else None,
            accept_multiple_files="directory" if source == "Folder" else True,
            max_upload_size=limit,
            key=key,
        )
    if files:
        st.session_state.sample = False
    for extra in files[MAX_FILES:]:
        st.warning(f"{as_text(shown_name(extra.name))} was left out: {MAX_FILES} pictures at once are the limit.")
    if not files and st.session_state.get("sample"):
        return [("astronaut.png", sample_image())]
    if source == "Snapshot":  # the browser names it by the second
        return [("snapshot.jpg", file.getvalue()) for file in files]
    return [(file.name, file.getvalue()) for file in files[:MAX_FILES]]


def buttons() -> None:
    """The sample, and a way back to an empty page."""
    with st.container(horizontal=True):
        sample = st.button("Try the sample", icon=":material/face:", help="Astronaut Eileen Collins, by NASA")
        clear = st.button("Clear results", icon=":material/delete:")
    if sample or clear:
        st.session_state.generation += 1
        st.session_state.sample = sample
        st.session_state.pop("analyses", None)
        st.rerun()


enter_page()
st.title("Classify faces")
show_notice()
cards = readable_cards()
if not cards:
    show_no_models()
    st.stop()
models = choose_models(cards)
source = chosen_source()
if source == "Video":
    show_video(models)
    st.stop()
pictures = chosen_pictures(source)
buttons()
threshold = st.slider(
    "Mark as unsure below",
    0.2,
    0.95,
    UNSURE_BELOW,
    0.05,
    format="percent",
    help="Confidence under this is marked 'unsure'.",
    width=400,
)
prepare_charts()
if not models:
    st.info("Pick at least one model.")
    st.stop()
results = analysed(pictures, models)
problems = [as_text(result) for result in results if isinstance(result, str)]
if problems:
    text = "\n".join(f"- {problem}" for problem in problems) if len(problems) > 1 else problems[0]
    st.error(text, icon=":material/broken_image:")
found = [result.with_threshold(threshold) for result in results if isinstance(result, Analysis)]
if any(result.faces for result in found) or len(found) > 1:
    downloads(found)
for number, result in enumerate(found):
    show_picture(result, cards, number)
