"""Whether faces keep their number over cuts and absences: films made of photographs of people, frame by frame.

    python -m benchmarks.identity --people PICTURES.zip [--films N] [--no-recognition]

PICTURES.zip holds portraits, a person each or several named NAME_0001.jpg, NAME_0002.jpg. A film has three people and
ten shots of 1.5 seconds at 10 frames a second, in 640x480: in each one or two of them, placed, scaled, turned, bent,
lit and blurred anew, moving and with noise; after every third shot a minute passes in which nobody is there. The third
person comes in the middle of the film. Each person has one photograph (--photographs 2 and more: any of them in each
shot, taken on other days in other light, which is harder than any film).
"""

import argparse
import random
import re
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fer_core.detection import load_detector
from fer_core.image import decode_image
from fer_core.tracking import FaceTracker

WIDTH, HEIGHT = 640, 480
SHOTS, FRAMES, STEP = 10, 15, 0.1
Frame = NDArray[np.uint8]


@dataclass
class Count:
    """again: of people who were there before; kept: with their number; new: first ones; fresh: a new one."""

    again: int = 0
    kept: int = 0
    new: int = 0
    fresh: int = 0


def people(archive: str, most: int) -> list[list[Frame]]:
    """The photographs of each person, those in which the detector finds exactly one face."""
    names = defaultdict(list)
    with zipfile.ZipFile(archive) as pictures:
        for name in sorted(pictures.namelist()):
            if found := re.search(r"([^/]+?)_\d+\.(jpg|png)$", name):
                names[found.group(1)].append(name)
        found_people = []
        for own in names.values():
            images = [decode_image(pictures.read(name)) for name in own[:most]]
            images = [image for image in images if len(load_detector("blazeface").detect(image)) == 1]
            if len(images) >= min(most, 2) or (images and most == 1):
                found_people.append(images)
    return found_people


def changed(image: Frame, chance: np.random.Generator) -> Frame:
    """A view of the same head in another shot: turned, bent, lit from elsewhere, blurred."""
    side = 256
    picture = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
    corners = np.array([[0, 0], [side, 0], [side, side], [0, side]], np.float32)
    bent = cv2.getPerspectiveTransform(corners, corners + chance.normal(0, 8, (4, 2)).astype(np.float32))
    turn = np.vstack([cv2.getRotationMatrix2D((side / 2, side / 2), chance.normal(0, 5), 1.0), [0, 0, 1]])
    picture = cv2.warpPerspective(picture, turn @ bent, (side, side), borderMode=cv2.BORDER_REPLICATE)
    light = 255 * (picture / 255.0) ** np.exp(chance.normal(0, 0.25))
    light += (np.linspace(-1, 1, side) * chance.normal(0, 20))[None, :, None]
    blurred = cv2.GaussianBlur(light, (0, 0), abs(chance.normal(0, 0.8)) + 0.01)
    return np.asarray(np.clip(blurred, 0, 255), np.uint8)


def film(cast: list[list[Frame]], seed: int) -> Iterator[tuple[int, float, Frame, dict[int, tuple[int, int, int]]]]:
    """(shot, time, frame, person -> left, top and side of the photograph in it)."""
    chance, time = np.random.default_rng(seed), 0.0
    for shot in range(SHOTS):
        there = [0, 1] if shot < SHOTS // 2 else [0, 1, 2]
        shown = [int(n) for n in chance.permutation(there)[: int(chance.integers(1, 3))]]
        if shot == 0:
            shown = [0, 1]
        ground = np.linspace(*chance.uniform(20, 220, 2), WIDTH)[None, :, None] * np.ones((HEIGHT, 1, 3))
        ground[:: int(chance.integers(12, 60))] *= 0.7
        views = {n: changed(cast[n][int(chance.integers(len(cast[n])))], chance) for n in shown}
        sides = {n: int(chance.integers(190, 300)) for n in shown}
        drift = {n: chance.uniform(-25, 25, 2) for n in shown}  # pixels a second
        places = {
            n: (int(chance.integers(0, 315 - min(sides[n], 310))) + 320 * i, int(chance.integers(20, HEIGHT - 310)))
            for i, n in enumerate(shown)
        }
        for index in range(FRAMES):
            frame, where = ground.copy(), {}
            for n in shown:
                left, top = (round(p + d * index * STEP) for p, d in zip(places[n], drift[n], strict=True))
                left, top = min(max(0, left), WIDTH - sides[n]), min(max(0, top), HEIGHT - sides[n])
                picture = cv2.resize(views[n], (sides[n],) * 2, interpolation=cv2.INTER_AREA)
                frame[top : top + sides[n], left : left + sides[n]] = picture
                where[n] = (left, top, sides[n])
            frame += chance.normal(0, 4, (HEIGHT, WIDTH, 1))
            yield shot, time, np.asarray(np.clip(frame, 0, 255), np.uint8), where
            time += STEP
        if shot % 3 == 2:
            for _ in range(60):  # a minute, looked at once a second
                yield -1, time, np.asarray(np.clip(ground, 0, 255), np.uint8), {}
                time += 1.0


def numbers(cast: list[list[Frame]], seed: int, recognise: bool) -> Iterator[tuple[int, int | None]]:
    """(person, its number) for each appearance, in time; None where the detector did not find it."""
    tracker = FaceTracker((), detector="auto", recognise=recognise)
    seen: dict[tuple[int, int], Counter[int]] = {}
    for shot, time, frame, where in film(cast, seed):
        faces = tracker.update(frame, time)
        for person, (left, top, side) in where.items():
            own = seen.setdefault((shot, person), Counter())
            for face in faces:
                x, y = face.box.x + face.box.width / 2, face.box.y + face.box.height / 2
                if left <= x < left + side and top <= y < top + side:
                    own[face.id] += 1
    for (_, person), own in seen.items():
        yield person, own.most_common(1)[0][0] if own else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", required=True, metavar="ZIP")
    parser.add_argument("--films", type=int, default=20, metavar="N", help="default: %(default)s")
    parser.add_argument("--photographs", type=int, default=1, metavar="N", help="of a person (default: %(default)s)")
    parser.add_argument("--no-recognition", action="store_true")
    args = parser.parse_args()
    everybody = people(args.people, args.photographs)
    random.Random(0).shuffle(everybody)
    total, missed = Count(), 0
    for seed in range(args.films):
        cast = [everybody[(3 * seed + n) % len(everybody)] for n in range(3)]
        first: dict[int, int] = {}
        for person, number in numbers(cast, seed, not args.no_recognition):
            if number is None:
                missed += 1
            elif person in first:
                total.again += 1
                total.kept += number == first[person]
            else:
                total.new += 1
                total.fresh += number not in first.values()
                first[person] = number
        print(f"film {seed + 1}: so far {total}", flush=True)
    print(
        f"{args.films} films: {total.kept} of {total.again} appearances after a cut or an absence keep their number "
        f"({total.kept / max(1, total.again):.1%}); {total.fresh} of {total.new} new people get a new one; "
        f"{missed} appearances without a face found"
    )


if __name__ == "__main__":
    main()
