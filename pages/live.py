"""Live: the webcam over WebRTC; faces are followed and read frame by frame."""

import os
import time
import uuid

import streamlit as st
import streamlit_webrtc

from fer_core.faces import SENSITIVITIES
from fer_core.live import LiveSession
from fer_core.smoothing import SMOOTHING_SECONDS
from fer_core.streams import StreamSlots, ice_servers, stream_limit
from pages.parts.camera import ADVICE, camera_problem
from pages.parts.live_panel import downloads, show_faces, show_history, show_pace, snapshot
from pages.parts.navigation import enter_page
from pages.parts.shared import choose_models, readable_cards, show_no_models, show_notice

STREAM = "live-stream"
CAMERA = {"video": {"width": {"ideal": 640}, "height": {"ideal": 480}, "frameRate": {"ideal": 30}}, "audio": False}
CONNECT_SECONDS = 10  # a connection that works takes one or two


def settings() -> dict[str, object]:
    """FER_... settings of the deployment: environment variables, and st.secrets before them."""
    return {**os.environ, **(dict(st.secrets) if st.secrets.load_if_toml_exists() else {})}


@st.cache_resource
def stream_slots() -> StreamSlots:
    """The places for live video of this process."""
    return StreamSlots(stream_limit(settings(), os.cpu_count() or 1))


def stream_changed() -> None:
    """START, STOP or a lost connection: take a place or give it back, and note how the connection fares."""
    state, own = st.session_state[STREAM].state, st.session_state.live
    if state.playing or state.signalling:
        own["busy"] = not stream_slots().take(own["visitor"])
        own["dialled"] = time.monotonic() if state.signalling else None
        own["unconnected"] = False
    else:
        stream_slots().release(own["visitor"])
        own["unconnected"] = own["dialled"] is not None and time.monotonic() - own["dialled"] > CONNECT_SECONDS - 2
        own["dialled"] = None


def streamer(session: LiveSession, visitor: str) -> bool:
    """The picture and its START button; whether a stream runs or is being set up."""
    slots = stream_slots()

    def callback(frame):  # NOTE: runs on the stream's own thread, so no st.* in here
        slots.take(visitor)
        return session.receive(frame)

    try:
        context = streamlit_webrtc.webrtc_streamer(
            key=STREAM,
            rtc_configuration={"iceServers": ice_servers(settings())},
            media_stream_constraints=CAMERA,
            video_frame_callback=callback,
            video_html_attrs={"autoPlay": True, "muted": True, "playsInline": True, "style": {"width": "100%"}},
            on_change=stream_changed,
        )
    except Exception:  # a handshake that failed or took too long: the library names no closed set of errors
        st.session_state.live["unconnected"] = True
        return False
    return bool(context.state.playing or context.state.signalling)


def wait_for_place() -> None:
    """While all places are taken: look for a free one, and show START again when there is."""
    if stream_slots().free():
        st.session_state.live["busy"] = False
        st.rerun()
    st.caption("Waiting for a place …")


def watch(session: LiveSession) -> None:
    """The performance line; and while a connection is being tried, whether that takes too long."""
    own = st.session_state.live
    if own["dialled"] is not None and time.monotonic() - own["dialled"] > CONNECT_SECONDS and not own["unconnected"]:
        own["unconnected"] = True
        st.rerun()
    show_pace(session)


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
own = st.session_state.setdefault(
    "live",
    {"session": LiveSession(), "visitor": uuid.uuid4().hex, "busy": False, "dialled": None, "unconnected": False},
)
session: LiveSession = own["session"]
with st.container():
    models = choose_models(cards, "live-models")
    if not models:
        st.info("Pick at least one model; until then faces are only followed.")
with st.expander("Settings", icon=":material/tune:"):
    left, middle, right = st.columns(3)
    sensitivity = left.select_slider("Detection sensitivity", list(SENSITIVITIES), "normal", key="live-sensitivity")
    smoothing = middle.slider(
        "Smoothing (seconds)",
        0.0,
        1.5,
        SMOOTHING_SECONDS,
        0.1,
        key="live-smoothing",
        help="Higher is calmer and slower.",
    )
    mirror = right.toggle("Mirror view", True, key="live-mirror")
session.configure(models, sensitivity=sensitivity, smoothing=smoothing, mirror=mirror)

picture, answers = st.columns([3, 2], gap="medium")
with picture:
    running = False if own["busy"] else streamer(session, own["visitor"])
    problem = camera_problem()
    trouble = "busy" if own["busy"] else problem or ("connection" if own["unconnected"] else "")
    if trouble:
        st.warning(ADVICE[trouble], icon=":material/videocam_off:")
    if own["busy"]:
        st.fragment(wait_for_place, run_every=2)()
with answers, st.container():
    if running:
        st.fragment(show_faces, run_every=0.5)(session, cards)
    elif not trouble:
        st.info(
            "Press START and allow the camera: every face gets a number, a box and its label.", icon=":material/info:"
        )
with st.container():
    if running:
        st.fragment(watch, run_every=1)(session)
with st.container():
    downloads(session, empty=not running and not session.view().frames)
with st.container():
    # without a camera there is nothing to take a snapshot with
    if trouble not in ("", "missing") or st.toggle("Use a snapshot instead of video", key="live-wants-snapshot"):
        snapshot(models, cards)
with st.container():
    st.fragment(show_history, run_every=1 if running else None)(session, cards, [model.name for model in models])
if session.view().frames and st.button("Clear session", icon=":material/delete:"):
    session.clear()
    st.rerun()
