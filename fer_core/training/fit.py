"""One phase of training: keras' own `fit`, with a checkpoint after every epoch that a killed run goes on from."""

import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import MISSING, asdict, fields
from pathlib import Path
from typing import Any

import keras

from fer_core.bundle import EmotionModel
from fer_core.datasets import Split
from fer_core.training.augment import FaceBatches
from fer_core.training.checkpoint import Checkpoint
from fer_core.training.distillation import soft_targets
from fer_core.training.normalisation import estimate_statistics
from fer_core.training.settings import Settings
from fer_core.training.targets import balanced_weights, one_hot, with_votes

History = list[dict[str, Any]]


def fit(
    network: keras.Model,
    split: Split,
    settings: Settings,
    checkpoint_file: Path,
    *,
    resume: bool = False,
    max_minutes: float | None = None,
    teachers: Sequence[EmotionModel] = (),
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> History:
    """Train `network` (logits out) and leave the best epoch's weights, by validation accuracy, in it.

    With `settings.average_epochs` it is the mean of the last epochs' weights instead.

    Returns one record per epoch: epoch, loss, accuracy, val_loss, val_accuracy, learning_rate, seconds. With `resume`
    an interrupted run goes on where its last finished epoch ended, and a finished one returns at once. max_minutes
    counts this phase's training time, over all its sessions. callbacks: further ones, without a state of their own.
    Raises DatasetError where the checkpoint is of another run or damaged.
    """
    batches = _batches(split, settings)
    _compile(network, settings, len(batches))
    schedules = _schedules(settings)
    defaults = {entry.name: entry.default for entry in fields(Settings) if entry.default is not MISSING}
    checkpoint = Checkpoint(
        checkpoint_file,
        schedules,
        _identity(network, split, settings),
        defaults,
        max_minutes,
        average_from=settings.epochs - settings.average_epochs if settings.average_epochs else None,
    )
    if resume:
        checkpoint.restore(network)
    else:
        checkpoint_file.unlink(missing_ok=True)
    if not checkpoint.finished and not checkpoint.out_of_time:
        if teachers:  # asked only here: a run that is refused or finished needs no predictions
            kept = checkpoint_file.with_name("teachers.npz")
            batches.targets = soft_targets(batches.targets, split.training, teachers, settings.teacher_share, kept)
        moving = [keras.callbacks.SwapEMAWeights()] if settings.ema else []
        starting = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: batches.start(epoch))
        started = time.monotonic()
        network.fit(
            batches,
            validation_data=(split.validation.faces[..., None], one_hot(split.validation.labels)),
            validation_batch_size=256,
            epochs=settings.epochs,
            initial_epoch=len(checkpoint.history),
            callbacks=[*moving, starting, *callbacks, *schedules, checkpoint],
            shuffle=False,  # `batches` shuffle by themselves; keras would draw an order that no resumed run can repeat
        )
        print(f"Trained for {(time.monotonic() - started) / 60:.1f} minutes; {checkpoint.summary()}.", flush=True)
    if checkpoint.averaged:
        checkpoint.take_mean(network)
        estimate_statistics(network, split.training)
        print(f"Weights: the mean of the last {checkpoint.averaged} epochs.", flush=True)
    else:
        checkpoint.take_best(network)
    return checkpoint.history


def optimizer(settings: Settings, steps: int) -> keras.optimizers.Optimizer:
    """The optimizer that `settings` name, with its schedule for epochs of `steps` batches."""
    rate: Any = settings.learning_rate
    if settings.schedule == "cosine" or (settings.schedule == "constant" and settings.warmup_epochs):
        warmup = round(settings.warmup_epochs * steps)
        rate = keras.optimizers.schedules.CosineDecay(
            initial_learning_rate=settings.learning_rate / 25 if warmup else settings.learning_rate,
            warmup_target=settings.learning_rate if warmup else None,
            warmup_steps=warmup,
            decay_steps=max(1, settings.epochs * steps - warmup),
            alpha=0.0 if settings.schedule == "cosine" else 1.0,
        )
    common: dict[str, Any] = {"learning_rate": rate}
    if settings.ema:
        common |= {"use_ema": True, "ema_momentum": settings.ema}
    if settings.optimizer == "sgd":
        return keras.optimizers.SGD(momentum=0.9, nesterov=True, weight_decay=settings.weight_decay or None, **common)
    if settings.optimizer == "adamw":
        return keras.optimizers.AdamW(weight_decay=settings.weight_decay, **common)
    return keras.optimizers.Adam(weight_decay=settings.weight_decay or None, **common)


def _batches(split: Split, settings: Settings) -> FaceBatches:
    batches = FaceBatches(
        split.training,
        settings.batch_size,
        settings.augmentation,
        seed=settings.seed,
        class_weights=balanced_weights(split.training.labels) if settings.class_weights else None,
    )
    batches.targets = with_votes(split.training, settings.vote_share)
    return batches


def _compile(network: keras.Model, settings: Settings, steps: int) -> None:
    network.compile(
        optimizer=optimizer(settings, steps),
        loss=keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=settings.label_smoothing),
        metrics=["accuracy"],
        # on processors XLA does without oneDNN's kernels: `seresnet` takes 1.75 s a step with it, 0.39 without
        jit_compile=keras.backend.backend() != "tensorflow",
    )
    network.optimizer.build(network.trainable_variables)


def _schedules(settings: Settings) -> list[keras.callbacks.Callback]:
    """Early stopping and, by its schedule, the plateau's halving: callbacks with a state that a checkpoint keeps."""
    patience = settings.patience or settings.epochs
    callbacks: list[keras.callbacks.Callback] = [
        keras.callbacks.EarlyStopping("val_accuracy", mode="max", patience=patience)
    ]
    if settings.schedule == "plateau":
        plateau = {"factor": 0.5, "patience": settings.plateau_patience, "min_lr": settings.lowest_rate}
        callbacks.append(keras.callbacks.ReduceLROnPlateau("val_loss", **plateau))
    return callbacks


def _identity(network: keras.Model, split: Split, settings: Settings) -> dict[str, Any]:
    """What must be the same for a run to go on."""
    return asdict(settings) | {
        "network": network.name,
        "parameters": network.count_params(),
        "layers": _fingerprint(network),
        "dataset": split.dataset_sha256,
        "faces": [len(split.training), len(split.validation)],
        "labels": split.labels,
        "split": split.description,
        **({"extra": list(split.extra)} if split.extra else {}),
        **({"aligned": split.aligned} if split.aligned is not None else {}),
        **({"fold": split.fold} if split.fold else {}),
    }


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
