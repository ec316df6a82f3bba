"""What the pages share: the models, loaded once for all sessions, and the notice to the people whose faces are read."""

import os
import re
import threading

import streamlit as st

from fer_core import EmotionModel, FerError, ModelCard, list_models, load_model, read_card
from fer_core.model import bundle_folder

NOTICE = (
    "Pictures are read in memory for this session only: nothing is stored or passed on. "
    "The models name an **expression, not a feeling**, and err more often on fear, sadness and disgust and on groups "
    "that their training pictures show seldom. In the EU, reading emotions at work or in education is forbidden "
    "(AI Act, Article 5(1)(f)), and people must be told when it is done elsewhere (Article 50(3))."
)


def as_text(text: str) -> str:
    """`text` (a file's name, a message with one) for an element that reads Markdown: it shows as it is written."""
    return re.sub(r"([\\`*_\[\]<>$:~#|])", r"\\\1", text)


def show_notice() -> None:
    """The short notice that every page that takes faces carries."""
    st.caption(NOTICE)


def show_no_models() -> None:
    """Where there is no model at all: how to get one."""
    folder = "the folder that FER_MODELS_DIR names" if os.environ.get("FER_MODELS_DIR") else "models/"
    st.error(f"There are no models under {folder}. Train one: `python train_cnn.py --data fer2013.csv`.")


def readable_cards() -> dict[str, ModelCard]:
    """Bundle name -> card, flagships first; each bundle that cannot be read is named with its reason."""
    cards: dict[str, ModelCard] = {}
    for name in list_models():
        try:
            cards[name] = read_card(bundle_folder(name))
        except FerError as error:
            st.warning(f"Model {name} is unavailable: {error}", icon=":material/warning:")
    return cards


def choose_models(cards: dict[str, ModelCard], key: str = "models") -> list[EmotionModel]:
    """Let people pick among the models (at first the flagships) and return those that load."""
    flagships = [name for name, card in cards.items() if card.flagship]
    titles = [card.title for card in cards.values()]

    def shown(name: str) -> str:  # NOTE: Streamlit tells options apart by what is shown
        title = cards[name].title
        return title if titles.count(title) == 1 else f"{title} ({name})"

    chosen = st.pills(
        "Models",
        list(cards),
        selection_mode="multi",
        default=flagships or list(cards)[:2],
        format_func=shown,
        key=key,
    )
    return [model for name in cards if name in chosen and (model := ready_model(name, cards[name])) is not None]


def ready_model(name: str, card: ModelCard) -> EmotionModel | None:
    """The loaded model, or None after a line that says why not."""
    try:
        files = sorted((file, entry["sha256"]) for file, entry in card.files.items())
        return _loaded(name, f"{files} {card.calibration}")
    except FerError as error:
        st.warning(f"Model {name} is unavailable: {error}", icon=":material/warning:")
        return None


@st.cache_resource(show_spinner=False)
def prepare_charts() -> None:
    """Get ready in the background, once, what draws a result: a second that an empty page need not wait for."""

    def prepare() -> None:
        import PIL.Image  # noqa: F401  (Streamlit's own pictures want it)

        from fer_core.charts import probability_spec

        probability_spec([0.0] * 7)

    threading.Thread(target=prepare, daemon=True).start()


@st.cache_resource(show_spinner="Loading the model …", max_entries=16)
def _loaded(name: str, version: str) -> EmotionModel:
    # one copy for all sessions; `version` makes a retrained bundle load anew
    return load_model(name)
