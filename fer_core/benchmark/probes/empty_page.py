"""What Streamlit and the browser take on this machine for a page of nothing but a field for a file."""

import streamlit as st

if st.file_uploader("Pictures"):
    st.text("Face 1")
