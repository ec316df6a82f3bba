"""The settings of one phase of training, as they stand in a card."""

from dataclasses import asdict, dataclass, field
from typing import Any

from fer_core.training.augment import Augmentation


@dataclass(frozen=True)
class Settings:
    """How one phase trains.

    optimizer: "adam", "adamw" or "sgd" (with Nesterov momentum). schedule: "plateau" halves the learning rate after
    `plateau_patience` epochs without a better validation loss, down to `lowest_rate`; "cosine" warms up for
    `warmup_epochs` and falls to zero at the last epoch; "constant" warms up and stays. patience: epochs without a
    better validation accuracy before training stops; 0: never. ema: decay of an average of the weights, which then
    validates and is kept; 0: none. average_epochs: how many of the last epochs' weights are averaged in place of
    keeping the best epoch's (Izmailov et al. 2018, "Averaging Weights Leads to Wider Optima"); 0: none. teachers:
    models whose predictions are learned beside the labels, as `distillation.describe` names them; teacher_share: their
    share of the targets, 0 to 1. vote_share: the share of the FER+ votes in the targets, 0 to 1.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    optimizer: str = "adam"
    schedule: str = "plateau"
    warmup_epochs: float = 0.0
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    ema: float = 0.0
    average_epochs: int = 0
    patience: int = 5
    plateau_patience: int = 2
    lowest_rate: float = 0.0
    class_weights: bool = False
    seed: int = 0
    teachers: str = ""
    teacher_share: float = 0.0
    vote_share: float = 0.0
    augmentation: Augmentation = field(default_factory=Augmentation)


def changes(before: Settings, after: Settings, **others: tuple[Any, Any]) -> dict[str, str]:
    """{"changed": what of `after` differs from `before`}, for a card's `reported`; {} where nothing does.

    The seed does not count. others: name -> (before, after) of what is no part of `Settings`.
    """
    old, new = asdict(before), asdict(after)
    pairs = {name: (old[name], new[name]) for name in old if name not in ("augmentation", "seed")}
    pairs |= {name: (value, new["augmentation"][name]) for name, value in old["augmentation"].items()}
    found = [
        f"{name.replace('_', ' ')} {changed} instead of {usual}"
        for name, (usual, changed) in (pairs | others).items()
        if usual != changed
    ]
    return {"changed": ", ".join(found)} if found else {}
