"""The bundles there are: where they lie, found by name, known by their cards, loaded."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from fer_core.bundle.adapted import AdaptedModel, base_folder, read_head
from fer_core.bundle.card import CARD_NAME, HEAD_NAME, MODEL_NAME, ModelCard, network_entry, read_card, read_file
from fer_core.bundle.mean import MeanModel, member_names
from fer_core.bundle.model import EmotionModel
from fer_core.bundle.runtime import THREADS
from fer_core.errors import ModelError
from fer_core.utils.files import CHECKOUT, PACKAGE


def model_folders(models_dir: Path | None = None) -> tuple[Path, ...]:
    """The folders in which bundles are looked for; what is trained or adapted goes into the first.

    That is `models_dir` where it is given, else what the environment variable FER_MODELS_DIR names, else the checkout's
    models/; for an installed package it is `user_models_dir()`, then the bundles that came with the package.
    """
    if models_dir is None and (named := os.environ.get("FER_MODELS_DIR")):
        models_dir = Path(named)
    if models_dir is not None:
        return (models_dir,)
    if any((CHECKOUT / name).is_file() for name in ("pyproject.toml", "streamlit_app.py")):
        return (CHECKOUT / "models",)
    return user_models_dir(), PACKAGE / "models"


def user_models_dir() -> Path:
    """Where an installed package keeps its user's own models: below $XDG_DATA_HOME, else the system's data folder."""
    if named := os.environ.get("XDG_DATA_HOME"):
        data = Path(named)
    elif sys.platform == "win32":
        data = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        data = Path.home() / "Library" / "Application Support"
    else:
        data = Path.home() / ".local" / "share"
    return data / "facial-emotions" / "models"


def folders_text(models_dir: Path | None = None) -> str:
    """`model_folders` for a message: "A", or "A or B"."""
    return " or ".join(map(str, model_folders(models_dir)))


def no_models_text(models_dir: Path | None = None) -> str:
    """Why no model is found, as a sentence: where they were looked for, and who named that folder."""
    folders = folders_text(models_dir)
    if models_dir is None and os.environ.get("FER_MODELS_DIR"):
        (folder,) = model_folders()
        lack = "holds no models" if folder.is_dir() else "does not exist"
        return f"There are no models under {folders}: the folder that FER_MODELS_DIR names {lack}."
    return f"There are no models under {folders}."


@dataclass(frozen=True)
class Bundle:
    """A model that is known by its card; its network is not loaded."""

    name: str
    folder: Path
    card: ModelCard

    @property
    def version(self) -> str:
        """What tells one state of the network from the next."""
        return f"{self.name}:{network_entry(self.card).get('sha256')}"


def read_bundles(models_dir: Path | None = None) -> tuple[list[Bundle], dict[str, str]]:
    """All bundles that can be used, in the order of `list_models`, and name -> reason for all others."""
    bundles: list[Bundle] = []
    broken: dict[str, str] = {}
    for folder, card in _read_cards(models_dir):
        try:
            if isinstance(card, ModelError):
                raise card
            bundle = Bundle(folder.name, folder, card)
            _check_network(bundle)
            bundles.append(bundle)
        except ModelError as error:
            broken[folder.name] = str(error).removeprefix(f"{folder.name}: ")
    return bundles, broken


def _check_network(bundle: Bundle) -> None:
    """The file is there in its size: a look that costs nothing; its hash is checked when it is loaded."""
    name = HEAD_NAME if bundle.card.base else MODEL_NAME
    network = bundle.folder / name
    if not network.is_file():
        raise ModelError(f"{name} is missing.")
    expected, found = network_entry(bundle.card).get("bytes"), network.stat().st_size
    if expected is not None and found != expected:
        raise ModelError(f"{name} is damaged: it has {found} bytes, its card says {expected}.")
    if bundle.card.base:
        find_base(bundle.folder, bundle.card)


def find_base(folder: Path, card: ModelCard) -> Path:
    """The folder of an adapted bundle's base: beside the bundle, else where models usually are. Raises ModelError."""
    return base_folder(card, (folder.resolve().parent, *model_folders()))


def list_models(models_dir: Path | None = None) -> list[str]:
    """Names of all bundles: recommended, then flagships, then the rest, those with an unreadable card last.

    models_dir: where to look; None for `model_folders()`.
    """
    return [folder.name for folder, _ in _read_cards(models_dir)]


def bundle_folder(name_or_path: str | Path, models_dir: Path | None = None) -> Path:
    """The folder of a bundle, by its name (looked for as `list_models` does) or by its path. Raises ModelError."""
    named = [folder / str(name_or_path) for folder in model_folders(models_dir)]
    for folder in (*named, Path(name_or_path)):
        if os.path.isfile(folder / CARD_NAME):  # pathlib raises for a name that no file can have
            return folder
    known = ", ".join(list_models(models_dir))
    advice = f"Known models: {known}." if known else no_models_text(models_dir)
    raise ModelError(f"There is no model {str(name_or_path)!r}. {advice}")


def is_mean(name_or_path: str | Path, models_dir: Path | None = None) -> bool:
    """Whether `load_model` takes this for the mean of several models: names joined by +, and no bundle of that name."""
    places = (*(folder / str(name_or_path) for folder in model_folders(models_dir)), Path(name_or_path))
    bundle = any(os.path.isfile(place / CARD_NAME) for place in places)
    return len(member_names(os.path.basename(name_or_path))) > 1 and not bundle


def load_model(name_or_path: str | Path, models_dir: Path | None = None, threads: int = THREADS) -> EmotionModel:
    """Load a bundle by name ("cnn") or path; its files are checked against the card. Raises ModelError.

    "cnn+mobilenet" is the mean of two, "folder/cnn+mobilenet" of two in that folder: a `MeanModel`, unless a bundle has
    that name.
    """
    if is_mean(name_or_path, models_dir):
        path = Path(name_or_path)
        members = [path.with_name(member) for member in member_names(path.name)]
        return MeanModel([load_model(member, models_dir, threads) for member in members])
    folder = bundle_folder(name_or_path, models_dir)
    card = read_card(folder)
    if card.base is None:
        return EmotionModel(card, read_file(card, folder, MODEL_NAME), threads)
    base = find_base(folder, card)
    return AdaptedModel(card, read_file(read_card(base), base, MODEL_NAME), read_head(card, folder), threads)


def _read_cards(models_dir: Path | None) -> list[tuple[Path, ModelCard | ModelError]]:
    """The folder of each bundle with its card, or with why that cannot be read, in the order of `list_models`.

    Of two bundles of one name, the one in the first of the `model_folders` counts.
    """
    found: dict[str, tuple[Path, ModelCard | ModelError]] = {}
    for path in (path for folder in model_folders(models_dir) for path in folder.glob(f"*/{CARD_NAME}")):
        folder = path.parent
        if folder.name in found or folder.name.startswith("."):  # a dot: the bundle is being written
            continue
        try:
            found[folder.name] = folder, read_card(folder)
        except ModelError as error:
            found[folder.name] = folder, error
    return sorted(found.values(), key=lambda item: (_rank(item[1]), item[0].name))


def _rank(card: ModelCard | ModelError) -> int:
    if isinstance(card, ModelError):
        return 3
    return 0 if card.recommended else 1 if card.flagship else 2
