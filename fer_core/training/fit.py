"""One phase of training: keras' own `fit`, with a state on disk after every epoch that a killed run goes on from."""

import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import MISSING, asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import keras

from fer_core.model import EmotionModel
from fer_core.splits import Split
from fer_core.training.augment import Augmentation, FaceBatches
from fer_core.training.state import TrainingState
from fer_core.training.targets import balanced_weights, one_hot, with_votes
from fer_core.training.teachers import soft_targets

History = list[dict[str, Any]]


@dataclass(frozen=True)
class Settings:
    """One phase's settings, as they stand in the card.

    schedule: "plateau" halves the rate after `plateau_patience` epochs without a better validation loss, down to
    `lowest_rate`; "cosine" warms up for `warmup_epochs` and falls to zero at the last epoch; "constant" does neither.
    patience: epochs without a better validation accuracy before training stops; 0: never. ema: decay of an average of
    the weights, which then validates and is kept; 0: none. teachers: models whose answers are learned beside the
    labels, as `teachers.described` names them; teacher_share: how much of what is learned is theirs, 0 to 1.
    vote_share: how much of the label is how the FER+ votes are spread, 0 to 1.
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
    patience: int = 5
    plateau_patience: int = 2
    lowest_rate: float = 0.0
    class_weights: bool = False
    seed: int = 0
    teachers: str = ""
    teacher_share: float = 0.0
    vote_share: float = 0.0
    augmentation: Augmentation = field(default_factory=Augmentation)


def fit(
    network: keras.Model,
    split: Split,
    settings: Settings,
    state_file: Path,
    *,
    resume: bool = False,
    max_minutes: float | None = None,
    teachers: Sequence[EmotionModel] = (),
    watchers: Sequence[keras.callbacks.Callback] = (),
) -> History:
    """Train `network` (logits out) and leave the best epoch's weights, by validation accuracy, in it.

    Returns one record per epoch: epoch, loss, accuracy, val_loss, val_accuracy, learning_rate, seconds. With `resume`
    an interrupted run goes on where its last finished epoch ended, and a finished one returns at once. max_minutes
    counts this phase's training time, over all its sessions. watchers: further callbacks, without a state of their own.
    Raises DatasetError where the state is of another run.
    """
    training, validation = split.training, split.validation
    batches = FaceBatches(
        training,
        settings.batch_size,
        settings.augmentation,
        seed=settings.seed,
        class_weights=balanced_weights(training.labels) if settings.class_weights else None,
    )
    batches.targets = with_votes(training, settings.vote_share)
    network.compile(
        optimizer=optimizer(settings, len(batches)),
        loss=keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=settings.label_smoothing),
        metrics=["accuracy"],
        # on processors XLA does without oneDNN's kernels: `seresnet` takes 1.75 s a step with it, 0.39 without
        jit_compile=keras.backend.backend() != "tensorflow",
    )
    network.optimizer.build(network.trainable_variables)
    stopping = keras.callbacks.EarlyStopping("val_accuracy", mode="max", patience=settings.patience or settings.epochs)
    remembered: list[keras.callbacks.Callback] = [stopping]
    if settings.schedule == "plateau":
        plateau = {"factor": 0.5, "patience": settings.plateau_patience, "min_lr": settings.lowest_rate}
        remembered.append(keras.callbacks.ReduceLROnPlateau("val_loss", **plateau))
    # what must be the same for a run to go on
    identity = asdict(settings) | {
        "network": network.name,
        "parameters": network.count_params(),
        "layers": _fingerprint(network),
        "dataset": split.dataset_sha256,
        "faces": [len(training), len(validation)],
        "labels": split.labels,
        "split": split.description,
    }
    defaults = {entry.name: entry.default for entry in fields(Settings) if entry.default is not MISSING}
    state = TrainingState(state_file, remembered, identity, defaults, max_minutes)
    if resume:
        state.restore(network)
    else:
        state_file.unlink(missing_ok=True)
    averaging = [keras.callbacks.SwapEMAWeights()] if settings.ema else []
    starting = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: batches.start(epoch))
    if not state.finished and not state.out_of_time:
        if teachers:  # asked only here: a run that is refused or finished needs no answers
            kept = state_file.with_name("teachers.npz")
            batches.targets = soft_targets(batches.targets, training, teachers, settings.teacher_share, kept)
        started = time.monotonic()
        network.fit(
            batches,
            validation_data=(validation.faces[..., None], one_hot(validation.labels)),
            validation_batch_size=256,
            epochs=settings.epochs,
            initial_epoch=len(state.history),
            callbacks=[*averaging, starting, *watchers, *remembered, state],
            shuffle=False,  # `batches` shuffle by themselves; keras would draw an order that no resumed run can repeat
        )
        print(f"Trained for {(time.monotonic() - started) / 60:.1f} minutes; {state.summary()}.", flush=True)
    state.take_best(network)
    return state.history


def _fingerprint(network: keras.Model) -> str:
    """Tells networks apart that have the same name and size: input size, dropout, precision, what is frozen."""

    def described(model: keras.Model) -> Iterator[Any]:
        for layer in model.layers:
            if isinstance(layer, keras.Model):
                yield from described(layer)
            else:  # names count up within a process, so they say nothing
                yield type(layer).__name__, {k: v for k, v in layer.get_config().items() if k != "name"}

    text = json.dumps(list(described(network)), sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def optimizer(settings: Settings, steps: int) -> keras.optimizers.Optimizer:
    """What `settings` name, with its schedule for epochs of `steps` batches."""
    rate: Any = settings.learning_rate
    if settings.schedule == "cosine":
        warmup = round(settings.warmup_epochs * steps)
        rate = keras.optimizers.schedules.CosineDecay(
            initial_learning_rate=settings.learning_rate / 25 if warmup else settings.learning_rate,
            warmup_target=settings.learning_rate if warmup else None,
            warmup_steps=warmup,
            decay_steps=max(1, settings.epochs * steps - warmup),
        )
    common: dict[str, Any] = {"learning_rate": rate}
    if settings.ema:
        common |= {"use_ema": True, "ema_momentum": settings.ema}
    if settings.optimizer == "sgd":
        return keras.optimizers.SGD(momentum=0.9, nesterov=True, weight_decay=settings.weight_decay or None, **common)
    if settings.optimizer == "adamw":
        return keras.optimizers.AdamW(weight_decay=settings.weight_decay, **common)
    return keras.optimizers.Adam(weight_decay=settings.weight_decay or None, **common)
