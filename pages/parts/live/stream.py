"""The live picture: the player with its START button, and how the stream performs."""

import os
from typing import Any

import streamlit as st
import streamlit_webrtc

from fer_core.live import (
    LiveSession,
    LiveStream,
    NewestRelay,
    StreamLimiter,
    camera_rate,
    crowding,
    ice_servers,
    stream_limit,
)
from pages.parts.live.connection import Connection

# NOTE: the library has no setting for it, and reads it when a stream is set up
streamlit_webrtc.webrtc.get_global_relay = st.cache_resource(NewestRelay)
STREAM = "live-stream"
CORES = os.cpu_count() or 1


def settings() -> dict[str, object]:
    """FER_... settings of the deployment: environment variables, and st.secrets before them."""
    return {**os.environ, **(dict(st.secrets) if st.secrets.load_if_toml_exists() else {})}


@st.cache_resource
def stream_limiter() -> StreamLimiter:
    """The places for live video of this process."""
    return StreamLimiter(stream_limit(settings(), CORES))


def every(seconds: float) -> float:
    """How often a part of the page runs by itself: every so many seconds, and less often where many may stream."""
    return seconds * crowding(stream_limit(settings(), CORES), CORES)


def camera() -> dict[str, Any]:
    """What is asked of a camera: the constraints of getUserMedia."""
    rate = camera_rate(stream_limit(settings(), CORES), CORES)
    video = {"width": {"ideal": 640}, "height": {"ideal": 480}, "frameRate": {"ideal": rate}}
    return {"video": video, "audio": False}


def show_stream(session: LiveSession, connection: Connection) -> bool:
    """The player; whether a stream runs or is being set up."""

    def work(frame: Any) -> Any:  # NOTE: runs on the stream's own thread, so no st.* in here
        connection.keep_alive()
        return session.receive(frame)

    def changed() -> None:
        state = st.session_state[STREAM].state
        connection.update(playing=state.playing, signalling=state.signalling)

    stream: LiveStream | None = st.session_state.get("live_frames")
    if stream is None or stream.has_ended:
        stream = st.session_state.live_frames = LiveStream(work)
    try:
        context = streamlit_webrtc.webrtc_streamer(
            key=STREAM,
            rtc_configuration={"iceServers": ice_servers(settings())},
            media_stream_constraints=camera(),
            sink_video_track=stream,
            source_video_track=stream.results,
            video_html_attrs={"autoPlay": True, "muted": True, "playsInline": True, "style": {"width": "100%"}},
            on_change=changed,
        )
    except Exception:  # a handshake that failed or took too long: the library names no closed set of errors
        connection.fail()
        return False
    return bool(context.state.playing or context.state.signalling)


def wait_for_place(connection: Connection) -> None:
    """While all places are taken: look for a free one, and show START again when there is. A fragment."""
    if connection.check_place():
        st.rerun()
    st.caption("Waiting for a place …")


def show_performance(session: LiveSession, connection: Connection) -> None:
    """One line on how the stream performs; runs the page again where connecting takes too long. A fragment."""
    if connection.check_timeout():
        st.rerun()
    view = session.view()
    if view.frames:
        st.caption(
            f"Performance: {view.fps:.0f} frames per second · {view.median_ms:.1f} ms per frame (median), "
            f"{view.p95_ms:.1f} ms (95th percentile) · {view.dropped} camera frames dropped"
        )
