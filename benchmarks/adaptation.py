"""What adapting a model is worth on other people than it was adapted to, and on what the model was tested on.

    python -m benchmarks.adaptation --data pictures/ --fer2013 fer2013.csv [--model everyday] [--faces 10] [--rounds 5]

pictures/: folders by emotion, files named by person as in LFW (Name_Surname_0001.jpg). Each round draws FACES faces of
every emotion and adapts to them; what is measured are the pictures of everybody who is not among them, and PublicTest.
"""

import argparse
import re
import time
from pathlib import Path

import numpy as np

from fer_core import load_model
from fer_core.adaptation import adapt
from fer_core.analysis import FramedFaces, frame_pictures
from fer_core.datasets import Faces, evaluation_parts, labelled_pictures, read_dataset
from fer_core.evaluation import metrics


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, metavar="FOLDER")
    parser.add_argument("--fer2013", required=True, metavar="PATH")
    parser.add_argument("--model", action="append", metavar="NAME", help="may be repeated (default: everyday)")
    parser.add_argument("--faces", type=int, default=10, metavar="N", help="per emotion (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="default: %(default)s")
    args = parser.parse_args()
    framed = frame_pictures(labelled_pictures(args.data))
    public = evaluation_parts(read_dataset(args.fer2013))["public_test"]
    for name in args.model or ["everyday"]:
        measure(name, framed, public, args.faces, args.rounds)


def measure(name: str, framed: FramedFaces, public: Faces, faces: int, rounds: int) -> None:
    """Print the means over the rounds for one model."""
    model = load_model(name)
    people = np.array([person(one) for one in framed.names])
    before = model.predict_proba(framed.faces)
    tested = metrics(model.predict_proba(public.faces), public.labels)["accuracy"]
    lines = []
    for seed in range(rounds):
        rows = drawn(framed.labels, people, faces, seed)
        others = ~np.isin(people, people[rows])
        start = time.perf_counter()
        found = adapt(model, framed.faces[rows], framed.labels[rows], "mine")
        seconds = time.perf_counter() - start
        after = found.model.predict_proba(framed.faces[others])
        balanced = [metrics(p, framed.labels[others])["balanced_accuracy"] for p in (before[others], after)]
        again = metrics(found.model.predict_proba(public.faces), public.labels)["accuracy"]
        lines.append((len(rows), others.sum(), *balanced, again - tested, found.comparison.is_better, seconds))
    learned, held, first, second, change, kept, seconds = np.mean(lines, axis=0)
    print(
        f"{name}: {learned:.0f} faces learned, {held:.0f} of other people: balanced {first:.3f} -> {second:.3f} "
        f"({100 * (second - first):+.1f} points), PublicTest {100 * change:+.1f} points; "
        f"kept in {kept:.0%} of {rounds} rounds; {seconds:.1f} s",
        flush=True,
    )


def drawn(labels: np.ndarray, people: np.ndarray, faces: int, seed: int) -> np.ndarray:
    """Rows of `faces` faces of each emotion, or of as many as half of the people have."""
    random = np.random.default_rng(seed)
    names = random.permutation(np.unique(people))
    order = random.permutation(np.flatnonzero(np.isin(people, names[: len(names) // 2])))
    return np.concatenate([order[labels[order] == emotion][:faces] for emotion in range(7)])


def person(name: str) -> str:
    """Who is in a picture, by its file's name."""
    return re.sub(r"_\d+$", "", Path(name).stem)


if __name__ == "__main__":
    main()
