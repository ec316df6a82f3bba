"""What the visitor gives: pictures, a folder, a snapshot or a video."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from fer_core.image import MAX_FILES, MAX_IMAGE_BYTES, MAX_IMAGE_PIXELS, MAX_VIDEO_BYTES, shown_name
from pages.parts.shared.choices import remembered
from pages.parts.shared.notices import as_text

# of a folder only the pictures count; single files may be anything, so that a HEIC gets advice and not a bare refusal
FOLDER_TYPES = ["jpg", "jpeg", "png", "webp", "bmp"]
VIDEO_TYPES = ["mp4", "webm", "mov", "avi"]
SOURCES = ("Pictures", "Folder", "Snapshot", "Video")
# on a phone the label has said it already
_STYLE = """<style>
@media (max-width: 640px) {[data-testid="stFileUploaderDropzoneInstructions"] {display: none}}
</style>"""


@dataclass(frozen=True)
class Picture:
    """A file that was given. name: for the results' files, in a folder with its path there; shown: for the page."""

    name: str
    shown: str
    data: bytes = field(compare=False, repr=False)  # told apart by its digest
    digest: str


def chosen_source() -> str:
    """One of SOURCES."""
    return st.segmented_control(
        "Where from",
        SOURCES,
        required=True,
        key=remembered("source", "Pictures"),
        label_visibility="collapsed",
    )


def chosen_video(given: Callable[[], None]) -> Any:
    """An uploaded video (a Streamlit UploadedFile), or None. given: called when another one is."""
    limit = MAX_VIDEO_BYTES // 2**20
    file = st.file_uploader(
        f"MP4, WebM, MOV or AVI, at most {limit} MB",
        type=VIDEO_TYPES,
        max_upload_size=limit,
        key=_widget_key("Video"),
        on_change=given,
    )
    st.caption("A video's annotated copy stays in a temporary folder until you clear it or leave.")
    return file


def chosen_pictures(source: str) -> list[Picture]:
    """What the visitor gave last: uploads, a folder, a snapshot or the sample.

    They stay until they are replaced or cleared, also where the visitor goes to another page or changes the source.
    """
    limit, megapixels = MAX_IMAGE_BYTES // 2**20, MAX_IMAGE_PIXELS // 10**6
    key = _widget_key(source)
    if source == "Snapshot":
        st.camera_input("Take a snapshot", key=key, on_change=_take, args=(key,), width=480)
    else:
        st.html(_STYLE)
        many = "a folder of pictures" if source == "Folder" else f"up to {MAX_FILES} at once"
        st.file_uploader(
            f"Drop JPEG, PNG, WebP or BMP here: {many}, each at most {limit} MB and {megapixels} megapixels",
            type=FOLDER_TYPES if source == "Folder" else None,
            accept_multiple_files="directory" if source == "Folder" else True,
            max_upload_size=limit,
            key=key,
            on_change=_take,
            args=(key,),
        )
    # NOTE: a browser that reconnects may bring files to a session that has not seen them: no change to Streamlit
    files = _files(st.session_state[key])
    if files and st.session_state.get("taken") != [file.file_id for file in files]:
        _take(key)
    _show_left_out(st.session_state.get("left_out", []))
    return st.session_state.get("pictures", [])


def _show_left_out(names: list[str]) -> None:
    if names:
        others = f" and {len(names) - 1} more were" if len(names) > 1 else " was"
        st.warning(
            f"{as_text(shown_name(names[0]))}{others} left out: at most {MAX_FILES} pictures are read at once. "
            "A folder may hold more."
        )


def _take(key: str) -> None:
    """Take what the widget `key` holds now: a snapshot, which browsers name by the second, or uploads."""
    files = _files(st.session_state[key])
    before = {*st.session_state.get("pictures", [])}
    snapshot = not isinstance(st.session_state[key], list)
    folder = key.startswith("Folder")
    most = len(files) if folder else MAX_FILES
    pictures = [_picture("snapshot.jpg" if snapshot else file.name, file.getvalue(), folder) for file in files[:most]]
    added = [picture for picture in pictures if picture not in before]
    if folder:  # browsers give its files in the disk's order
        pictures.sort(key=lambda picture: _as_listed(picture.name))
    _set_pictures(pictures)
    if added and len(added) < len(pictures):  # to others that were there: it is what the visitor wants to see
        st.session_state.opened = added[0]
    st.session_state.taken = [file.file_id for file in files]
    st.session_state.left_out = [file.name for file in files[most:]]


def _as_listed(name: str) -> list[tuple[int, str]]:
    """A key that sorts names as people list them: p2 before p10."""
    parts = re.split(r"0*(\d+)", name)
    return [(len(part) if part.isdecimal() else -1, part.lower()) for part in parts]


def _picture(name: str, data: bytes, folder: bool = False) -> Picture:
    """folder: whether it comes from one; a browser then names it by its path, from that folder on."""
    inside = name.split("/")[1:] if folder else []
    shown = "/".join([*map(shown_name, inside[-2:-1]), shown_name(name)])
    return Picture("/".join(inside) or name, shown, data, hashlib.sha256(data).hexdigest())


def _files(given: Any) -> list[Any]:
    """The files of a widget. One that only another server has, to which the browser was connected, is none."""
    files = given if isinstance(given, list) else [given]
    return [file for file in files if isinstance(file, UploadedFile)]


def _set_pictures(pictures: list[Picture]) -> None:
    st.session_state.pictures, st.session_state.left_out = pictures, []
    st.session_state.fresh = pictures[-1].digest if pictures else None
    for key in ("cancelled", "opened", "results-page"):
        st.session_state.pop(key, None)


def show_camera_button() -> None:
    """The way to the Live page."""
    if st.button("Use my camera", icon=":material/videocam:"):
        st.switch_page("pages/live.py")


def show_clear_button() -> None:
    """The way back to the first screen."""
    given = bool(st.session_state.get("pictures"))
    if given and st.button("Clear results", icon=":material/delete:"):
        show_instead([])


def show_instead(pictures: list[Picture]) -> NoReturn:
    """Put these in the place of what was given, and run the page again."""
    clear_uploads()
    _set_pictures(pictures)
    st.session_state.pop("analyses", None)
    st.rerun()


def as_picture(name: str, data: bytes) -> Picture:
    """A single picture that comes from no widget."""
    return _picture(name, data)


def clear_uploads() -> None:
    """Empty the widgets that take files: Streamlit makes those of a new key anew."""
    st.session_state.generation = _generation() + 1


def _generation() -> int:
    return st.session_state.setdefault("generation", 0)


def _widget_key(source: str) -> str:
    return f"{source}-{_generation()}"
