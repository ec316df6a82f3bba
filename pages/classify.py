"""Classify: pictures or a video in; every face with each model's seven probabilities out."""

import streamlit as st

from fer_core import Analysis, Face
from fer_core.analysis import UNSURE_BELOW
from pages.parts.classify.corrections import show_this_is
from pages.parts.classify.gallery import RESULTS, scroll_to_fresh_results, show_results
from pages.parts.classify.results import analysed, example
from pages.parts.classify.samples import show_samples
from pages.parts.classify.sources import (
    chosen_pictures,
    chosen_source,
    chosen_video,
    show_camera_button,
    show_clear_button,
)
from pages.parts.classify.teach import show_teaching
from pages.parts.shared.choices import remembered
from pages.parts.shared.detector_picker import choose_detector
from pages.parts.shared.faces import room_for_example, show_example
from pages.parts.shared.model_picker import choose_models, first_choices, model_titles, reached, readable_cards
from pages.parts.shared.navigation import enter_page
from pages.parts.shared.notices import show_no_models, show_notice
from pages.parts.shared.why import show_why

ABOUT = "Give a picture: the app names the expression of every face, one of seven, and says how sure it is."

enter_page()
st.title("Facial emotions", anchor=False)
cards = readable_cards()
if not cards:
    show_no_models()
    st.stop()
titles = model_titles(cards)
intro = st.empty()
intro.markdown(ABOUT + reached([cards[name] for name in first_choices(cards)]))  # its room, until the choice is known
results = room_for_example() if not st.session_state.get("pictures") else st.container(key=RESULTS)
source = chosen_source()
drop, others = st.columns([2, 1])
with others:
    with st.container(horizontal=True):
        if source != "Video":
            show_camera_button()
        settings = st.popover("Settings", icon=":material/tune:")
        if source != "Video":
            show_clear_button()
    if source != "Video":
        show_samples()
with settings:
    models = choose_models(cards)
    threshold = UNSURE_BELOW
    if source != "Video":  # a film is shown as curves and segments, without marks
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
intro.markdown(ABOUT + reached([model.card for model in models]))
if source == "Video":
    from pages.parts.classify.video import show_video  # here: PyAV and pandas would hold up every first page
    from pages.parts.classify.video_opened import chosen_result, forget_result, show_result

    with drop:
        video = chosen_video(forget_result)
        result = chosen_result()
    with results:
        if result:
            show_result(result, titles)
        else:
            show_video(video, models, detector)
else:
    found: list[Analysis | str | None] = []
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
    if models and any(isinstance(result, Analysis) and result.faces for result in found):
        show_teaching(cards, models, found)
show_notice()
scroll_to_fresh_results()
