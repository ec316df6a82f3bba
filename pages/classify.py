"""Classify: pictures or a video in; every face with each model's seven probabilities out."""

import streamlit as st

from fer_core import Face
from fer_core.analysis import UNSURE_BELOW
from pages.parts.classify.corrections import show_this_is
from pages.parts.classify.gallery import show_results
from pages.parts.classify.results import analysed, example
from pages.parts.classify.sources import chosen_pictures, chosen_source, chosen_video, show_buttons
from pages.parts.classify.teach import show_teaching
from pages.parts.shared.choices import remembered
from pages.parts.shared.detector_picker import choose_detector
from pages.parts.shared.faces import room_for_example, show_example
from pages.parts.shared.model_picker import choose_models, model_titles, readable_cards
from pages.parts.shared.navigation import enter_page
from pages.parts.shared.notices import show_no_models, show_notice
from pages.parts.shared.why import show_why

enter_page()
st.title("Facial emotions", anchor=False)
st.markdown("Every face in your picture gets one of seven emotions, and how sure the models are of it.")
cards = readable_cards()
if not cards:
    show_no_models()
    st.stop()
titles = model_titles(cards)
results = room_for_example() if not st.session_state.get("pictures") else st.container()
source = chosen_source()
drop, others = st.columns([2, 1])
with others:
    buttons = st.container(horizontal=True)
if source != "Video":
    with buttons:
        show_buttons()
settings = buttons.popover("Settings", icon=":material/tune:")
with settings:
    models = choose_models(cards)
    threshold = st.slider(
        "Mark as unsure below",
        0.2,
        0.95,
        step=0.05,
        key=remembered("threshold", UNSURE_BELOW),
        format="percent",
        help="What is said of a face is the mean of the chosen models; below this it is marked 'unsure'.",
    )
    detector = choose_detector("detector", st.container())
if source == "Video":
    from pages.parts.classify.video import show_video  # here: PyAV and pandas would hold up every first page

    with drop:
        video = chosen_video()
    with results:
        show_video(video, models)
else:
    with drop:
        pictures = chosen_pictures(source)
    with results:
        if not models:
            st.info("Pick at least one model under Settings.")
        elif pictures:
            found = analysed(pictures, models, detector)

            def below(face: Face, key: str) -> None:
                show_why(face, models, titles, key)
                show_this_is(face, key)

            show_results(list(zip(pictures, found, strict=True)), titles, threshold, below)
        else:
            sample = example(tuple(f"{model.name}:{model.version}" for model in models), detector, models)
            show_example(sample.with_threshold(threshold), titles, "An example: Eileen Collins, by NASA")
    if models and pictures:
        show_teaching(cards, models, found)
show_notice()
