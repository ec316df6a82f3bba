"""The app's pages, and the links to them."""

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from pages.parts.shared.housekeeping import keep_house

_ENTERED = "entered"
# on a phone all fit into one row without their icons, and the first screen has no room to spare
_STYLE = """<style>
.st-key-fer-pages > :has(style) {position: absolute}
@media (max-width: 640px) {
  .st-key-fer-pages {gap: 0.25rem !important}
  .st-key-fer-pages span:has(> [data-testid="stIconMaterial"]) {display: none}
  .stMain h1 {padding: 0 0 0.4rem; font-size: 1.6rem !important}
}
</style>"""


def navigation() -> StreamlitPage:
    """Show links to the pages in a row above every page; returns the page to run.

    Streamlit's own list is, on a phone, a drawer that stays open over the page that was chosen.
    """
    st.session_state[_ENTERED] = True
    # the icons belong to the links: a page's own would be its tab's too, for which browsers would ask Google's servers
    pages = {
        ":material/photo_camera:": st.Page("pages/classify.py", title="Classify", default=True),
        ":material/videocam:": st.Page("pages/live.py", title="Live"),
        ":material/leaderboard:": st.Page("pages/compare.py", title="Compare"),
        ":material/description:": st.Page("pages/model.py", title="Models"),
    }
    keep_house()
    chosen = st.navigation(list(pages.values()), position="hidden")
    if chosen.url_path:
        st.set_page_config(page_title=f"{chosen.title} · Facial emotions")
    with st.container(horizontal=True, key="fer-pages"):
        st.html(_STYLE)
        for icon, page in pages.items():
            st.page_link(page, icon=icon, width="content")
    return chosen


def enter_page() -> None:
    """Every page's first line: it makes sure that the visitor came through the entry script.

    Where a folder `pages` stands beside that script, a visit by a page's address, the first to a fresh server, runs
    the page alone, under a list of the folder's files. Streamlit gives that up once it has seen st.navigation, so this
    calls it and starts the visit again.
    """
    if _ENTERED not in st.session_state:
        navigation()
        st.rerun()
