"""The app's entry: `streamlit run streamlit_app.py`. Page config and navigation, nothing else."""

import streamlit as st

from pages.parts.shared.navigation import navigation

st.set_page_config(page_title="Facial emotions", page_icon="🙂", layout="wide")
navigation().run()
