"""Compare: what the bundles' own evaluations say of them, side by side. Opening it loads no network."""

import streamlit as st

from fer_core.bundle import read_bundles
from pages.parts.compare.address import from_address, to_address
from pages.parts.compare.charts import forget_files, offer_files
from pages.parts.compare.leaderboard import show_leaderboard
from pages.parts.compare.pair import show_pair
from pages.parts.compare.published import show_published
from pages.parts.compare.robustness import show_robustness
from pages.parts.compare.uploads import show_uploads
from pages.parts.shared.choices import remembered
from pages.parts.shared.model_picker import model_titles
from pages.parts.shared.navigation import enter_page
from pages.parts.shared.notices import show_no_models

VIEWS = {
    "Two models": ("pair", show_pair),
    "All models": ("all", show_leaderboard),
    "Published and measured": ("published", show_published),
    "Robustness": ("robustness", show_robustness),
    "Your own faces": ("own", show_uploads),
}
TITLES = {name: title for title, (name, _) in VIEWS.items()}  # by the name in the address

enter_page()
st.title("Compare models")
st.caption("Every number here comes from the models' own cards and stored predictions, or is measured while you watch.")
bundles, broken = read_bundles()
for name, reason in broken.items():
    st.warning(f"Model {name} is left out: {reason}", icon=":material/warning:")
if not bundles:
    show_no_models()
    st.stop()
titles = model_titles({bundle.name: bundle.card for bundle in bundles})
usual = "pair" if len(bundles) > 1 else "all"
at_first = TITLES[from_address("view", TITLES, [usual])[0]]
chosen = st.pills("View", list(VIEWS), key=remembered("compare_view", at_first)) or TITLES[usual]
view, show = VIEWS[chosen]
to_address("view", [view])
forget_files()
show(bundles, titles)
offer_files(f"compare-{view}")
