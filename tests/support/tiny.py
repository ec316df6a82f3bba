"""A tiny dataset that can be learned, and the layouts that datasets come in."""

import csv
import gzip
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from fer_core import EMOTIONS

USAGES: Final = ("Training", "PublicTest", "PrivateTest")
ALIASES: Final = ("Anger", "DISGUST", "Fearful", "Happiness", "sadness", "Surprised", "Neutral")
"""How other datasets name the folders of the seven, in the order of EMOTIONS."""

Rows = tuple[np.ndarray, np.ndarray]


def faces(per_class: int = 12, seed: int = 0, noise: float = 25.0) -> Rows:
    """(N, 48, 48) uint8 and (N,) labels, all different: bars whose number tells the class, and noise."""
    rng = np.random.default_rng(seed)
    labels = np.tile(np.arange(len(EMOTIONS), dtype=np.uint8), per_class)
    down = np.linspace(0, 2 * np.pi, 48)[None, :, None]
    stripes = np.sin(down * (labels[:, None, None] + 1) + rng.uniform(-0.5, 0.5, (len(labels), 1, 1)))
    pixels = 128 + 70 * stripes + rng.normal(0, noise, (len(labels), 48, 48))
    return pixels.clip(0, 255).astype(np.uint8), labels


def parts(counts: Mapping[str, int], seed: int = 0) -> dict[str, Rows]:
    """part -> faces and labels, `counts[part]` of every class, no face in two parts."""
    pixels, labels = faces(sum(counts.values()), seed)
    result, first = {}, 0
    for part, count in counts.items():
        rows = slice(7 * first, 7 * (first + count))
        result[part] = pixels[rows], labels[rows]
        first += count
    return result


def write_csv(
    path: Path,
    data: Mapping[str, Rows],
    header: tuple[str, ...] = ("emotion", "pixels", "Usage"),
    line: Callable[[int, str, str], str] = lambda emotion, pixels, usage: f"{emotion},{pixels},{usage}",
) -> Path:
    """The challenge's file. data: Usage -> faces and labels; gzipped where `path` ends with .gz."""
    lines = [
        line(int(label), " ".join(map(str, face.ravel().tolist())), usage)
        for usage, (pixels, labels) in data.items()
        for face, label in zip(pixels, labels, strict=True)
    ]
    text = "\n".join([",".join(header), *lines]) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def write_folders(root: Path, data: Rows, names: tuple[str, ...] = EMOTIONS) -> Path:
    """One folder of PNG files by emotion."""
    for number, (face, label) in enumerate(zip(*data, strict=True)):
        folder = root / names[label]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(face).save(folder / f"{number:04d}.png")
    return root


def write_votes(path: Path, rows: Iterator[tuple[str, tuple[int, ...]]] | list[tuple[str, tuple[int, ...]]]) -> Path:
    """A FER+ file. rows: Usage and the ten counts."""
    columns = ["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt", "unknown", "NF"]
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Usage", "Image name", *columns])
        writer.writerows([usage, f"fer{i:07d}.png", *votes] for i, (usage, votes) in enumerate(rows))
    return path


FER_PARTS: Final = dict(zip(USAGES, (10, 2, 2), strict=True))
"""Faces of every class in the parts of the tiny challenge file."""


def fer_csv(root: Path) -> Path:
    return write_csv(root / "fer2013.csv", parts(FER_PARTS))


def fer_csv_gz(root: Path) -> Path:
    return write_csv(root / "fer2013.csv.gz", parts(FER_PARTS))


def icml_csv(root: Path) -> Path:
    # as on Kaggle: the columns are emotion, Usage, pixels, with a space in front of the last two
    return write_csv(
        root / "icml_face_data.csv",
        parts(FER_PARTS),
        ("emotion", " Usage", " pixels"),
        lambda emotion, pixels, usage: f"{emotion},{usage},{pixels}",
    )


def csv_in_folder(root: Path) -> Path:
    fer_csv(root)
    return root


def csv_under_data(root: Path) -> Path:
    fer_csv(root / "data")
    return root


def _by_part(root: Path, counts: Mapping[str, int], names: tuple[str, ...] = EMOTIONS) -> Path:
    for part, data in parts(counts).items():
        write_folders(root / part, data, names)
    return root


def train_test(root: Path) -> Path:
    return _by_part(root, {"train": 12, "test": 2})


def train_validation_test(root: Path) -> Path:
    return _by_part(root, {"train": 10, "validation": 2, "test": 2}, ALIASES)


def train_val(root: Path) -> Path:
    return _by_part(root, {"train": 10, "val": 4})


def images_validation(root: Path) -> Path:
    _by_part(root / "images", {"train": 10, "validation": 4})
    return root


def images_test(root: Path) -> Path:
    _by_part(root / "images", {"train": 12, "test": 2})
    return root


def one_folder(root: Path) -> Path:
    return write_folders(root, faces(14), ALIASES)


def one_folder_under_data(root: Path) -> Path:
    write_folders(root / "data", faces(14), tuple(name.upper() for name in EMOTIONS))
    return root


LAYOUTS: Final[dict[str, tuple[Callable[[Path], Path], dict[str, int]]]] = {
    "fer2013.csv": (fer_csv, {"training": 10, "public_test": 2, "private_test": 2}),
    "fer2013.csv.gz": (fer_csv_gz, {"training": 10, "public_test": 2, "private_test": 2}),
    "icml_face_data.csv, spaces in the column names": (
        icml_csv,
        {"training": 10, "public_test": 2, "private_test": 2},
    ),
    "a folder with the csv": (csv_in_folder, {"training": 10, "public_test": 2, "private_test": 2}),
    "the csv under data": (csv_under_data, {"training": 10, "public_test": 2, "private_test": 2}),
    "train, test": (train_test, {"training": 12, "test": 2}),
    "train, validation, test; aliases": (train_validation_test, {"training": 10, "validation": 2, "test": 2}),
    "train, val": (train_val, {"training": 10, "validation": 4}),
    "images/train, images/validation": (images_validation, {"training": 10, "validation": 4}),
    "images/train, images/test": (images_test, {"training": 12, "test": 2}),
    "one folder by emotion; aliases": (one_folder, {"all": 14}),
    "one folder by emotion, under data; upper case": (one_folder_under_data, {"all": 14}),
}
"""name -> writer (a fresh folder in, what --data gets out) and the faces of every class in each part it holds."""
