"""A search for settings before a training: short trials, compared on validation, the hopeless ones ended early.

Optuna chooses what to try next (a tree-structured Parzen estimator, Bergstra et al. 2011). It is imported only
here, and only when somebody tunes.
"""

import argparse
import importlib.util
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final, NamedTuple

import keras

from fer_core.datasets import Split
from fer_core.errors import DatasetError, FerError
from fer_core.training.argument_types import positive
from fer_core.training.fit import fit
from fer_core.training.settings import Settings

RATE_FACTOR: Final = 10.0
"""How far the learning rate is searched, up and down from the given one, on a logarithmic scale."""
BATCH_SIZES: Final = (32, 64, 128)
DROPOUT: Final = (0.1, 0.45)
"""Some networks double it for their last layer, where 1 would drop everything."""
_BEFORE_PRUNING: Final = 3  # trials that run to their end, so that there is a median to fall below


class Tuned(NamedTuple):
    """What the search found: the settings to train with, the dropout to build with, and the card's record."""

    settings: Settings
    dropout: float
    record: dict[str, Any]


def add_tuning(parser: argparse.ArgumentParser) -> None:
    """The options `--tune` and `--tune-epochs`."""
    parser.add_argument(
        "--tune",
        type=positive(int),
        metavar="N",
        help="first try N learning rates, batch sizes and dropouts around the given ones, and train with the best",
    )
    parser.add_argument(
        "--tune-epochs", type=positive(int), default=3, metavar="N", help="epochs per trial (default: %(default)s)"
    )


def check_tuning(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    """End with a usage error where `--tune` does not go with the other options.

    Raises FerError where Optuna is not installed: said before anything is read or removed.
    """
    if not args.tune:
        return
    if args.start_from or args.teachers:
        parser.error("--tune tries settings from the beginning: omit --start-from and --teachers")
    if args.distribute:
        parser.error("--tune tries settings on one device: omit --distribute")
    if importlib.util.find_spec("optuna") is None:
        raise FerError('--tune needs Optuna, which is not installed: pip install "optuna>=5", or omit --tune.')


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
    search = _Search(build, split, settings, dropout, epochs)
    study = _study(optuna, store, resume, trials, settings.seed, search.identity)
    started, finished = time.monotonic(), [optuna.trial.TrialState.COMPLETE, optuna.trial.TrialState.PRUNED]
    done = len(study.get_trials(states=finished))
    if not done:
        study.enqueue_trial(search.start)
    study.optimize(search.run_trial, n_trials=max(0, trials - done))
    best = _plain(study.best_params)
    print(f"Best of {trials} trials: {_shown(best)}: validation accuracy {study.best_value:.4f}.", flush=True)
    record = {
        "trials": len(study.get_trials(states=finished)),
        "ended_early": len(study.get_trials(states=[optuna.trial.TrialState.PRUNED])),
        "epochs_per_trial": epochs,
        "space": search.space,
        "start": search.start,
        "best": best | {"validation_accuracy": study.best_value},
        "seconds": round(time.monotonic() - started, 1),
        "optuna": optuna.__version__,
    }
    keras.utils.set_random_seed(settings.seed)  # the training that follows begins as it would with these settings given
    return Tuned(replace(settings, **_without_dropout(best)), best["dropout"], record)


class _Search:
    """What is searched, around the settings and the dropout that were given, and how one trial runs."""

    def __init__(
        self, build: Callable[..., keras.Model], split: Split, settings: Settings, dropout: float, epochs: int
    ) -> None:
        self.build, self.split, self.settings, self.epochs = build, split, settings, epochs
        self.start = {"learning_rate": settings.learning_rate, "batch_size": settings.batch_size, "dropout": dropout}
        self.space: dict[str, Any] = {
            "learning_rate": [settings.learning_rate / RATE_FACTOR, settings.learning_rate * RATE_FACTOR],
            "batch_size": sorted({*BATCH_SIZES, settings.batch_size}),
            "dropout": [min(DROPOUT[0], dropout), max(DROPOUT[1], dropout)],
        }
        data = [split.dataset_sha256, split.labels, split.description, len(split.training), len(split.validation)]
        network = build(dropout=dropout).name
        self.identity = [network, asdict(_short(settings, epochs)), self.start, self.space, *data]

    def run_trial(self, trial: Any) -> float:
        """The best validation accuracy of one trial. Raises optuna.TrialPruned where it was ended early."""
        import optuna

        trial.suggest_float("learning_rate", *self.space["learning_rate"], log=True)
        trial.suggest_categorical("batch_size", self.space["batch_size"])
        trial.suggest_float("dropout", *self.space["dropout"])
        chosen, pruning = _plain(trial.params), _Pruning(trial)
        keras.utils.set_random_seed(self.settings.seed)
        network = self.build(dropout=chosen["dropout"])
        with tempfile.TemporaryDirectory() as folder:
            settings = _short(replace(self.settings, **_without_dropout(chosen)), self.epochs)
            history = fit(network, self.split, settings, Path(folder) / "trial.npz", callbacks=[pruning])
        accuracy = max(float(record["val_accuracy"]) for record in history)
        ended = f" (ended after {len(history)} of {self.epochs} epochs)" if pruning.hopeless else ""
        print(f"Trial {trial.number + 1}: {_shown(chosen)}: validation accuracy {accuracy:.4f}{ended}", flush=True)
        if pruning.hopeless:
            raise optuna.TrialPruned
        return accuracy


class _Pruning(keras.callbacks.Callback):  # type: ignore[misc]
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
            f"{store} belongs to another search. Give the same settings to go on, or omit --resume to start anew."
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


def _shown(chosen: dict[str, Any]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in chosen.items())
