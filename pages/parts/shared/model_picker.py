"""The models: which there are, the picker, and loading, once for all sessions."""

from collections import Counter
from collections.abc import Mapping, Sequence

import streamlit as st

from fer_core import EmotionModel, FerError, ModelCard, list_models, load_model, read_card
from fer_core.bundle import MEAN_SIGN, MeanModel, bundle_folder, main_part, mean_card, member_names
from pages.parts.shared.choices import remembered
from pages.parts.shared.model_table import show_table

ROUNDS = 4  # of measuring all models' speed: a table that opens at once counts for more than the last digit
IN_ADDRESS = "models"
"""The part of a page's address that names the chosen models, separated by commas."""


def readable_cards(*means: str) -> dict[str, ModelCard]:
    """Name -> card, recommended ones first; each bundle that cannot be read is named with its reason.

    The mean of the first choices is one of them, as are `means` and those that the address asks for.
    """
    cards: dict[str, ModelCard] = {}
    for name in list_models():
        try:
            cards[name] = read_card(bundle_folder(name))
        except FerError as error:
            st.warning(f"Model {name} is unavailable: {error}", icon=":material/warning:")
    cards |= {name: model.card for name, model in _session_models().items()}
    wanted = [MEAN_SIGN.join(first_choices(cards)), *_in_address(), *means]
    for members in map(member_names, wanted):
        if len(members) > 1 and all(member in cards for member in members):
            mean = mean_card([cards[member] for member in members])
            cards[mean.name] = mean
    return cards


def first_choices(cards: Mapping[str, ModelCard]) -> list[str]:
    """The models that are chosen at first: the recommended ones, else the flagships, else the first two."""
    single = {name: card for name, card in cards.items() if MEAN_SIGN not in name}
    recommended = [name for name, card in single.items() if card.recommended]
    return recommended or [name for name, card in single.items() if card.flagship] or list(single)[:2]


def model_titles(cards: Mapping[str, ModelCard]) -> dict[str, str]:
    """Name -> the title that people read; two bundles of one title get their names behind it.

    NOTE: Streamlit and Altair tell options and series apart by what is shown.
    """
    counts = Counter(card.title for card in cards.values())
    return {name: card.title if counts[card.title] == 1 else f"{card.title} ({name})" for name, card in cards.items()}


def reached(cards: Sequence[ModelCard]) -> str:
    """What the chosen models read of real faces, as a sentence after another; nothing where a card does not say it."""
    records = [card.real_faces for card in cards]
    if not records or not all(records) or len({record["sha256"] for record in records}) > 1:
        return ""
    titles, shares = [card.title for card in cards], [f"{record['accuracy']:.0%}" for record in records]
    faces = f"{records[0]['n']:,} real faces"
    if len(cards) == 1:
        return f" The model {titles[0]} is correct on {shares[0]} of {faces}."
    return f" Correct on {faces}: {', '.join(map(' '.join, zip(titles, shares, strict=True)))}."


def choose_models(cards: dict[str, ModelCard], key: str = "models") -> list[EmotionModel]:
    """Let people pick among the models and return those that load; the choice is kept, and in the address."""
    groups, usual = model_groups(cards), first_choices(cards)
    wanted = [name for name in _in_address() if name in cards] or usual
    first, *others = groups
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = _pick(first, groups[first], cards, wanted, key)
        beyond = any(name not in groups[first] for name in wanted)
        show_all = st.toggle("Show more models", key=remembered(f"{key}-all", beyond))
    if show_all:
        for index, heading in enumerate(others, 1):
            chosen += _pick(heading, groups[heading], cards, wanted, f"{key}-{index}")
        show_table(groups, cards, model_titles(cards), _milliseconds(cards))
    _put_in_address(chosen, usual)
    return [model for name in chosen if (model := ready_model(name, cards[name])) is not None]


def use_in_session(model: EmotionModel) -> None:
    """Let a model that is nowhere on disk be one of this session's, and choose it. A callback."""
    _session_models()[model.name] = model
    choices = st.session_state.setdefault("choices", {})
    st.session_state["models"] = choices["models"] = [model.name]
    st.query_params.pop(IN_ADDRESS, None)


def _session_models() -> dict[str, EmotionModel]:
    found: dict[str, EmotionModel] = st.session_state.setdefault("session_models", {})
    return found


def model_groups(cards: Mapping[str, ModelCard]) -> dict[str, list[str]]:
    """Heading -> names: the first choices with their mean and what was adapted, others trained here, published systems.

    None is empty.
    """
    first = first_choices(cards)
    means = [name for name in cards if MEAN_SIGN in name]
    own = [name for name, card in cards.items() if card.base is not None and name not in first]
    rest = [name for name in cards if name not in {*first, *means, *own}]
    groups = {
        "Models": [*first, *means, *own],
        "Also trained here": [name for name in rest if not cards[name].reproduces],
        "Rebuilt after published systems": [name for name in rest if cards[name].reproduces],
    }
    return {heading: names for heading, names in groups.items() if names}


def _pick(heading: str, names: list[str], cards: Mapping[str, ModelCard], wanted: list[str], key: str) -> list[str]:
    """Pills of one group, each with its accuracy; those that are picked, in the order of `names`."""
    titles = model_titles(cards)
    on_pictures = all(cards[name].real_faces for name in names if MEAN_SIGN not in name)
    at_first = [name for name in wanted if name in names]
    picked = st.pills(
        heading,
        names,
        selection_mode="multi",
        wrap=True,
        format_func=lambda name: _with_accuracy(titles[name], cards[name], on_pictures),
        key=remembered(key, at_first, names),
        help=f"In percent: accuracy on {'pictures of real faces' if on_pictures else 'the test part of its dataset'}.",
    )
    return [name for name in names if name in picked]


def _with_accuracy(title: str, card: ModelCard, on_pictures: bool) -> str:
    part = card.real_faces if on_pictures else card.evaluation.get(main_part(card.evaluation) or "", {})
    found = part.get("accuracy")
    return title if found is None else f"{title} · {found:.0%}"


def _in_address() -> list[str]:
    """The models that the page's address names; a + there may come as a space."""
    return [name.strip().replace(" ", MEAN_SIGN) for name in st.query_params.get(IN_ADDRESS, "").split(",") if name]


def _put_in_address(chosen: list[str], usual: list[str]) -> None:
    """A link to this page opens with the same models; what is chosen at first needs no word."""
    if chosen == usual or not chosen:
        st.query_params.pop(IN_ADDRESS, None)
    elif st.query_params.get(IN_ADDRESS) != ",".join(chosen):
        st.query_params[IN_ADDRESS] = ",".join(chosen)


def ready_model(name: str, card: ModelCard) -> EmotionModel | None:
    """The loaded model, or None after a line that says why not."""
    if name in _session_models():
        return _session_models()[name]
    try:
        if MEAN_SIGN in name:
            members = {member: read_card(bundle_folder(member)) for member in member_names(name)}
            return _mean(name, "".join(map(_version, members.values())), members)
        return _loaded(name, _version(card))
    except FerError as error:
        st.warning(f"Model {name} is unavailable: {error}", icon=":material/warning:")
        return None


def _version(card: ModelCard) -> str:
    files = sorted((file, entry["sha256"]) for file, entry in card.files.items())
    return f"{files} {card.calibration}"


def _milliseconds(cards: Mapping[str, ModelCard]) -> dict[str, float]:
    """Name -> milliseconds per face on this machine, measured once; without those that do not load."""
    models = {name: model for name, card in cards.items() if (model := ready_model(name, card)) is not None}
    return _measured(tuple((name, model.version) for name, model in models.items()), models)


@st.cache_data(show_spinner="Measuring the speed …", max_entries=16)
def _measured(versions: tuple[tuple[str, str], ...], _models: Mapping[str, EmotionModel]) -> dict[str, float]:
    from fer_core.evaluation import time_models  # here: no first page needs it

    # versions: the cache's key
    return {name: time.fastest for name, time in time_models(_models, ROUNDS).items()}


@st.cache_resource(show_spinner="Loading the model …", max_entries=16)
def _loaded(name: str, version: str) -> EmotionModel:
    # one copy for all sessions; `version` makes a retrained bundle load anew
    return load_model(name)


@st.cache_resource(show_spinner=False, max_entries=16)
def _mean(name: str, version: str, _members: Mapping[str, ModelCard]) -> EmotionModel:
    # the same networks as those of the members alone, so that a mean costs no memory
    return MeanModel([_loaded(member, _version(card)) for member, card in _members.items()])
