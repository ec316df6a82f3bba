"""The app's entry: `streamlit run streamlit_app.py`. Page config and navigation, nothing else."""

import streamlit as st

st.set_page_config(page_title="Facial emotions", page_icon="🙂", layout="wide")
st.navigation(
    [
        st.Page("pages/classify.py", title="Classify", icon=":material/photo_camera:", default=True),
        st.Page("pages/live.py", title="Live", icon=":material/videocam:"),
        st.Page("pages/compare.py", title="Compare", icon=":material/leaderboard:"),
    ]
).run()
