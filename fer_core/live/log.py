"""What a webcam session has shown, in bounded memory: a ring of entries -> CSV, timeline and shares of the time."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fer_core.analysis import to_csv
from fer_core.emotions import EMOTIONS
from fer_core.tracking import TrackedFace

LOG_EVERY: Final = 0.2
"""Seconds between two entries of a face and model."""
LOG_LENGTH: Final = 100_000
"""Entries kept at most, the newest ones: 5 hours of one face and one model, 8 MB."""
LOG_FIELDS: Final = (
    "time", "face", "model", "label", "x", "y", "width", "height",
    *(f"smoothed_{emotion}" for emotion in EMOTIONS), *(f"raw_{emotion}" for emotion in EMOTIONS),
)  # fmt: skip
"""Columns of the session's CSV; time in seconds since the session's first frame."""

_ENTRY: Final = np.dtype(
    [
        ("time", "f8"),
        ("face", "u4"),
        ("model", "u1"),
        ("label", "u1"),
        ("box", "u2", 4),
        ("smoothed", "f4", 7),
        ("raw", "f4", 7),
    ]
)


class SessionLog:
    """The entries of one session. Not thread-safe: LiveSession holds its lock. length: entries kept at most."""

    def __init__(self, length: int = LOG_LENGTH) -> None:
        self._length = length
        self._entries, self._written = np.zeros(min(256, length), _ENTRY), 0
        self._models: list[str] = []
        self._shares: dict[str, NDArray[np.float64]] = {}
        self._last = -LOG_EVERY

    def add(self, seconds: float, step: float, faces: Sequence[TrackedFace]) -> None:
        """Add a frame's faces. seconds: since the session began; step: since the previous frame."""
        due = seconds - self._last >= LOG_EVERY
        self._last = seconds if due else self._last
        for face in faces:
            for name, prediction in face.predictions.items():
                sums = self._shares.setdefault(name, np.zeros(len(EMOTIONS)))
                sums[EMOTIONS.index(prediction.label)] += step
                if due:
                    self._write(seconds, face, name)

    def shares(self) -> dict[str, list[float]]:
        """Model name -> (7,) share of the time for which each emotion was shown, over all faces."""
        return {name: (sums / sums.sum()).tolist() for name, sums in self._shares.items() if sums.sum() > 0}

    def timeline(self, model: str, now: float, seconds: float, step: float) -> list[dict[str, Any]]:
        """Rows (face, time, emotion, probability), every `step` of the last `seconds`; time from -seconds to 0."""
        if model not in self._models:
            return []
        entries = self._kept()
        entries = entries[(entries["model"] == self._models.index(model)) & (entries["time"] >= now - seconds)]
        rows, slots = [], set()
        for entry in entries:
            slot = (int(entry["face"]), int(entry["time"] / step))
            if slot in slots:
                continue
            slots.add(slot)
            ago = round(float(entry["time"]) - now, 2)
            rows += [
                {"face": slot[0], "time": ago, "emotion": emotion, "probability": round(float(p), 3)}
                for emotion, p in zip(EMOTIONS, entry["smoothed"], strict=True)
            ]
        return rows

    def entries(self) -> tuple[NDArray[Any], list[str]]:
        """A copy of the entries, oldest first, and the names of the models that they number; `log_csv` writes them."""
        return self._kept().copy(), list(self._models)

    def _write(self, seconds: float, face: TrackedFace, name: str) -> None:
        if name not in self._models:
            self._models.append(name)
        size = len(self._entries)
        if self._written == size < self._length:
            self._entries = np.concatenate([self._entries, np.zeros(size, _ENTRY)])[: self._length]
        prediction, box = face.predictions[name], face.box
        self._entries[self._written % len(self._entries)] = (
            seconds,
            face.id,
            self._models.index(name),
            EMOTIONS.index(prediction.label),
            (box.x, box.y, box.width, box.height),
            prediction.probabilities,
            face.raw[name],
        )
        self._written += 1

    def _kept(self) -> NDArray[Any]:
        """The entries, oldest first."""
        size = len(self._entries)
        return (
            self._entries[: self._written] if self._written <= size else np.roll(self._entries, -self._written % size)
        )


def log_csv(entries: NDArray[Any], models: Sequence[str]) -> str:
    """Entries of a log as CSV with the columns LOG_FIELDS: seconds of work for a full log."""
    return to_csv((_row(entry, models) for entry in entries), LOG_FIELDS)


def _row(entry: Any, names: Sequence[str]) -> dict[str, Any]:
    row: dict[str, Any] = {
        "time": round(float(entry["time"]), 2),
        "face": int(entry["face"]),
        "model": names[int(entry["model"])],
        "label": EMOTIONS[int(entry["label"])],
    }
    row |= {key: int(value) for key, value in zip(("x", "y", "width", "height"), entry["box"], strict=True)}
    for kind in ("smoothed", "raw"):
        row |= {f"{kind}_{e}": round(float(p), 4) for e, p in zip(EMOTIONS, entry[kind], strict=True)}
    return row
