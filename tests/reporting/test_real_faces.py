"""Models on labelled pictures, end to end: what counts as found and correct, what is left out and said, the command."""

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from fer_core import analyze, load_model, read_card
from fer_core.bundle import CARD_NAME, PREDICTIONS_NAME, REAL_FACES, read_predictions
from fer_core.bundle.registry import read_bundles
from fer_core.datasets import LabelledPictures, labelled_pictures, unknown_text
from fer_core.emotions import EMOTIONS
from fer_core.errors import DatasetError
from fer_core.image import decode_image, encode_png, sample_image
from fer_core.reporting import RealFaces, ensemble_row, leaderboard_table, readme_text, score_row
from tests.conftest import Call

ASTRONAUT = decode_image(sample_image())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two pictures of the one face under happy/ and Sadness/, one without a face, one folder that is no emotion."""
    root = tmp_path / "faces"
    pictures = {
        "happy/a.png": ASTRONAUT,
        "Sadness/b.png": cv2.resize(ASTRONAUT, (256, 256), interpolation=cv2.INTER_AREA),
        "Sadness/none.png": np.full((200, 300, 3), 90, np.uint8),
        "contempt/c.png": ASTRONAUT,
    }
    for name, image in pictures.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(encode_png(image))
    return root


def rows(*emotions: str) -> np.ndarray:
    return np.eye(len(EMOTIONS), dtype=np.float32)[[EMOTIONS.index(emotion) for emotion in emotions]]


def test_a_missed_face_counts_as_wrong() -> None:
    labels = np.array([EMOTIONS.index(e) for e in ("happy", "happy", "sad", "angry")], np.uint8)
    # the last one is not found; its zeros would say "angry", the first emotion
    predicted = np.concatenate([rows("happy", "sad", "sad"), np.zeros((1, 7), np.float32)])
    measured = RealFaces(labels, np.array([True, True, True, False]), {"m": predicted}, "auto").results()["m"]
    assert measured["n"] == 4 and measured["found"] == 0.75
    assert measured["accuracy"] == 0.5
    assert measured["balanced_accuracy"] == pytest.approx((0.5 + 1 + 0) / 3)
    assert measured["per_emotion"]["angry"] == {"recall": 0.0, "support": 1}
    assert measured["of_found"] == {
        "accuracy": pytest.approx(2 / 3),
        "balanced_accuracy": pytest.approx((0.5 + 1) / 2),
    }
    low, high = measured["accuracy_interval"]
    assert 0 < low < 0.5 < high < 1


def test_the_mean_of_several() -> None:
    labels = np.array([EMOTIONS.index("happy")], np.uint8)
    first, second = rows("happy") * 0.9 + rows("sad") * 0.1, rows("happy") * 0.4 + rows("sad") * 0.6
    measured = RealFaces(labels, np.array([True]), {"a": first, "b": second}, "auto").ensemble()
    np.testing.assert_allclose(measured.probabilities["a + b"], rows("happy") * 0.65 + rows("sad") * 0.35)


def test_a_file_that_cannot_be_read_is_refused_and_not_hashed(folder: Path, call: Call, tmp_path: Path) -> None:
    whole = labelled_pictures(folder).sha256
    (folder / "happy" / "gone.png").symlink_to(tmp_path / "nowhere.png")
    assert labelled_pictures(folder).sha256 == whole
    code, _, err = call("evaluate", "--data", folder, "--find-faces", "--json", tmp_path / "found.json")
    assert code == 1 and "gone.png" in err
    content = json.loads((tmp_path / "found.json").read_text())
    assert content["sha256"] == whole and len(content["refused"]) == 1


def test_folders_label_and_others_are_counted(folder: Path) -> None:
    pictures = labelled_pictures(folder)
    assert [Path(name).name for name in pictures.names] == ["b.png", "none.png", "a.png"]
    assert [EMOTIONS[label] for label in pictures.labels] == ["sad", "sad", "happy"]
    said = unknown_text(pictures.unknown, len(pictures.labels))
    assert said == "1 of 4 pictures are in folders that name no emotion: contempt (1)."


def test_without_pictures_it_says_what_is_expected(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="holds no picture in a folder that names an emotion"):
        labelled_pictures(tmp_path)
    with pytest.raises(DatasetError, match="Expected a folder of pictures"):
        labelled_pictures(tmp_path / "missing")


@pytest.mark.parametrize("detector", ["auto", "haar"])
def test_the_command_tells_found_and_correct(folder: Path, tmp_path: Path, call: Call, detector: str) -> None:
    out = tmp_path / "real.json"
    code, said, problems = call(
        "evaluate", "--data", folder, "--find-faces", "--model", "tiny", "--detector", detector, "--json", out
    )
    assert code == 0, problems
    assert "3 pictures, face found in 0.667" in said and "contempt (1)" in problems
    content = json.loads(out.read_text())
    assert content["detector"] == detector and content["unknown_folders"] == {"contempt": 1}
    assert content["models"]["tiny"]["n"] == 3 and content["models"]["tiny"]["found"] == pytest.approx(2 / 3)


def test_an_unreadable_picture_is_named(folder: Path, call: Call) -> None:
    (folder / "happy" / "broken.png").write_bytes(b"not a picture")
    code, said, problems = call("evaluate", "--data", folder, "--find-faces", "--model", "tiny")
    assert code == 1 and "broken.png" in problems and "3 pictures" in said


def test_it_goes_with_pictures_alone(folder: Path, call: Call) -> None:
    code, _, problems = call("evaluate", "--data", folder, "--find-faces", "--model", "tiny", "--robustness")
    assert code == 2 and "--find-faces takes pictures" in problems
    shutil.rmtree(folder / "happy")
    shutil.rmtree(folder / "Sadness")
    code, _, problems = call("evaluate", "--data", folder, "--find-faces", "--model", "tiny")
    assert code == 2 and "holds no picture" in problems


def test_the_result_is_stored_in_the_card_and_shown(folder: Path, bundle: Path, tmp_path: Path, call: Call) -> None:
    out = tmp_path / "real.json"
    options = ("--data", folder, "--find-faces", "--model", "tiny", "--json", out)
    before = json.loads((bundle / CARD_NAME).read_text())
    code, said, problems = call("evaluate", *options, "--store", "my set", "--source", "drawn by me")
    assert code == 0 and "stored in its card as my set" in said, problems
    after, measured = json.loads((bundle / CARD_NAME).read_text()), json.loads(out.read_text())
    record = after.pop("real_faces")
    predictions = after["files"].pop(PREDICTIONS_NAME), before["files"].pop(PREDICTIONS_NAME)
    assert predictions[0] != predictions[1]
    assert after == {key: value for key, value in before.items() if key != "real_faces"}, "the rest stays"
    about = {"data": "my set", "source": "drawn by me", "sha256": measured["sha256"], "detector": "auto"}
    assert record == about | measured["models"]["tiny"] | {"stored_predictions": 2}
    page = readme_text(read_card(bundle))
    assert "On 3 labelled pictures, my set (drawn by me)" in page and "finds a face in 66.7%" in page
    (read,), _ = read_bundles(bundle.parent)
    assert score_row(read)["real_faces"] == record["accuracy"]
    header, _, row = leaderboard_table([read]).splitlines()
    assert header.split(" | ")[1] == "Real faces" and row.split(" | ")[1] == f"{record['accuracy']:.1%}"


def test_what_was_predicted_for_the_found_faces_is_stored(folder: Path, bundle: Path, call: Call) -> None:
    before = read_predictions(read_bundles(bundle.parent)[0][0])
    options = ("--data", folder, "--find-faces", "--model", "tiny", "--store", "my set")
    for _ in range(2):  # the second time in the place of the first
        assert call("evaluate", *options)[0] == 0
    (read,), _ = read_bundles(bundle.parent)
    stored = read_predictions(read)
    labels, probabilities = stored.pop(REAL_FACES)
    assert [EMOTIONS[label] for label in labels] == ["sad", "happy"], "the picture without a face has no row"
    (face,) = analyze(folder / "happy" / "a.png", [load_model("tiny", bundle.parent)]).faces
    np.testing.assert_allclose(probabilities[1], face.predictions["tiny"].probabilities, atol=1e-3)
    assert stored.keys() == before.keys()
    for part, (labels, probabilities) in stored.items():
        np.testing.assert_array_equal(probabilities, before[part][1])
        np.testing.assert_array_equal(labels, before[part][0])


def test_a_mean_of_models_on_real_faces_from_what_is_stored(folder: Path, bundle: Path, call: Call) -> None:
    shutil.copytree(bundle, bundle.with_name("other"))
    card = json.loads((bundle.with_name("other") / CARD_NAME).read_text())
    (bundle.with_name("other") / CARD_NAME).write_text(json.dumps(card | {"name": "other"}))
    names = ("--model", "tiny", "--model", "other")
    assert call("evaluate", "--data", folder, "--find-faces", *names, "--store", "my set")[0] == 0
    bundles, _ = read_bundles(bundle.parent)
    row = ensemble_row(bundles, [read_predictions(each) for each in bundles])
    assert row["real_faces"] == pytest.approx(score_row(bundles[0])["real_faces"]), "the mean of a model with itself"
    assert row["real_balanced"] == pytest.approx(score_row(bundles[0])["real_balanced"])


def test_without_stored_pictures_no_column_of_them(bundle: Path) -> None:
    assert "Real faces" not in leaderboard_table(read_bundles(bundle.parent)[0])
    assert "## Real faces" not in readme_text(read_card(bundle))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--model", "tiny", "--store", "x"), "--store keeps what --find-faces measures"),
        (("--find-faces", "--ensemble", "tiny", "--store", "x"), "a mean of models has none"),
        (("--find-faces", "--model", "tiny+tiny2", "--store", "x"), "a mean of models has none"),
    ],
)
def test_what_cannot_be_stored_is_refused(folder: Path, call: Call, options: tuple[str, ...], said: str) -> None:
    code, _, problems = call("evaluate", "--data", folder, *options)
    assert code == 2 and said in problems


def test_nothing_is_stored_of_a_set_that_cannot_be_read_whole(folder: Path, bundle: Path, call: Call) -> None:
    (folder / "happy" / "broken.png").write_bytes(b"not a picture")
    before = (bundle / CARD_NAME).read_bytes()
    code, _, problems = call("evaluate", "--data", folder, "--find-faces", "--model", "tiny", "--store", "x")
    assert code == 1 and "nothing was stored" in problems and (bundle / CARD_NAME).read_bytes() == before


def test_the_hash_is_of_labels_and_files_whatever_they_are_called(folder: Path, tmp_path: Path) -> None:
    pictures = labelled_pictures(folder)
    contents = [(source.read_bytes(), label) for source, label in zip(pictures.sources, pictures.labels, strict=True)]
    contents.reverse()
    labels = np.array([label for _, label in contents], np.uint8)
    other = LabelledPictures(("x", "y", "z"), tuple(content for content, _ in contents), labels)
    assert other.sha256 == pictures.sha256
    assert LabelledPictures(other.names, other.sources, (labels + 1) % 7).sha256 != pictures.sha256
