"""Models: one model's card, for people: what it is for, how good it is, what it learned from, where it ends."""

import streamlit as st

from pages.parts.model.card import show_card
from pages.parts.shared.model_picker import model_titles, readable_cards
from pages.parts.shared.navigation import enter_page
from pages.parts.shared.notices import show_no_models

enter_page()
st.title("Models")
asked = st.query_params.get("model", "")
cards = readable_cards(asked)
if not cards:
    show_no_models()
    st.stop()
titles = model_titles(cards)
if asked and asked not in cards:
    st.warning("There is no model of that name here; choose one below.", icon=":material/search_off:")
names = list(cards)
name = st.selectbox("Model", names, index=names.index(asked) if asked in names else 0, format_func=titles.get)
st.query_params["model"] = name
show_card(cards[name], titles[name])
