"""How many faces each detector finds, how many boxes are false, and how long it takes.

    python -m benchmarks.detection --data fer2013.csv [--count 100] [--json FILE]      # synthetic scenes
    python -m benchmarks.detection --data faces/                                      # pictures in folders by emotion

With FER-2013, faces of PublicTest are enlarged and pasted at known places and sizes (`synthetic_scenes`), so that a
change of a detector can be held against the state before it, image by image. FER-2013 holds pictures that show no face:
what counts is the difference between two runs. With a folder, each picture is taken to show one face, upright and
turned by 25 degrees, left and right in turn; a face counts as found where there is any box. The last detector has the
settings of the `fer` package: haarcascade_frontalface_default, steps of 1.1, 5 neighbours, faces from 50 pixels on.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.synthetic_scenes import KINDS, scenes
from fer_core.benchmark.peer import peer_find
from fer_core.benchmark.timing import machine
from fer_core.datasets import read_dataset
from fer_core.detection import DETECTORS, Box, find_faces
from fer_core.errors import DatasetError, ImageError
from fer_core.image import IMAGE_SUFFIXES, decode_image

Image = NDArray[np.uint8]
Find = Callable[[Image], list[Box]]
Scene = tuple[Image, tuple[Box, ...]]

WIDTHS: Final = (0.45, 2.6)
"""A box is a face's if its middle lies in the face's place and its width is within these multiples of the place's."""
TURNED: Final = 25.0


def measure(
    find: Find, found_in: Iterable[Scene], matched: Callable[[list[Box], tuple[Box, ...]], int]
) -> dict[str, float]:
    """recall and precision (NaN where there is nothing to find), false boxes per image, median and p95 of ms."""
    faces = hits = boxes = 0
    times = []
    for image, places in found_in:
        started = time.perf_counter()
        found = find(image)
        times.append((time.perf_counter() - started) * 1000)
        matches = matched(found, places)
        faces, hits, boxes = faces + len(places), hits + matches, boxes + len(found)
    return {
        "recall": hits / faces if faces else float("nan"),
        "precision": hits / boxes if boxes else float("nan"),
        "false": (boxes - hits) / max(1, len(times)),
        "median_ms": float(np.median(times)),
        "p95_ms": float(np.percentile(times, 95)),
    }


def by_place(found: list[Box], places: tuple[Box, ...]) -> int:
    """Faces that have a box of their own."""
    free = list(places)
    for box in found:
        x, y = box.x + box.width / 2, box.y + box.height / 2
        for place in free:
            inside = place.x <= x <= place.x + place.width and place.y <= y <= place.y + place.height
            if inside and WIDTHS[0] < box.width / place.width < WIDTHS[1]:
                free.remove(place)
                break
    return len(places) - len(free)


def any_box(found: list[Box], places: tuple[Box, ...]) -> int:
    """1 where something was found."""
    return int(bool(found))


def pictures(folder: Path, degrees: float, count: int) -> Iterator[Scene]:
    """At most `count` pictures of a folder, evenly chosen, each turned by `degrees`, left and right in turn."""
    files = sorted(file for file in folder.rglob("*") if file.suffix.lower() in IMAGE_SUFFIXES)
    for number, file in enumerate(files[:: max(1, len(files) // count)]):
        try:
            image = decode_image(file.read_bytes(), file.name)
        except ImageError as error:
            print(f"left out: {error}")
            continue
        height, width = image.shape[:2]
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees if number % 2 else -degrees, 1.0)
        turned = cv2.warpAffine(image, matrix, (width, height), borderValue=(127, 127, 127)) if degrees else image
        yield np.asarray(turned, np.uint8), (Box(0, 0, width, height),)


def synthetic(data: Path, count: int, seed: int) -> dict[str, Callable[[], Iterator[Scene]]]:
    """Kind of scene -> what makes its scenes, from PublicTest's faces where the dataset has them."""
    table = read_dataset(data)
    chosen = table.usage == "public_test"
    faces = table.faces[chosen] if chosen.any() else table.faces
    return {
        kind.name: lambda kind=kind: ((scene.image, scene.faces) for scene in scenes(kind, faces, count, seed))
        for kind in KINDS
    }


def main() -> None:
    """Print a table per detector; write them to a file where one is named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--data", required=True, type=Path, metavar="PATH", help="FER-2013's CSV, or pictures in folders"
    )
    parser.add_argument("--count", type=int, default=100, help="images of each kind (default: %(default)s)")
    parser.add_argument(
        "--seed", type=int, default=1, help="of the scenes; those of 0 tuned `auto` (default: %(default)s)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to FILE")
    args = parser.parse_args()
    kinds: dict[str, Callable[[], Iterator[Scene]]]
    if args.data.is_dir():
        kinds = {
            "pictures, upright": partial(pictures, args.data, 0.0, args.count),
            f"pictures, turned by {TURNED:g} degrees": partial(pictures, args.data, TURNED, args.count),
        }
    else:
        try:
            kinds = synthetic(args.data, args.count, args.seed)
        except DatasetError as error:
            parser.error(str(error))
    detectors: dict[str, Find] = {name: partial(find_faces, detector=name) for name in DETECTORS}
    results: dict[str, dict[str, dict[str, float]]] = {}
    print(machine())
    for name, find in (detectors | {"the fer package's settings": peer_find}).items():
        print(f"\n{name:<32}{'recall':>8}{'precision':>11}{'false':>8}{'median ms':>11}{'p95 ms':>9}")
        results[name] = {}
        for kind, made in kinds.items():
            row = results[name][kind] = measure(find, made(), any_box if args.data.is_dir() else by_place)
            print(
                f"{kind:<32}{row['recall']:>8.3f}{row['precision']:>11.3f}{row['false']:>8.2f}"
                f"{row['median_ms']:>11.1f}{row['p95_ms']:>9.1f}",
                flush=True,
            )
    if args.json:
        args.json.write_text(json.dumps({"machine": machine(), "results": results}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
