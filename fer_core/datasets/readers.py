"""Datasets on disk -> faces, labels and the part each face belongs to. No keras here: evaluation reads them too.

Recognised, as a file or as a folder that holds one of them at its top or under `data/`: `fer2013.csv` or
`icml_face_data.csv` (also compressed), `train/` with `test/` and perhaps `validation/`, `images/train` with
`images/validation` or `images/test`, and one folder per emotion.
"""

import hashlib
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fer_core.datasets.ferplus import USAGES, read_votes
from fer_core.emotions import EMOTIONS, emotion_index
from fer_core.errors import DatasetError, ImageError
from fer_core.image import FACE_SIZE, IMAGE_SUFFIXES, decode_image, whole_face

CSV_NAMES: Final = ("fer2013.csv", "icml_face_data.csv")
COMPRESSIONS: Final = ("", ".gz", ".bz2", ".zip", ".xz")
_PART_FOLDERS: Final = {"train": "training", "validation": "validation", "val": "validation", "test": "test"}
_SHOWN: Final = 5  # bad rows or images named in one error


@dataclass(frozen=True)
class FaceTable:
    """A whole dataset in memory.

    faces: (N, 48, 48) uint8 grey, 0-255. labels: (N,) uint8, indices into EMOTIONS. usage: (N,) str, the part each face
    belongs to: training, public_test, private_test, validation, test, or all where the dataset names none. ferplus:
    (N,) int8, the FER+ label or -1 where the votes give none of the seven, and votes: (N, 7) float32, how many people
    chose each of EMOTIONS; both None without votes. unknown: name of a folder that is no emotion -> how many pictures
    it holds; they are left out.
    """

    faces: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    usage: NDArray[np.str_]
    source: Path
    layout: str
    ferplus: NDArray[np.int8] | None = None
    votes: NDArray[np.float32] | None = None
    unknown: Mapping[str, int] = field(default_factory=dict)

    @property
    def sha256(self) -> str:
        """Hash of pixels, labels and parts: the same whichever file they came in, compressed or not."""
        digest = hashlib.sha256(np.ascontiguousarray(self.faces).tobytes())
        digest.update(self.labels.astype(np.uint8).tobytes())
        digest.update("\n".join(self.usage.tolist()).encode())
        return digest.hexdigest()


def read_dataset(path: str | Path, ferplus: str | Path | None = None) -> FaceTable:
    """Read a dataset in any of the layouts that the module lists.

    path: the CSV, or a folder. ferplus: the file of FER+ votes for the rows of that CSV (fer2013new.csv). Raises
    DatasetError for a missing path, an unknown layout, or unreadable rows or images (the first five are named).
    """
    path = Path(path)
    if not path.exists():
        raise DatasetError(f"No dataset at {path}: there is no such file or folder.")
    if path.is_file():
        table = read_fer2013_csv(path)
    else:
        found = next((t for t in (_read_folder(path), _read_folder(path / "data")) if t is not None), None)
        if found is None:
            raise DatasetError(
                f"{path} has none of the known layouts. Expected {' or '.join(CSV_NAMES)}, train/ and test/ with one "
                f"folder per emotion, images/train with images/validation, or one folder per emotion ("
                f"{', '.join(EMOTIONS)}). Received: {_listing(path)}. Check --data."
            )
        table = found
    if ferplus is None:
        return table
    if table.layout != "csv":
        raise DatasetError(
            f"Expected {' or '.join(CSV_NAMES)} as the dataset, for FER+ votes go by row. Received: {path}."
        )
    labels, votes = read_votes(ferplus, table.usage)
    return replace(table, ferplus=labels, votes=votes)


def read_fer2013_csv(path: Path) -> FaceTable:
    """Read the challenge's CSV: columns emotion (0-6), pixels (2,304 numbers, 0-255) and, where present, Usage.

    Raises DatasetError for a file that is no such CSV, has no rows, or has unreadable ones (the first five are named).
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", pd.errors.ParserWarning)  # of commas at a line's end
            frame = pd.read_csv(
                path, dtype=str, keep_default_na=False, skipinitialspace=True, skip_blank_lines=False, index_col=False
            )
    except Exception as error:  # every compression has its own errors for a damaged file
        raise DatasetError(f"{path} cannot be read as CSV: {' '.join(str(error).split())}") from error
    frame.columns = frame.columns.str.strip().str.lower()
    if not {"emotion", "pixels"} <= set(frame.columns):
        raise DatasetError(
            f"{path}: Expected the columns emotion, pixels, Usage. Received: {', '.join(frame.columns)}."
        )
    frame = frame[(frame != "").any(axis=1)]  # without blank lines, but still numbered by the file's lines
    faces = np.zeros((len(frame), FACE_SIZE, FACE_SIZE), np.uint8)
    labels = np.zeros(len(frame), np.uint8)
    usage = ["all"] * len(frame)
    if "usage" in frame:
        usage = [USAGES.get(name.strip().lower(), "") for name in frame["usage"]]
    bad: list[str] = []
    for row, (emotion, pixels) in enumerate(zip(frame["emotion"], frame["pixels"], strict=True)):
        problem = _row_problem(emotion, pixels, usage[row], faces, row)
        if problem:
            bad.append(f"line {frame.index[row] + 2}: {problem}")
        else:
            labels[row] = int(emotion)
    if bad:
        raise DatasetError(f"{path} has unreadable rows: {_first(bad)}. Repair or remove them.")
    if not len(frame):
        raise DatasetError(f"{path} has a header but no rows.")
    return FaceTable(faces, labels, np.array(usage), path, "csv")


def _row_problem(emotion: str, pixels: str, usage: str, faces: NDArray[np.uint8], row: int) -> str | None:
    """Write a row's pixels into faces[row] -> what is wrong with the row, or None."""
    if emotion.strip() not in map(str, range(len(EMOTIONS))):
        return f"expected an emotion of 0 to {len(EMOTIONS) - 1}, received {emotion[:20]!r}"
    if not usage:
        return "expected Training, PublicTest or PrivateTest as Usage"
    try:
        values = np.array(pixels.split(), dtype=np.int32)
    except (ValueError, OverflowError):
        return "expected pixels as whole numbers between spaces"
    if values.size != FACE_SIZE**2:
        return f"expected {FACE_SIZE**2} pixels, received {values.size}"
    if values.min() < 0 or values.max() > 255:
        return f"expected pixels of 0 to 255, received {values.min()} to {values.max()}"
    faces[row] = values.reshape(FACE_SIZE, FACE_SIZE)
    return None


def _read_folder(folder: Path) -> FaceTable | None:
    """Read a folder in whichever layout it has -> None where it has none."""
    if not folder.is_dir():
        return None
    for name in (base + suffix for base in CSV_NAMES for suffix in COMPRESSIONS):
        if (folder / name).is_file():
            return read_fer2013_csv(folder / name)
    readers: tuple[Callable[[], FaceTable | None], ...] = (
        lambda: _read_parts(folder),
        lambda: _read_parts(folder / "images"),
        lambda: _read_emotions(folder, {"": folder}, "folder"),
    )
    return next((table for reader in readers if (table := reader()) is not None), None)


def _read_parts(folder: Path) -> FaceTable | None:
    if not (folder / "train").is_dir():
        return None
    parts = {part: folder / name for name, part in _PART_FOLDERS.items() if (folder / name).is_dir()}
    return _read_emotions(folder, parts, "+".join(parts)) if len(parts) > 1 else None


def _read_emotions(source: Path, parts: dict[str, Path], layout: str) -> FaceTable | None:
    """Read one folder per emotion below each of `parts`; images of any size are taken whole as faces."""
    files = [
        (image, label, part or "all")
        for part, folder in parts.items()
        for child in sorted(folder.iterdir())
        if child.is_dir() and (label := emotion_index(child.name)) is not None
        for image in sorted(child.rglob("*"))
        if image.suffix.lower() in IMAGE_SUFFIXES
    ]
    if not files:
        return None
    empty = [folder.name for part, folder in parts.items() if (part or "all") not in {name for _, _, name in files}]
    if empty:
        raise DatasetError(
            f"{source}: Expected pictures in one folder per emotion. Received: none in {', '.join(empty)}. "
            "Add them, or remove the folder."
        )
    faces = np.zeros((len(files), FACE_SIZE, FACE_SIZE), np.uint8)
    bad: list[str] = []
    for row, (image, _, _) in enumerate(files):
        try:
            faces[row] = whole_face(decode_image(image.read_bytes()))
        except (ImageError, OSError) as error:
            bad.append(f"{image.relative_to(source)}: {error}")
    if bad:
        raise DatasetError(f"{source} has unreadable pictures: {_first(bad)}. Repair or remove them.")
    labels = np.array([label for _, label, _ in files], np.uint8)
    usage, unknown = np.array([part for _, _, part in files]), _unknown(parts.values())
    return FaceTable(faces, labels, usage, source, layout, unknown=unknown)


def _unknown(folders: Iterable[Path]) -> dict[str, int]:
    """How many pictures lie beside the folders of emotions: in other folders, by their name, or loose."""
    counts = Counter[str]()
    for folder in folders:
        for child in sorted(folder.iterdir()):
            if child.is_dir() and emotion_index(child.name) is None:
                counts[child.name] += sum(file.suffix.lower() in IMAGE_SUFFIXES for file in child.rglob("*"))
            elif child.suffix.lower() in IMAGE_SUFFIXES:
                counts[folder.name] += 1
    return {name: count for name, count in counts.items() if count}


def _first(problems: list[str]) -> str:
    more = f" and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
    return "; ".join(problems[:_SHOWN]) + more


def _listing(folder: Path) -> str:
    names = sorted(child.name + "/" * child.is_dir() for child in folder.iterdir())
    return ", ".join(names[:8]) + (", ..." if len(names) > 8 else "") if names else "nothing"
