"""`--extra-data`: faces of other pictures train as well, framed as the app frames them, rare emotions drawn more."""

import argparse
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from fer_core import DatasetError, analyze, read_card
from fer_core.datasets import Faces, Split, read_dataset, split_dataset
from fer_core.detection import load_detector
from fer_core.emotions import EMOTIONS
from fer_core.image import decode_image, sample_image, whole_face
from fer_core.training.augment import FaceBatches, drawn
from fer_core.training.extra_data import MOST_DRAWS, ExtraData, draws, extra_data, with_extra_data
from fer_core.training.framing import with_aligned_training
from fer_core.training.variations import photographed
from tests.support import tiny
from tests.support.samples import png

HAPPY = EMOTIONS.index("happy")


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Two pictures with a face, one without, one that cannot be read, and one in a folder that names no emotion."""
    contents = {
        "happy/one.png": sample_image(),
        "happy/two.png": sample_image(),
        "sad/plain.png": png(200, 200, pixels=(b"\0" + b"\x78" * 600) * 200),
        "sad/broken.png": b"no picture",
        "people/other.png": sample_image(),
    }
    for name, content in contents.items():
        (tmp_path / "mine" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "mine" / name).write_bytes(content)
    return tmp_path / "mine"


def test_faces_are_framed_as_the_app_frames_them(pictures: Path, tmp_path: Path) -> None:
    split = split_dataset(read_dataset(tiny.fer_csv(tmp_path)))
    more = with_extra_data(split, [ExtraData(pictures, 3)])
    count = len(split.training)
    assert len(more.training) == count + 2 and more.validation is split.validation and more.parts is split.parts
    assert np.array_equal(more.training.faces[:count], split.training.faces)
    framed = analyze(sample_image(), models=[]).faces[0].crop
    assert np.array_equal(more.training.faces[count], framed) and more.training.labels[count:].tolist() == [HAPPY] * 2
    assert more.training.weights is not None and more.training.weights.tolist() == [1.0] * count + [3.0, 3.0]
    (record,) = more.extra
    assert (record["dataset"], record["weight"], record["not_found"]) == ("mine", 3, 2)
    assert record["faces"]["happy"] == 2 and sum(record["faces"].values()) == 2 and len(record["sha256"]) == 64
    assert not more.is_official, "no published figure is reproduced with further data"


def test_a_folder_without_a_face_is_refused(pictures: Path, tmp_path: Path) -> None:
    (pictures / "happy").rename(pictures / "folks")
    split = split_dataset(read_dataset(tiny.fer_csv(tmp_path)))
    with pytest.raises(DatasetError, match="no face found in any of 2 pictures"):
        with_extra_data(split, [ExtraData(pictures)])


def test_votes_of_the_dataset_stay_and_other_faces_have_none(pictures: Path, tmp_path: Path) -> None:
    split = split_dataset(read_dataset(tiny.fer_csv(tmp_path)))
    votes = np.ones((len(split.training), 7), np.float32)
    voted = Faces(split.training.faces, split.training.labels, votes)
    more = with_extra_data(type(split)(voted, voted, {}, "", ""), [ExtraData(pictures)]).training
    assert more.votes is not None
    assert np.array_equal(more.votes[:-2], votes) and not more.votes[-2:].any()


def test_rare_emotions_are_drawn_more_often_up_to_a_limit() -> None:
    labels = np.repeat(np.arange(7), [2500, 1, 100, 400, 0, 900, 100]).astype(np.uint8)
    weights = draws(labels, 2.0)
    by_emotion = {int(label): float(weights[labels == label].sum()) for label in np.unique(labels)}
    assert by_emotion[0] / by_emotion[3] == pytest.approx(np.sqrt(2500 / 400), rel=1e-4)
    assert by_emotion[1] == 2.0 * MOST_DRAWS
    assert 0.95 * 2 * len(labels) < weights.sum() <= 2 * len(labels)


def test_an_epoch_draws_each_face_as_often_as_it_weighs() -> None:
    weights = np.array([1, 1, 0.25, 2.5, 0], np.float32)
    order = np.arange(5)
    counts = np.stack(
        [np.bincount(drawn(order, weights, 4, np.random.default_rng(seed)), minlength=5) for seed in range(400)]
    )
    assert (counts.sum(axis=1) == 4).all()
    expected = weights * 4 / weights.sum()
    assert (counts >= np.floor(expected)).all() and (counts <= np.ceil(expected)).all()
    assert counts.mean(axis=0) == pytest.approx(expected, abs=0.1)


def test_batches_draw_by_weight_and_repeat_for_the_same_epoch() -> None:
    faces, labels = tiny.faces(2)
    part = Faces(faces, labels, weights=np.where(labels == HAPPY, 5, 1).astype(np.float32))
    batches = FaceBatches(part, 4, seed=3)
    assert len(batches) == -(-(12 + 10) // 4)

    def epoch(number: int) -> np.ndarray:
        batches.start(number)
        return np.concatenate([np.asarray(batches[index][1]) for index in range(len(batches))])

    first = epoch(0)
    assert len(first) == 22 and first.argmax(1).tolist().count(HAPPY) == 10
    assert not np.array_equal(first, epoch(1)) and np.array_equal(first, epoch(0))


def test_photographed_changes_the_given_share_and_only_light_and_detail() -> None:
    faces = np.repeat(tiny.faces(1)[0][:1], 400, axis=0)
    assert photographed(faces, 0, np.random.default_rng(0)) is faces
    changed = photographed(faces, 0.5, np.random.default_rng(0))
    assert changed.dtype == np.uint8 and changed.shape == faces.shape
    share = (changed != faces).any(axis=(1, 2)).mean()
    assert 0.4 < share < 0.52  # one in 32 of those chosen gets none of the five changes
    assert np.array_equal(changed, photographed(faces, 0.5, np.random.default_rng(0)))
    similar = [np.corrcoef(face.ravel(), faces[0].ravel())[0, 1] for face in changed]
    assert min(similar) > 0.6, "the face stays that face"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("faces", ExtraData(Path("faces"))),
        ("faces:2.5", ExtraData(Path("faces"), 2.5)),
        ("C:\\faces", ExtraData(Path("C:\\faces"))),
        ("C:\\faces:2", ExtraData(Path("C:\\faces"), 2)),
    ],
)
def test_a_path_with_a_weight(text: str, expected: ExtraData) -> None:
    assert extra_data(text) == expected


@pytest.mark.parametrize("text", ["faces:0", "faces:-1", "faces:inf", "faces:nan"])
def test_a_weight_is_positive(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="weight"):
        extra_data(text)


def test_the_card_names_what_else_trained(
    pictures: Path, tmp_path: Path, train: Callable[..., int], quick: None
) -> None:
    options = ("--extra-data", f"{pictures}:2", "--aligned", "--camera", 0.5, "--models-dir", tmp_path / "models")
    more = ("--epochs", 1, "--precision", "float32")
    assert train("train_cnn", "--data", tiny.fer_csv(tmp_path), *options, *more) == 0
    card = read_card(tmp_path / "models" / "my-compact")
    (record,) = card.training["extra_data"]
    assert record["dataset"] == "mine" and record["faces"]["happy"] == 2
    assert "--extra-data mine:2" in card.training["command"]
    assert card.training["settings"]["augmentation"]["camera"] == 0.5 and card.reproduces is None
    assert 0 <= card.training["aligned"] <= card.training["faces"]["training"]


def test_aligned_frames_training_faces_anew_and_nothing_else(tmp_path: Path) -> None:
    portrait = cv2.cvtColor(decode_image(sample_image()), cv2.COLOR_RGB2GRAY)
    (found,) = load_detector().detect(portrait)
    x, y, side = found.box.x - 10, found.box.y - 30, found.box.width + 20
    turn = cv2.getRotationMatrix2D((x + side / 2, y + side / 2), 25, 1.0)
    turned = cv2.warpAffine(portrait, turn, portrait.shape[::-1])
    tilted, upright = (whole_face(image[y : y + side + 20, x : x + side]) for image in (turned, portrait))
    plain = np.full((48, 48), 90, np.uint8)
    part = Faces(np.stack([tilted, upright, plain]), np.array([HAPPY] * 3, np.uint8))
    split = with_aligned_training(Split(part, part, {"test": part}, "", ""))
    assert split.aligned == 2 and split.validation is part and split.parts["test"] is part
    levelled, straight, untouched = split.training.faces

    def alike(one: np.ndarray, other: np.ndarray) -> float:
        return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])

    assert alike(levelled, straight) > 0.85 > alike(tilted, upright)
    assert np.array_equal(untouched, plain) and not split.is_official
