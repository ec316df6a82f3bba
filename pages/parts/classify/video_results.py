"""Results of a video: timelines, the frame at a moment, the annotated copy to play, files to download."""

from pathlib import Path

import streamlit as st

from fer_core.charts import timeline_frame, timeline_spec
from fer_core.video import Video, VideoSummary

FACES_SHOWN = 3
PLAYER_WIDTH = 640  # pixels, or the page's width where that is less


def show_results(
    summary: VideoSummary, titles: dict[str, str], table: Path, annotated: Path, slot: str, stem: str
) -> None:
    """titles: model name -> title. table, annotated: the files that were made. slot: begins the widget keys."""
    st.caption(f"{summary.frames} frames, {clock(summary.seconds)}, faces: {len(summary.faces) or 'none found'}")
    if not summary.frames:
        return
    clicked = _timelines(summary, titles, slot)
    if clicked is not None:
        st.session_state[f"{slot}-moment"] = min(clicked, summary.seconds)
    moment = st.session_state.get(f"{slot}-moment", 0.0)
    place = st.container()
    if st.toggle("Play from here", key=f"{slot}-play"):
        place.video(annotated.read_bytes(), "video/mp4", start_time=moment, width=PLAYER_WIDTH)
    else:
        with Video(annotated) as copy:
            place.image(copy.frame_at(moment), caption=f"{clock(moment)} (frame from the annotated copy)")
    with st.container(horizontal=True):
        for label, icon, file, ending, kind in (
            ("CSV", ":material/table:", table, "emotions.csv", "text/csv"),
            ("Annotated MP4", ":material/movie:", annotated, "annotated.mp4", "video/mp4"),
        ):
            st.download_button(label, file.read_bytes, f"{stem}-{ending}", kind, icon=icon, on_click="ignore")


def _timelines(summary: VideoSummary, titles: dict[str, str], slot: str) -> float | None:
    """The charts of the faces in view longest; the time that was clicked on, in seconds."""
    clicked = None
    for number in summary.main_faces(FACES_SHOWN):
        for column, (name, title) in zip(st.columns(len(titles)), titles.items(), strict=True):
            column.markdown(f"**Face {number}** · {title}")
            event = column.vega_lite_chart(
                timeline_frame(summary.timeline(name, number)),
                timeline_spec(0, max(round(summary.seconds, 2), 0.1), pick="moment"),
                width="stretch",
                key=f"{slot}-chart-{number}-{name}",
                on_select="rerun",
                selection_mode="moment",
            )
            picked = [point["time"] for point in event.selection.get("moment", []) if "time" in point]
            clicked = float(picked[0]) if picked else clicked
    if len(summary.faces) > FACES_SHOWN:
        st.caption(f"The {FACES_SHOWN} faces in view longest are shown; all are in the CSV.")
    if summary.faces:
        st.caption("Click on a timeline to see the frame of that moment.")
    return clicked


def clock(seconds: float) -> str:
    """Seconds as people read them: 0:07.5."""
    return f"{int(seconds) // 60}:{seconds % 60:04.1f}"
