"""The app's pages and how they are reached."""

import streamlit as st
from streamlit.navigation.page import StreamlitPage

_ENTERED = "entered"


def navigation() -> StreamlitPage:
    """Show links to the pages; the page that was asked for.

    They stand in a row above every page: on a phone Streamlit's own list is a drawer that stays open over the page
    that was chosen.
    """
    st.session_state[_ENTERED] = True
    # the icons belong to the links: a page's own would be its tab's too, for which browsers would ask Google's servers
    pages = {
        ":material/photo_camera:": st.Page("pages/classify.py", title="Classify", default=True),
        ":material/videocam:": st.Page("pages/live.py", title="Live"),
        ":material/leaderboard:": st.Page("pages/compare.py", title="Compare"),
    }
    chosen = st.navigation(list(pages.values()), position="hidden")
    with st.container(horizontal=True):
        for icon, page in pages.items():
            st.page_link(page, icon=icon, width="content")
    return chosen


def enter_page() -> None:
    """Every page's first line: it makes sure that the visitor came through the entry script.

    Where a folder `pages` stands beside that script, a visit by a page's address, the first to a fresh server, runs
    the page alone, under a list of the folder's files. Streamlit gives that up once it has seen st.navigation, so it
    is shown that and the visit begins again.
    """
    if _ENTERED not in st.session_state:
        navigation()
        st.rerun()
