"""The checkpoint of a training run: everything that a killed run needs to go on as if nothing had happened."""

import json
import os
import time
import zipfile
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
from numpy.typing import NDArray

from fer_core.errors import DatasetError
from fer_core.utils.files import atomic_write

# keras resets these when training begins, so they are put back afterwards
_REMEMBERED: Final = ("wait", "best", "best_epoch", "cooldown_counter")


class Checkpoint(keras.callbacks.Callback):  # type: ignore[misc]
    """Writes weights, optimizer, best weights, history and the states of callbacks into one file after every epoch.

    Place it last among the callbacks. remembered: those whose state is kept. A run goes on only where its `identity`
    (settings, data, network) is the same; what an older checkpoint does not name had the value that `defaults` gives
    it. max_minutes: training stops before an epoch that would pass them. average_from: epochs after which the
    weights are summed for their mean; None: never.
    """

    def __init__(
        self,
        path: Path,
        remembered: list[keras.callbacks.Callback],
        identity: dict[str, Any],
        defaults: dict[str, Any],
        max_minutes: float | None = None,
        average_from: int | None = None,
    ) -> None:
        super().__init__()
        self.path, self.remembered, self.max_minutes = path, remembered, max_minutes
        self.average_from, self.averaged = average_from, 0
        self.identity: dict[str, Any] = json.loads(json.dumps(identity))
        self.defaults = defaults
        self.history: list[dict[str, Any]] = []
        self.finished = False
        self._best: list[NDArray[Any]] = []
        self._sum: list[NDArray[Any]] = []
        self._callback_states: list[dict[str, Any]] = []
        self._epoch_started = self._rate = 0.0

    @property
    def out_of_time(self) -> bool:
        """Whether an epoch as long as the last would pass max_minutes, counted over all sessions of the run."""
        seconds = [float(record["seconds"]) for record in self.history]
        return bool(self.max_minutes and seconds and sum(seconds) + seconds[-1] > self.max_minutes * 60)

    def restore(self, network: keras.Model) -> None:
        """Load the checkpoint into `network` (compiled, optimizer built). Without a file nothing happens.

        Raises DatasetError where it is of another run or damaged.
        """
        if not self.path.exists():
            return
        try:
            self._restore(network)
        except (ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise DatasetError(f"{self.path} is damaged; omit --resume to start anew. ({error})") from error

    def _restore(self, network: keras.Model) -> None:
        with np.load(self.path, allow_pickle=False) as saved:
            header = json.loads(bytes(saved["header"]).decode())
            begun = self.defaults | header["identity"]
            changed = [k for k, v in self.identity.items() if begun.get(k) != v]
            if changed:
                raise DatasetError(
                    f"{self.path} belongs to another run: these differ: {', '.join(changed)}. Give the same settings "
                    "to go on, or omit --resume to start anew."
                )
            variables = _variables(network)
            for index, variable in enumerate(variables):
                variable.assign(saved[f"v{index}"])
            self._best = [saved[f"b{index}"] for index in range(header["best"])]
            self.averaged = header.get("averaged", 0)
            self._sum = [saved[f"s{index}"] for index in range(len(self._best))] if self.averaged else []
        self.history, self.finished = header["history"], header["finished"]
        self._callback_states = header["callbacks"]

    def take_best(self, network: keras.Model) -> None:
        """Put the best epoch's weights into `network`."""
        if self._best:
            network.set_weights(self._best)

    def take_mean(self, network: keras.Model) -> None:
        """Put the mean of the `averaged` epochs' weights into `network`."""
        network.set_weights([weight / self.averaged for weight in self._sum])

    def best_epoch(self) -> dict[str, Any]:
        """The record of the epoch that is kept: the first with the highest validation accuracy."""
        return max(self.history, key=lambda record: float(record["val_accuracy"]))

    def summary(self) -> str:
        """One line for the terminal."""
        best = self.best_epoch()
        return f"best epoch {best['epoch']} of {len(self.history)}: validation accuracy {best['val_accuracy']:.4f}"

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        for callback, values in zip(self.remembered, self._callback_states, strict=False):
            for name, value in values.items():
                setattr(callback, name, value)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._epoch_started = time.monotonic()
        self._rate = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        seconds = time.monotonic() - self._epoch_started
        values = {k: round(float(v), 6) for k, v in (logs or {}).items() if k != "learning_rate"}
        self.history.append({"epoch": epoch + 1, **values, "learning_rate": self._rate, "seconds": round(seconds, 1)})
        if self.best_epoch() is self.history[-1]:
            self._best = _validated_weights(self.model)
        if self.average_from is not None and epoch >= self.average_from:
            weights = _validated_weights(self.model)
            self._sum = [a + b for a, b in zip(self._sum, weights, strict=True)] if self._sum else weights
            self.averaged += 1
        self.finished = bool(self.model.stop_training) or len(self.history) >= self.params["epochs"]
        self._write()
        if self.out_of_time and not self.finished:
            print(f"\nStopping: another epoch would pass --max-minutes {self.max_minutes:g}.", flush=True)
            self.model.stop_training = True

    def _write(self) -> None:
        """Replace the file in one step, so that a kill leaves the old one or the new one, never half."""
        arrays = {f"v{i}": keras.ops.convert_to_numpy(v) for i, v in enumerate(_variables(self.model))}
        arrays |= {f"b{i}": weight for i, weight in enumerate(self._best)}
        arrays |= {f"s{i}": weight for i, weight in enumerate(self._sum)}
        header = {
            "identity": self.identity,
            "history": self.history,
            "finished": self.finished,
            "best": len(self._best),
            "averaged": self.averaged,
            "callbacks": [{n: _plain(getattr(c, n)) for n in _REMEMBERED if hasattr(c, n)} for c in self.remembered],
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(self.path) as unfinished, open(unfinished, "wb") as file:
            np.savez(file, header=np.frombuffer(json.dumps(header).encode(), np.uint8), **arrays)
            file.flush()
            os.fsync(file.fileno())  # also a machine that loses its power goes on


def _variables(model: keras.Model) -> list[Any]:
    return [*model.variables, *model.optimizer.variables]


def _validated_weights(model: keras.Model) -> list[NDArray[Any]]:
    """The weights that validated: the optimizer's average of the trainable ones where it keeps one."""
    optimizer = model.optimizer
    averages: dict[int, Any] = {}
    if optimizer.use_ema:
        # keras has no public way to read the averages without swapping them in
        pairs = zip(optimizer._trainable_variables, optimizer._model_variables_moving_average, strict=True)
        averages = {id(variable): average for variable, average in pairs}
    return [keras.ops.convert_to_numpy(averages.get(id(weight), weight)).copy() for weight in model.weights]


def _plain(value: Any) -> Any:
    return None if value is None else int(value) if isinstance(value, int) else float(value)
