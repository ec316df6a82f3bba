"""The results of several pictures: what came of them in a line, and thumbnails that open the details."""

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from fer_core import Analysis, Face
from pages.parts.classify.results import Refused, show_downloads, with_pixels
from pages.parts.classify.sources import Picture
from pages.parts.shared.faces import described, show_picture
from pages.parts.shared.notices import as_text

PER_PAGE = 20
REFUSALS_SHOWN = 3  # at once; more behind a line
RESULTS = "fer-results"
"""The key of the container that the results stand in."""

# a browser runs a script that it has not had: `what` makes it another one
_SCROLL = f"""<script data-for="%s">{{
  const results = document.querySelector(".st-key-{RESULTS}");
  if (results?.getBoundingClientRect().top < 0) results.scrollIntoView();
}}</script>"""
_STYLE = """<style>
[class*="st-key-thumbnail"] img {height: 6rem; width: 100% !important; object-fit: cover}
[class*="st-key-thumbnail"] button p {max-width: 6rem; overflow: hidden; overflow-wrap: anywhere; text-align: left;
  display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2}
[class*="st-key-thumbnail"] button {padding: 0; min-height: 0; position: static}
[class*="st-key-thumbnail"] {position: relative}
[class*="st-key-thumbnail"] button::after {content: ""; position: absolute; inset: 0}
</style>"""
_CHOSEN = """<style>
.st-key-thumbnail-%d img {outline: 3px solid currentColor}
.st-key-thumbnail-%d button p {font-weight: 700}
</style>"""
Given = Sequence[tuple[Picture, Analysis | str | None]]
Found = list[tuple[Picture, Analysis]]


def show_results(
    results: Given, titles: Mapping[str, str], threshold: float, below: Callable[[Face, str], None] | None = None
) -> None:
    """One picture's detail, or of several the summary, the opened one, and all of them as thumbnails.

    results: for each picture its Analysis, why it was refused, or None where it has not been read. below: as in
    `show_picture`.
    """
    refused = [(picture, result) for picture, result in results if isinstance(result, str)]
    found: Found = [(p, r.with_threshold(threshold)) for p, r in results if isinstance(r, Analysis)]
    if len(results) == 1:
        for _, line in refused:
            st.error(as_text(line), icon=":material/broken_image:")
    else:
        _show_summary(results, found, refused)
    if not found:
        return
    pictures = [picture for picture, _ in found]
    wanted = st.session_state.get("opened")
    opened = pictures.index(wanted) if wanted in pictures else 0
    picture, result = found[opened]
    show_picture(with_pixels(result, picture.data), titles, opened, picture.shown, below)
    if any(result.faces for _, result in found) or len(results) > 1:
        show_downloads(found, refused)
    if len(found) > 1:
        _show_thumbnails(found, opened)


def scroll_to_fresh_results() -> None:
    """Bring the results of what has just been given into sight: on a phone they may have been scrolled away."""
    if what := st.session_state.pop("fresh", None):
        st.html(_SCROLL % what, unsafe_allow_javascript=True)


def summary(results: Given) -> str:
    """What came of the files: "11 files: 8 read, 3 refused, 15 faces"."""
    found = [result for _, result in results if isinstance(result, Analysis)]
    refused = sum(isinstance(result, str) for _, result in results)
    faces = sum(len(result.faces) for result in found)
    parts = [f"{len(found)} read"]
    parts += [f"{refused} refused"] if refused else []
    parts += [f"{len(results) - len(found) - refused} not read"] if len(found) + refused < len(results) else []
    return f"{len(results)} files: {', '.join(parts)}, {faces} face{'' if faces == 1 else 's'}"


def _show_summary(results: Given, found: Found, refused: Refused) -> None:
    st.markdown(f"**{summary(results)}**")
    if len(found) + len(refused) < len(results) and st.button("Read the rest", icon=":material/play_arrow:"):
        st.session_state.cancelled = False
        st.rerun()
    if refused:
        place = st.container() if len(refused) <= REFUSALS_SHOWN else st.expander(f"{len(refused)} refused")
        bullet = "- " if len(refused) > 1 else ""
        place.error("\n".join(f"{bullet}{as_text(line)}" for _, line in refused))


def _show_thumbnails(found: Found, opened: int) -> None:
    """A page of them; a press on a name opens its picture."""
    pages = -(-len(found) // PER_PAGE)
    page = st.pagination(pages, key="results-page") if pages > 1 else 1
    st.html(_STYLE + _CHOSEN % (opened, opened))
    with st.container(horizontal=True):
        for index in range((page - 1) * PER_PAGE, min(page * PER_PAGE, len(found))):
            picture, result = found[index]
            with st.container(width=108, key=f"thumbnail-{index}", gap=None):
                st.image(st.session_state.thumbnails[picture.digest], alt=f"{picture.shown}: {described(result)}")
                st.button(
                    as_text(picture.shown),
                    key=f"open-{index}",
                    type="tertiary",
                    help=_said(picture, result),
                    on_click=_open,
                    args=(picture,),
                )
                st.caption(_verdict(result))


def _open(picture: Picture) -> None:
    st.session_state.opened = picture
    st.session_state.fresh = f"{picture.digest}-{picture.name}"


def _said(picture: Picture, result: Analysis) -> str:
    return as_text(f"Show {picture.shown}: {described(result)}")


def _verdict(result: Analysis) -> str:
    """What is said of a picture in two words."""
    if len(result.faces) != 1:
        return f"{len(result.faces)} faces" if result.faces else "no face"
    return result.faces[0].caption.removeprefix("1 ")
