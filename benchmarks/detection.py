"""How many faces the detector finds, how many boxes are false, and how long it takes, on made pictures.

    python -m benchmarks.detection --data fer2013.csv [--count 100] [--json FILE]

Faces of PublicTest are enlarged and pasted at known places and sizes (`made_scenes`), so that a change of the detector
can be held against the state before it, picture by picture. A face counts as found where a box has an intersection
over union of at least 0.5 with its place. FER-2013 holds pictures that show no face, and the finest detector misses
faces that look away or are covered: what counts is the difference between two runs. The second table is the way of the
`fer` package: haarcascade_frontalface_default, steps of 1.1, 5 neighbours, faces from 50 pixels on.
"""

import argparse
import json
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.made_scenes import KINDS, Kind, scenes
from fer_core.benchmark_rows import machine
from fer_core.datasets import read_dataset
from fer_core.faces import Box, find_faces
from fer_core.tracking import iou

FOUND: Final = 0.5
"""Intersection over union from which on a box is the face's."""

Find = Callable[[NDArray[np.uint8]], list[Box]]


def measure(find: Find, kind: Kind, faces: NDArray[np.uint8], count: int) -> dict[str, float]:
    """recall and precision (not a number where there is nothing to find), false boxes a picture, ms: median and p95."""
    put = hit = boxes = 0
    times = []
    for scene in scenes(kind, faces, count):
        started = time.perf_counter()
        found = find(scene.image)
        times.append((time.perf_counter() - started) * 1000)
        hits = matched(found, scene.faces)
        put, hit, boxes = put + len(scene.faces), hit + hits, boxes + len(found)
    return {
        "recall": hit / put if put else float("nan"),
        "precision": hit / boxes if boxes else float("nan"),
        "false": (boxes - hit) / count,
        "median_ms": float(np.median(times)),
        "p95_ms": float(np.percentile(times, 95)),
    }


def matched(found: list[Box], faces: tuple[Box, ...]) -> int:
    """Faces that have a box of their own, best pairs first."""
    pairs = sorted(
        ((iou(box, face), b, f) for b, box in enumerate(found) for f, face in enumerate(faces)), reverse=True
    )
    used_boxes: set[int] = set()
    used_faces: set[int] = set()
    for share, b, f in pairs:
        if share >= FOUND and b not in used_boxes and f not in used_faces:
            used_boxes.add(b)
            used_faces.add(f)
    return len(used_faces)


@cache
def _cascade(name: str) -> cv2.CascadeClassifier:
    return cv2.CascadeClassifier(str(Path(cv2.__file__).parent / "data" / f"haarcascade_{name}.xml"))


def peer_find(image_rgb: NDArray[np.uint8]) -> list[Box]:
    """Boxes with the settings of the `fer` package (its defaults), its cascade loaded once."""
    grey = cv2.cvtColor(image_rgb, cv2.COLOR_RGB2GRAY)
    found = _cascade("frontalface_default").detectMultiScale(grey, scaleFactor=1.1, minNeighbors=5, minSize=(50, 50))
    return [Box(*(int(v) for v in box)) for box in found]


def main() -> None:
    """Print both tables; write them to a file where one is named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, metavar="PATH", help="FER-2013, in any layout that training reads")
    parser.add_argument("--count", type=int, default=100, help="pictures of each kind (default: %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to FILE")
    args = parser.parse_args()
    table = read_dataset(args.data)
    chosen = table.usage == "public_test"
    faces = table.faces[chosen] if chosen.any() else table.faces
    results = {}
    print(machine())
    for name, find in (("find_faces", find_faces), ("the fer package's settings", peer_find)):
        print(f"\n{name:<32}{'recall':>8}{'precision':>11}{'false':>8}{'median ms':>11}{'p95 ms':>9}")
        results[name] = {}
        for kind in KINDS:
            row = measure(find, kind, faces, args.count)
            results[name][kind.name] = row
            print(
                f"{kind.name:<32}{row['recall']:>8.3f}{row['precision']:>11.3f}{row['false']:>8.2f}"
                f"{row['median_ms']:>11.1f}{row['p95_ms']:>9.1f}"
            )
    if args.json:
        args.json.write_text(json.dumps({"machine": machine(), "results": results}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
