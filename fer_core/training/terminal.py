"""What a training says when it has ended, and its command as a card may show it."""

import re
import shlex
import sys
from pathlib import Path
from typing import Final

from fer_core.bundle import ModelCard, model_folders

_SHARES: Final = re.compile(r"[\d.]+(/[\d.]+)+")  # of --split and --fold: no path
_WEIGHT: Final = re.compile(r"(.*?)(:[\d.]+)?", re.DOTALL)  # of --extra-data, behind the path


def shown_command() -> str:
    """The command that runs, as a card may say it: of a path only its last part is anybody's business."""
    spec = sys.modules["__main__"].__spec__  # of a module that was run by its name: python -m
    program = [Path(sys.argv[0]).name] if spec is None else ["-m", spec.name.removesuffix(".__main__")]
    return shlex.join(["python", *program, *map(_shown, sys.argv[1:])])


def written(bundle: Path) -> str:
    """The last line of a training: where the bundle is, and how the app comes to show it."""
    if bundle.resolve().parent in [folder.resolve() for folder in model_folders()]:
        return f"Written: {bundle}. The app shows it at the next refresh."
    return f"Written: {bundle}. The app shows it when it is started with FER_MODELS_DIR={bundle.parent}."


def report(card: ModelCard) -> str:
    """The short report at a training's end."""
    lines = [f"{card.title} ({card.parameters / 1e6:.2f} M parameters, {card.quantization['chosen']} weights)"]
    for part, result in card.evaluation.items():
        low, high = result["accuracy_interval"]
        lines.append(
            f"  {part:<20} {result['n']:>6} faces  accuracy {result['accuracy']:.2%} ({low:.1%} to {high:.1%})  "
            f"balanced {result['balanced_accuracy']:.2%}  macro F1 {result['macro_f1']:.3f}  ECE {result['ece']:.3f}"
        )
    return "\n".join(lines)


def _shown(argument: str) -> str:
    option, equals, value = argument.partition("=") if argument.startswith("--") else ("", "", argument)
    if _SHARES.fullmatch(value) or not ("/" in value or "\\" in value):
        return argument
    path, weight = _WEIGHT.fullmatch(value.replace("\\", "/")).groups()  # type: ignore[union-attr]
    return option + equals + path.rstrip("/").rsplit("/", 1)[-1] + (weight or "")
