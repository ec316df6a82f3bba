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
    pages = [
        st.Page("pages/classify.py", title="Classify", icon=":material/photo_camera:", default=True),
        st.Page("pages/live.py", title="Live", icon=":material/videocam:"),
        st.Page("pages/compare.py", title="Compare", icon=":material/leaderboard:"),
    ]
    chosen = st.navigation(pages, position="hidden")
    with st.container(horizontal=True):
        for page in pages:
            st.page_link(page, width="content")
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
