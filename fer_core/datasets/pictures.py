"""Labelled pictures whose faces are yet to be found, from folders by emotion or from uploads."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fer_core.emotions import EMOTIONS, emotion_index
from fer_core.errors import DatasetError
from fer_core.image import IMAGE_SUFFIXES

MOST_UPLOADS: Final = 2000
"""Pictures per upload; a larger set is better read from its folder."""


@dataclass(frozen=True)
class LabelledPictures:
    """Pictures with labels. sources: a path or a file's content each; labels: (N,) uint8, indices into EMOTIONS.

    names: of the files, for people. unknown: folder -> how many pictures it holds, of folders whose name is no emotion;
    they are left out.
    """

    names: tuple[str, ...]
    sources: tuple[Path | bytes, ...]
    labels: NDArray[np.uint8]
    unknown: Mapping[str, int] = field(default_factory=dict)

    @property
    def sha256(self) -> str:
        """Hash of labels and files: the same whatever they are called and wherever they lie.

        Files that cannot be read are left out.
        """
        lines = []
        for source, label in zip(self.sources, self.labels, strict=True):
            try:
                content = source if isinstance(source, bytes) else source.read_bytes()
            except OSError:
                continue
            lines.append(f"{EMOTIONS[label]} {hashlib.sha256(content).hexdigest()}")
        return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def labelled_pictures(folder: str | Path) -> LabelledPictures:
    """The pictures under a folder, each labelled by the folder it lies in. Raises DatasetError where there is none."""
    root = Path(folder)
    if not root.is_dir():
        raise DatasetError(f"Expected a folder of pictures in folders by emotion. Received: {folder}.")
    paths, labels, unknown = [], [], Counter[str]()
    for path in sorted(path for path in root.rglob("*") if path.suffix.lower() in IMAGE_SUFFIXES):
        label = emotion_index(path.parent.name)
        if label is None:
            unknown[path.parent.name] += 1
        else:
            paths.append(path)
            labels.append(label)
    if not paths:
        raise DatasetError(f"{root} holds no picture in a folder that names an emotion: {', '.join(EMOTIONS)}.")
    names = tuple(str(path) for path in paths)
    return LabelledPictures(names, tuple(paths), np.array(labels, np.uint8), dict(sorted(unknown.items())))


def labelled_uploads(files: Iterable[tuple[str, bytes]]) -> tuple[LabelledPictures, list[str]]:
    """Uploads (name, content), labelled by their names, and a line for each that was left out.

    Raises DatasetError where no picture is left or there are more than MOST_UPLOADS.
    """
    names, contents, labels, left_out = [], [], [], []
    for number, (name, content) in enumerate(files):
        if number == MOST_UPLOADS:
            raise DatasetError(f"More than {MOST_UPLOADS:,} pictures: give the folder's path instead.")
        label = emotion_in_name(name)
        if label is None:
            left_out.append(f"{name}: its name and folder name no emotion, or several.")
        else:
            names.append(name)
            contents.append(content)
            labels.append(label)
    if not names:
        raise DatasetError(
            "None of the pictures can be used. Name each, or its folder, after its emotion: "
            f"{', '.join(EMOTIONS)}; for example happy_1.jpg or happy/1.jpg."
        )
    return LabelledPictures(tuple(names), tuple(contents), np.array(labels, np.uint8)), left_out


def emotion_in_name(name: str) -> int | None:
    """Return the emotion in a file's name, as an index into EMOTIONS: a folder's name, else a word of the file's own.

    For example "happy/1.png", "me_happy_2.jpg", "Anger-03.png". None where it names no emotion, or more than one.
    """
    *folders, last = re.split(r"[/\\]", name)
    for folder in reversed(folders):
        found = emotion_index(folder)
        if found is not None:
            return found
    words = {emotion_index(word) for word in re.split(r"[^A-Za-z]+", last.rsplit(".", 1)[0])} - {None}
    return words.pop() if len(words) == 1 else None


def unknown_text(unknown: Mapping[str, int], labelled: int) -> str:
    """A sentence on pictures in folders that name no emotion, beside `labelled` others; "" where there are none."""
    if not unknown:
        return ""
    left_out = sum(unknown.values())
    named = ", ".join(f"{folder} ({count})" for folder, count in unknown.items())
    return f"{left_out} of {left_out + labelled} pictures are in folders that name no emotion: {named}."
