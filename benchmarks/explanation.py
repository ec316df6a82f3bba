"""Whether maps show what a model goes by: deletion and insertion beside chance and a blob in the middle.

    python -m benchmarks.explanation --data fer2013.csv [--model everyday] [--faces 500]

A table per model: the mean probability of the predicted emotion while pixels are taken away in the order of the map
(deletion, lower is better) or put into a blurred face (insertion, higher is better), and the milliseconds of the map.
"""

import argparse
import time

import numpy as np

from fer_core import list_models, load_model
from fer_core.datasets import evaluation_parts, read_dataset
from fer_core.explanation import centre_blob, evidence, faithfulness, random_maps

SEED = 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, metavar="PATH", help="FER-2013: faces of PrivateTest are drawn")
    parser.add_argument("--model", action="append", metavar="NAME", help="may be repeated (default: all)")
    parser.add_argument("--faces", type=int, default=500, metavar="N", help="default: %(default)s")
    args = parser.parse_args()
    parts = evaluation_parts(read_dataset(args.data))
    pool = (parts.get("private_test") or next(iter(parts.values()))).faces
    faces = pool[np.random.default_rng(SEED).choice(len(pool), min(args.faces, len(pool)), replace=False)]
    print(f"{len(faces)} faces\n{'model':<14}{'map':<10}{'deletion':>9}{'insertion':>10}{'ms a face':>11}")
    for name in args.model or list_models():
        measure(name, faces)


def measure(name: str, faces: np.ndarray) -> None:
    """Print the lines of one model."""
    model, count = load_model(name), len(faces)
    predicted = model.predict_proba(faces).argmax(axis=1)
    evidence(model, faces[:1])
    start = time.perf_counter()
    maps = np.concatenate([evidence(model, face[np.newaxis]) for face in faces])
    milliseconds = (time.perf_counter() - start) / count * 1e3
    orders = {
        "evidence": maps[np.arange(count), predicted],
        "blob": np.repeat(centre_blob()[np.newaxis], count, axis=0),
        "random": random_maps(count, 6, SEED),
    }
    for label, order in orders.items():
        found = faithfulness(model, faces, order)
        line = f"{name:<14}{label:<10}{found.deletion.mean():>9.3f}{found.insertion.mean():>10.3f}"
        print(line + (f"{milliseconds:>11.1f}" if label == "evidence" else ""), flush=True)


if __name__ == "__main__":
    main()
