"""Live: the webcam over WebRTC; faces are followed and read frame by frame."""

import streamlit as st

from fer_core.detection import SENSITIVITIES
from fer_core.explanation import ABOUT
from fer_core.live import LiveSession
from fer_core.tracking import SMOOTHING_SECONDS
from pages.parts.live.camera import ADVICE, CAMERA_PROBLEMS, camera_problem
from pages.parts.live.connection import Connection
from pages.parts.live.history import show_history
from pages.parts.live.panel import show_downloads, show_faces, show_snapshot, show_upload
from pages.parts.live.stream import every, show_performance, show_stream, stream_limiter, wait_for_place
from pages.parts.shared.choices import remembered
from pages.parts.shared.detector_picker import choose_detector
from pages.parts.shared.model_picker import choose_models, model_titles, readable_cards
from pages.parts.shared.navigation import enter_page
from pages.parts.shared.notices import show_no_models, show_notice

enter_page()
st.title("Live")
show_notice()
# NOTE: what comes and goes above the stream (warnings, a spinner) stays in containers: an element that changes its
# place on the page is made anew by the browser, and the stream would end. So does every fragment: a busy server may
# drop its place among the page's elements as out of date, and the browser shows a white page at the next one.
with st.container():
    cards = readable_cards()
if not cards:
    show_no_models()
    st.stop()
session: LiveSession = st.session_state.setdefault("live_session", LiveSession())
connection: Connection = st.session_state.setdefault("live_connection", Connection(stream_limiter()))
titles = model_titles(cards)
with st.container():
    models = choose_models(cards, "live-models")
    if not models:
        st.info("Pick at least one model; until then faces are only followed.")
with st.expander("Settings", icon=":material/tune:"):
    left, middle, right = st.columns(3)
    sensitivity = left.select_slider(
        "Detection sensitivity", list(SENSITIVITIES), key=remembered("live-sensitivity", "normal")
    )
    smoothing = middle.slider(
        "Smoothing (seconds)",
        0.0,
        1.5,
        step=0.1,
        key=remembered("live-smoothing", SMOOTHING_SECONDS),
        help="Higher is calmer and slower.",
    )
    mirror = right.toggle("Mirror view", key=remembered("live-mirror", True))
    why = right.toggle("Show why", key=remembered("live-why", False), help=ABOUT)
    detector = choose_detector("live-detector", left)
session.configure(models, detector=detector, sensitivity=sensitivity, smoothing=smoothing, mirror=mirror, show_why=why)

picture, predictions = st.columns([3, 2], gap="medium")
with picture:
    running = not connection.is_waiting and show_stream(session, connection)
    problem = connection.problem(camera_problem())
    if problem:
        st.warning(ADVICE[problem], icon=":material/videocam_off:")
    if connection.is_waiting:
        st.fragment(wait_for_place, run_every=2)(connection)
with predictions, st.container():
    if running:
        st.fragment(show_faces, run_every=every(0.5))(session, titles)
    elif not problem:
        st.info(
            "Press START and allow the camera: every face gets a number, a box and a label; ? marks what is unsure.",
            icon=":material/info:",
        )
with st.container():
    if running:
        st.fragment(show_performance, run_every=every(1))(session, connection)
with st.container():
    show_downloads(session, disabled=not running and not session.view().frames)
with st.container():
    # where the camera itself is the problem, a snapshot would need it too
    if problem in CAMERA_PROBLEMS:
        show_upload(models, titles, detector)
    elif problem or st.toggle("Use a snapshot instead of video", key="live-wants-snapshot"):
        show_snapshot(models, titles, detector)
with st.container():
    st.fragment(show_history, run_every=every(1) if running else None)(
        session, titles, [model.name for model in models]
    )
if session.view().frames and st.button("Clear session", icon=":material/delete:"):
    session.clear()
    st.rerun()
