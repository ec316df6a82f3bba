"""What several commands need."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from fer_core.analysis import Blur
from fer_core.bundle import (
    EmotionModel,
    bundle_folder,
    folders_text,
    is_mean,
    list_models,
    load_model,
    no_models_text,
)
from fer_core.errors import FerError, ModelError


def load_models(
    names: Sequence[str] | None, models_dir: Path | None, unavailable: dict[str, str] | None = None
) -> dict[Path, EmotionModel]:
    """The named models, each once, by the folders of their bundles; for None the recommended ones, else all flagships.

    The mean of several, cnn+mobilenet, goes by the path that `load_model` takes for it.

    Models that do not load are named on stderr, and in `unavailable` with the reason. Raises ModelError for a named
    model that does not, and where none is left.
    """
    if names:
        folders = [_folder(name, models_dir) for name in dict.fromkeys(names)]
        return {folder: load_model(folder) for folder in folders}
    loaded = {}
    for name in list_models(models_dir):
        try:
            folder = bundle_folder(name, models_dir)
            loaded[folder] = load_model(folder)
        except ModelError as error:
            print(f"model {name} is unavailable: {error}", file=sys.stderr)
            if unavailable is not None:
                unavailable[name] = str(error).removeprefix(f"{name}: ")
    if not loaded:
        broken = f"There are no models under {folders_text(models_dir)} that load."
        raise ModelError(broken if list_models(models_dir) else no_models_text(models_dir))
    recommended = {folder: model for folder, model in loaded.items() if model.card.recommended}
    return recommended or {folder: model for folder, model in loaded.items() if model.card.flagship} or loaded


def _folder(name: str, models_dir: Path | None) -> Path:
    if is_mean(name, models_dir):
        return Path(name) if models_dir is None else models_dir / name
    return bundle_folder(name, models_dir)


def refuse(reason: FerError | str) -> int:
    """Say on stderr why a command does nothing; returns the exit code of wrong usage."""
    print(f"error: {reason}", file=sys.stderr)
    return 2


def blur_of(args: argparse.Namespace) -> Blur | None:
    """Whose faces the copies hide, by --blur-faces and --keep-face. Raises ValueError where they do not fit."""
    keep = tuple(sorted(set(args.keep_face or ())))
    if keep and not args.blur_faces:
        raise ValueError("--keep-face says whose face --blur-faces leaves as it is; name both")
    return Blur(keep) if args.blur_faces else None
