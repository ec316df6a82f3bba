"""The rows of an analysed film in columns, read back from its table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fer_core.emotions import EMOTIONS
from fer_core.errors import ImageError
from fer_core.video.segments import Segment
from fer_core.video.tables import EYES, VIDEO_FIELDS

_WHOLE: Final = ("frame", "face", "x", "y", "width", "height")
_TYPES: Final[dict[str, Any]] = (
    dict.fromkeys(VIDEO_FIELDS, np.float32)
    | {"time": np.float64, "unsure": np.bool_}
    | dict.fromkeys(_WHOLE, np.int32)
    | dict.fromkeys(("model", "label", "hints"), "category")
)
_LARGEST_GAP: Final = 10  # frames without a face, at most, for each frame with one, before a table counts as damaged
_FRAMES: Final = 10_000_000  # of a film, at most: four days


@dataclass(frozen=True, eq=False)
class Recording:
    """An analysed film. rows: the columns VIDEO_FIELDS, by frame, face and model, 0.15 kB each; times: (frames,)
    float64, seconds from the film's beginning, of every frame that was looked at, with or without faces.
    """

    film: str
    rows: pd.DataFrame
    times: NDArray[np.float64]

    @property
    def faces(self) -> list[int]:
        """Numbers of the faces, in order."""
        return [int(face) for face in np.unique(self.rows["face"])]

    @property
    def models(self) -> list[str]:
        """Names of the models, in the order in which the table has them."""
        return [str(name) for name in self.rows["model"].unique()]

    @property
    def start(self) -> float:
        """The first frame's time."""
        return float(self.times[0]) if len(self.times) else 0.0

    @property
    def ends(self) -> NDArray[np.float64]:
        """(frames,) float64: until when each frame is shown; the last as long as the one before."""
        last = self.times[-1:] + (np.diff(self.times[-2:]) if len(self.times) > 1 else 0.0)
        return np.concatenate([self.times[1:], last])

    @property
    def end(self) -> float:
        """Until when the last frame is shown."""
        return float(self.ends[-1]) if len(self.times) else 0.0

    def tracks(self) -> Iterator[tuple[int, str, pd.DataFrame]]:
        """(face, model, its rows in time), in the order of faces and models."""
        for key, rows in self.rows.groupby(["face", "model"], observed=True, sort=True):
            face, model = cast(tuple[int, str], key)
            yield int(face), str(model), rows

    def segments(self) -> list[Segment]:
        """What SegmentLog says of the same frames."""
        ends, found = self.ends, list[Segment]()
        for face, model, rows in self.tracks():
            frame, label = rows["frame"].to_numpy(), rows["label"].cat.codes.to_numpy()
            changes = (np.diff(frame, prepend=-2) != 1) | (np.diff(label, prepend=-1) != 0)
            first = np.flatnonzero(changes)
            last = np.append(first[1:], len(rows)) - 1
            means = np.add.reduceat(rows["confidence"].to_numpy(np.float64), first) / (last - first + 1)
            held = rows["label"].iloc[first].astype(str)
            spans = zip(held, self.times[frame[first]], ends[frame[last]], means, strict=True)
            found += [Segment(face, model, name, float(a), float(b), float(mean)) for name, a, b, mean in spans]
        return found


def read_recording(
    table: Path, film: str, *, times: Sequence[float] | NDArray[np.float64] | None = None, frames: int = 0
) -> Recording:
    """Read a table that CsvWriter or ParquetWriter made, told apart by its ending.

    times: of all frames. Where these are not known, frames without faces lie evenly between those with; frames: how
    many there were in all. Raises ImageError where it is no such table.
    """
    try:
        rows = _parquet(table) if table.suffix == ".parquet" else _csv(table)
    except OSError as error:
        raise ImageError(f"{table.name} cannot be read: {error.strerror or error}.") from None
    except Exception as error:  # whatever pandas and pyarrow come up with for a damaged file
        reason = " ".join(str(error).split())[:200]
        raise ImageError(f"{table.name} is no table of a film: {reason or type(error).__name__}.") from None
    labels = set(rows["label"].cat.categories)
    if not labels <= set(EMOTIONS) or (rows["face"] < 1).any() or (rows["frame"] < 0).any():
        raise ImageError(f"{table.name} is no table of a film: it has labels, faces or frames that there are not.")
    rows = rows.sort_values(["frame", "face"], kind="stable", ignore_index=True)
    known = _times(rows, frames, table.name) if times is None else np.asarray(times, np.float64)
    if len(rows) and int(rows["frame"].iloc[-1]) >= len(known):
        raise ImageError(f"{table.name} is no table of this film: it has more frames.")
    return Recording(film, rows, known)


def _csv(path: Path) -> pd.DataFrame:
    return pd.read_csv(
        path,
        usecols=list(VIDEO_FIELDS),
        dtype=_TYPES,
        keep_default_na=False,
        na_values={column: [""] for column in EYES},
        encoding="utf-8",
    )[list(VIDEO_FIELDS)]


def _parquet(path: Path) -> pd.DataFrame:
    import pyarrow.parquet as pq

    rows: pd.DataFrame = pq.read_table(path, columns=list(VIDEO_FIELDS)).to_pandas()
    return rows.astype(_TYPES)


def _times(rows: pd.DataFrame, frames: int, name: str) -> NDArray[np.float64]:
    known = rows.drop_duplicates("frame")
    index, time = known["frame"].to_numpy(), known["time"].to_numpy()
    count = max(frames, int(index[-1]) + 1 if len(index) else 0)
    if count > max(_FRAMES, _LARGEST_GAP * len(index)):
        raise ImageError(f"{name} is no table of a film: it has frame {count:,}.")
    step = float(np.median(np.diff(time) / np.diff(index))) if len(index) > 1 else 1 / 30
    every = np.arange(count)
    if not len(index):
        return np.asarray(every * step, np.float64)
    times: NDArray[np.float64] = np.interp(every, index, time)
    times[: index[0]] = time[0] - step * (index[0] - every[: index[0]])
    times[index[-1] :] = time[-1] + step * (every[index[-1] :] - index[-1])
    never_back: NDArray[np.float64] = np.maximum.accumulate(np.maximum(times, 0.0))
    return never_back
