"""What stands beside and under the live picture, refreshed while the stream runs."""

from collections.abc import Mapping, Sequence
from html import escape

import streamlit as st

from fer_core import EmotionModel, Face, ImageError, ModelCard, analyze
from fer_core.emotions import COLOURS, EMOTIONS, SYMBOLS
from fer_core.live import LiveSession
from fer_core.timelines import timeline_frame, timeline_spec
from pages.parts.faces import show_picture
from pages.parts.save import save_button

FACES_SHOWN = 3
SILENCE_SECONDS = 4
MINUTE = 60.0
MODELS_A_ROW = 3  # side by side; with more, their bars would say nothing
_STYLE = """<style>
.bars {display: grid; gap: 0.2rem 0.6rem; align-items: center; font-size: 0.875rem; margin-bottom: 0.5rem}
.bars p {grid-column: span 2; margin: 0 0 0.2rem; line-height: 1.3}
.bars i {height: 0.8rem; border-radius: 2px; background-color: rgb(128 128 128 / 0.12) !important}
.bars b {font-weight: 400; font-variant-numeric: tabular-nums; text-align: right}
</style>"""


def show_bars(values: Mapping[str, Sequence[float]], headings: Mapping[str, str]) -> None:
    """Seven named bars with their values, (7,) in the order of EMOTIONS, for each model, models side by side.

    headings: model name -> HTML. Bars are HTML: as a chart, drawn anew twice a second, they would flicker, and cost
    50 ms each time.
    """
    for first in range(0, len(values), MODELS_A_ROW):
        names = list(values)[first : first + MODELS_A_ROW]
        cells = ["<span></span>", *(f"<p>{headings[name]}</p>" for name in names)]
        for index, emotion in enumerate(EMOTIONS):
            cells.append(f"<span>{SYMBOLS[emotion]} {emotion}</span>")
            cells += [_bar(values[name][index], COLOURS[emotion]) for name in names]
        columns = f"max-content repeat({len(names)}, minmax(1.5rem, 1fr) 2.4rem)"
        st.html(f"{_STYLE}<div class='bars' style='grid-template-columns: {columns}'>{''.join(cells)}</div>")


def _bar(value: float, colour: str) -> str:
    fill = f"linear-gradient({colour} 0 0) left/{value:.1%} 100% no-repeat"
    return f'<i style="background:{fill}"></i><b>{value:.0%}</b>'


def show_faces(session: LiveSession, cards: dict[str, ModelCard]) -> None:
    """The smoothed answers for the faces in view, models side by side; or what to do where there is none."""
    view = session.view()
    if view.problem:
        st.error(f"A frame could not be read ({view.problem}). The stream goes on.", icon=":material/error:")
    elif not view.frames or view.age > SILENCE_SECONDS:
        st.info("Waiting for pictures from the camera …", icon=":material/hourglass_empty:")
    elif view.is_dark:
        st.info(
            "The picture is black: is the lens covered, or the camera switched off?", icon=":material/videocam_off:"
        )
    elif not view.faces:
        st.info("No face in view. Face the camera, with light from the front.", icon=":material/search_off:")
    for face in view.faces[:FACES_SHOWN]:
        _show_face(face, cards)
    if len(view.faces) > FACES_SHOWN:
        st.caption(f"{len(view.faces) - FACES_SHOWN} more in the picture and in the CSV.")


def _show_face(face: Face, cards: dict[str, ModelCard]) -> None:
    with st.container(border=True):
        disagree = " :orange-badge[:material/call_split: models disagree]" if face.models_disagree else ""
        st.markdown(f"**Face {face.number}**{disagree}")
        headings = {}
        for name, prediction in face.predictions.items():
            unsure = " (unsure)" if prediction.is_uncertain else ""
            label = f"{SYMBOLS[prediction.label]} <strong>{prediction.label}</strong>{unsure}"
            headings[name] = f"{_title(name, cards)}<br>{label}"
        show_bars({name: prediction.probabilities.tolist() for name, prediction in face.predictions.items()}, headings)


def _title(name: str, cards: dict[str, ModelCard]) -> str:
    return escape(cards[name].title if name in cards else name)


def show_pace(session: LiveSession) -> None:
    """One line on how the session performs."""
    view = session.view()
    if view.frames:
        st.caption(
            f"Performance: {view.fps:.0f} frames a second · {view.median_ms:.1f} ms a frame (median), "
            f"{view.p95_ms:.1f} ms (95th percentile) · {view.dropped} camera frames dropped"
        )


def show_timeline(session: LiveSession, cards: dict[str, ModelCard], models: list[str]) -> None:
    """The last minute of every face in view and every model."""
    numbers = [face.number for face in session.view().faces[:FACES_SHOWN]]
    rows = {name: session.timeline(name, MINUTE) for name in models}
    if not numbers:
        numbers = sorted({row["face"] for row in rows.get(models[0], [])})[-1:] if models else []
    for number in numbers:
        for column, name in zip(st.columns(len(models)), models, strict=True):
            title = cards[name].title if name in cards else name
            column.markdown(f"**Face {number}** · {title}, last 60 seconds")
            own = [row for row in rows[name] if row["face"] == number]
            column.vega_lite_chart(
                timeline_frame(own), timeline_spec(-MINUTE, 0), width="stretch", key=f"timeline-{number}-{name}"
            )


def show_history(session: LiveSession, cards: dict[str, ModelCard], models: list[str]) -> None:
    """The timelines and the summary: one fragment."""
    show_timeline(session, cards, models)
    show_summary(session, cards)


def show_summary(session: LiveSession, cards: dict[str, ModelCard]) -> None:
    """Share of time for each emotion, over all faces of the session."""
    shares = session.shares()
    if not shares:
        return
    st.subheader("Session so far", divider="gray", anchor=False)
    st.caption("Share of the time in which each expression was shown, over all faces.")
    show_bars(shares, {name: f"<strong>{_title(name, cards)}</strong>" for name in shares})


def snapshot(models: list[EmotionModel], cards: dict[str, ModelCard]) -> None:
    """A single picture from the camera, without WebRTC."""
    taken = st.camera_input("Take a snapshot instead: it needs no video connection", key="live-snapshot")
    st.caption("No camera at all? The Classify page takes pictures and videos.")
    if taken and models:
        try:
            show_picture(analyze(taken.getvalue(), models, name="snapshot.jpg"), cards, 0)
        except ImageError as error:
            st.error(str(error))


@st.fragment
def downloads(session: LiveSession, empty: bool) -> None:
    """The newest frame and the session's log, made when they are asked for."""
    frame, table = st.columns(2)
    with frame:
        save_button("Save this frame", session.picture, "frame.png", "image/png", key="save-frame", disabled=empty)
    with table:
        save_button("Save session as CSV", session.csv, "session.csv", "text/csv", key="save-csv", disabled=empty)
