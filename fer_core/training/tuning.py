"""A search for settings before a training: short trials, judged on validation, the hopeless ones ended early.

Optuna chooses what to try next (a tree-structured Parzen estimator, Bergstra et al. 2011). It is imported only
here, and only when somebody tunes.
"""

import importlib.util
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import keras

from fer_core.errors import DatasetError, FerError
from fer_core.splits import Split
from fer_core.training.fit import Settings, fit

RATE_FACTOR: Final = 10.0
"""How far the learning rate is searched, up and down from the given one, on a logarithmic scale."""
BATCH_SIZES: Final = (32, 64, 128)
DROPOUT: Final = (0.1, 0.45)
"""Some networks double it for their last layer, where 1 would drop everything."""
_BEFORE_PRUNING: Final = 3  # trials that run to their end, so that there is a median to fall below


@dataclass(frozen=True)
class Tuned:
    """What the search found: the settings to train with, the dropout to build with, and the card's record."""

    settings: Settings
    dropout: float
    record: dict[str, Any]


def check_optuna() -> None:
    """Raise FerError unless Optuna is installed: said before anything is read or removed."""
    if importlib.util.find_spec("optuna") is None:
        raise FerError('--tune needs Optuna, which is not installed: pip install "optuna>=5", or leave --tune away.')


def tune(
    build: Callable[..., keras.Model],
    split: Split,
    settings: Settings,
    dropout: float,
    *,
    trials: int,
    epochs: int,
    store: Path,
    resume: bool = False,
) -> Tuned:
    """Try `trials` settings for `epochs` each, the given ones first; return those with the best validation accuracy.

    build(dropout=...) makes the network. store: a file that keeps the finished trials, from which an interrupted search
    goes on with `resume`. Raises DatasetError where it is of another search.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    start = {"learning_rate": settings.learning_rate, "batch_size": settings.batch_size, "dropout": dropout}
    space: dict[str, Any] = {
        "learning_rate": [settings.learning_rate / RATE_FACTOR, settings.learning_rate * RATE_FACTOR],
        "batch_size": sorted({*BATCH_SIZES, settings.batch_size}),
        "dropout": [min(DROPOUT[0], dropout), max(DROPOUT[1], dropout)],
    }
    started = time.monotonic()
    data = [split.dataset_sha256, split.labels, split.description, len(split.training), len(split.validation)]
    identity = [build(dropout=dropout).name, asdict(_short(settings, epochs)), start, space, *data]

    def objective(trial: Any) -> float:
        trial.suggest_float("learning_rate", *space["learning_rate"], log=True)
        trial.suggest_categorical("batch_size", space["batch_size"])
        trial.suggest_float("dropout", *space["dropout"])
        chosen, judge = _plain(trial.params), _Judge(trial)
        keras.utils.set_random_seed(settings.seed)
        network = build(dropout=chosen["dropout"])
        with tempfile.TemporaryDirectory() as folder:
            tried = _short(replace(settings, **_without_dropout(chosen)), epochs)
            history = fit(network, split, tried, Path(folder) / "trial.npz", watchers=[judge])
        accuracy = max(float(record["val_accuracy"]) for record in history)
        ended = f" (ended after {len(history)} of {epochs} epochs)" if judge.hopeless else ""
        print(f"Trial {trial.number + 1}: {_said(chosen)}: validation accuracy {accuracy:.4f}{ended}", flush=True)
        if judge.hopeless:
            raise optuna.TrialPruned
        return accuracy

    study = _study(optuna, store, resume, trials, settings.seed, identity)
    finished = [optuna.trial.TrialState.COMPLETE, optuna.trial.TrialState.PRUNED]
    done = len(study.get_trials(states=finished))
    if not done:
        study.enqueue_trial(start)
    study.optimize(objective, n_trials=max(0, trials - done))
    best = _plain(study.best_params)
    print(f"Best of {trials} trials: {_said(best)}: validation accuracy {study.best_value:.4f}.", flush=True)
    pruned = study.get_trials(states=[optuna.trial.TrialState.PRUNED])
    record = {
        "trials": len(study.get_trials(states=finished)),
        "ended_early": len(pruned),
        "epochs_per_trial": epochs,
        "space": space,
        "start": start,
        "best": best | {"validation_accuracy": study.best_value},
        "seconds": round(time.monotonic() - started, 1),
        "optuna": optuna.__version__,
    }
    keras.utils.set_random_seed(settings.seed)  # the training that follows begins as it would with these settings given
    return Tuned(replace(settings, **_without_dropout(best)), best["dropout"], record)


class _Judge(keras.callbacks.Callback):  # type: ignore[misc]
    """Tells Optuna each epoch's validation accuracy, and ends a trial below the median of the earlier ones."""

    def __init__(self, trial: Any) -> None:
        super().__init__()
        self.trial, self.hopeless = trial, False

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.trial.report(float((logs or {})["val_accuracy"]), epoch)
        if self.trial.should_prune():
            self.hopeless = self.model.stop_training = True


def _study(optuna: Any, store: Path, resume: bool, trials: int, seed: int, identity: list[Any]) -> Any:
    if not resume:
        store.unlink(missing_ok=True)
    store.parent.mkdir(parents=True, exist_ok=True)
    study = optuna.create_study(
        storage=f"sqlite:///{store.as_posix()}",
        study_name="tuning",
        direction="maximize",
        load_if_exists=True,
        pruner=optuna.pruners.MedianPruner(n_startup_trials=_BEFORE_PRUNING),
    )
    known = study.user_attrs.get("identity", str(identity))
    if known != str(identity):
        raise DatasetError(
            f"{store} belongs to another search. Give the same settings to go on, or leave --resume away to start anew."
        )
    study.set_user_attr("identity", str(identity))
    # seeded anew for each session, or a search that goes on would draw its first trials again
    first = min(10, max(_BEFORE_PRUNING, trials // 3))
    study.sampler = optuna.samplers.TPESampler(seed=seed + len(study.get_trials()), n_startup_trials=first)
    return study


def _short(settings: Settings, epochs: int) -> Settings:
    """For a trial: an average over the weights of so few epochs lags behind them, and nothing stops by itself."""
    return replace(settings, epochs=epochs, warmup_epochs=min(settings.warmup_epochs, epochs / 4), ema=0.0, patience=0)


def _plain(params: dict[str, Any]) -> dict[str, Any]:
    """Three digits are all that such a search can tell apart; what is tried is what is said."""
    return {name: value if isinstance(value, int) else float(f"{value:.3g}") for name, value in params.items()}


def _without_dropout(chosen: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in chosen.items() if name != "dropout"}


def _said(chosen: dict[str, Any]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in chosen.items())
