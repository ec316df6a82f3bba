"""Results of the Classify page: computed once while they are shown, and offered as files."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from fer_core import Analysis, EmotionModel, ImageError, analyze
from fer_core.analysis import images_file, images_file_name, to_csv, to_json
from fer_core.image import encode_png, read_image, sample_image, shown_name
from pages.parts.classify.sources import Picture
from pages.parts.shared.faces import LONGEST_SHOWN, reduced
from pages.parts.shared.notices import as_text

FULL_SIZE_AT_MOST = 20  # annotated copies in a download; of more, each is reduced
THUMBNAIL = 216  # pixels of its longer side
Refused = Sequence[tuple[Picture, str]]


def analysed(pictures: Sequence[Picture], models: Sequence[EmotionModel], detector: str) -> list[Analysis | str | None]:
    """For every picture an Analysis without pixels, the line that says why not, or None where it was cancelled before.

    Earlier results are kept while they are shown; pixels are not, since those of a folder would take gigabytes.
    """
    known: dict[str, Analysis | str] = st.session_state.setdefault("analyses", {})
    thumbnails: dict[str, bytes] = st.session_state.setdefault("thumbnails", {})
    versions = "-".join([detector, *(f"{model.name}:{model.version}" for model in models)])
    keyed = {f"{picture.digest}-{picture.name}-{versions}": picture for picture in pictures}
    for key in set(known) - set(keyed):
        del known[key]
    for digest in set(thumbnails) - {picture.digest for picture in pictures}:
        del thumbnails[digest]
    fresh = [key for key in keyed if key not in known]
    for key in _with_progress(fresh, keyed):
        picture = keyed[key]
        try:
            found = analyze(picture.data, models, name=picture.name, detector=detector)
        except ImageError as error:
            known[key] = str(error).replace(shown_name(picture.name), picture.shown, 1)
            continue
        thumbnails[picture.digest] = encode_png(reduced(found.image, THUMBNAIL))
        known[key] = replace(found, image=np.empty((*found.image.shape[:2], 0), np.uint8))
    return [known.get(f"{picture.digest}-{picture.name}-{versions}") for picture in pictures]


def _with_progress(fresh: list[str], pictures: dict[str, Picture]) -> Iterator[str]:
    """The keys one by one, under a bar and a button to cancel where there are several.

    NOTE: the button's callback begins the next run of the page, which then finds the flag; this run ends at an update
    of the bar, and what it has done stays.
    """
    place = st.empty()
    if len(fresh) > 1 and not st.session_state.get("cancelled"):
        with place.container():
            bar = st.progress(0.0)
            st.button("Cancel", icon=":material/stop_circle:", on_click=_cancel)
    for done, key in enumerate(fresh):
        if st.session_state.get("cancelled"):
            break
        if len(fresh) > 1:
            bar.progress(done / len(fresh), f"{done + 1} of {len(fresh)}: {as_text(pictures[key].shown)}")
        yield key
    place.empty()


def _cancel() -> None:
    st.session_state.cancelled = True


@st.cache_resource(show_spinner=False, max_entries=16)
def example(versions: tuple[str, ...], detector: str, _models: list[EmotionModel]) -> Analysis:
    """The sample's analysis, once for all visitors. versions: of the models, by which it is kept."""
    return analyze(sample_image(), _models, name="astronaut.png", detector=detector)


def with_pixels(result: Analysis, data: bytes) -> Analysis:
    """`result` as it was before its pixels were dropped. data: the picture's file."""
    return replace(result, image=read_image(data, result.name).pixels)


def csv_rows(found: Sequence[Analysis], refused: Refused) -> Iterator[dict[str, Any]]:
    """Every face and model of what was read, then a row for each picture that was refused, its note saying why."""
    for result in found:
        yield from result.to_rows()
    for picture, why in refused:
        yield {"picture": picture.name, "note": f"refused: {why}"}


def show_downloads(results: Sequence[tuple[Picture, Analysis]], refused: Refused = ()) -> None:
    """Buttons for CSV, JSON and annotated pictures of all results, each file made when it is asked for.

    refused: pictures with why they were; they are rows of the CSV.
    """
    found = [result for _, result in results]
    names = [result.name for result in found]
    name, kind = images_file_name(names)
    full = len(results) <= FULL_SIZE_AT_MOST

    def annotated() -> Iterator[NDArray[np.uint8]]:
        for picture, result in results:
            copy = with_pixels(result, picture.data).annotated()
            yield copy if full else reduced(copy, LONGEST_SHOWN)

    csv, json = "text/csv", "application/json"
    given = len(found) + len(refused)
    copies = "Annotated PNG" if given == 1 else "Annotated PNGs"
    files = [
        ("CSV", ":material/table:", "emotions.csv", csv, lambda: to_csv(csv_rows(found, refused))),
        ("JSON", ":material/data_object:", "emotions.json", json, lambda: to_json(a.to_dict() for a in found)),
        (copies, ":material/image:", name, kind, lambda: images_file(names, annotated())),
    ]
    with st.container(horizontal=True, vertical_alignment="center"):
        if given > 1:
            st.markdown(f"All {given}:", width="content")
        for label, icon, file_name, mime, content in files:
            st.download_button(label, content, file_name, mime, icon=icon, on_click="ignore")
    if not full:
        st.caption(f"Annotated copies of more than {FULL_SIZE_AT_MOST} have at most {LONGEST_SHOWN} pixels a side.")
