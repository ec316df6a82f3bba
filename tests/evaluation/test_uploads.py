"""Uploaded faces: labels from names, files that are left out, and what models predict of them."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from fer_core import EMOTIONS
from fer_core.datasets import pictures
from fer_core.datasets.pictures import emotion_in_name
from fer_core.errors import DatasetError
from fer_core.evaluation import uploads
from fer_core.evaluation.metrics import metrics
from fer_core.evaluation.uploads import measure, table_of_uploads
from tests.support import samples


def png(grey: int) -> bytes:
    return samples.encode(np.full((60, 50), grey, np.uint8), "PNG")


class Darkest:
    """Stands in for a model: `sad` for dark faces, `happy` for bright ones."""

    def predict_proba(self, faces: NDArray[np.uint8]) -> NDArray[np.float32]:
        return np.eye(7, dtype=np.float32)[np.where(faces.mean(axis=(1, 2)) > 127, 3, 4)]


def test_uploads_become_a_table() -> None:
    files = [("happy_1.png", png(200)), ("me.png", png(9)), ("sad/2.png", png(50)), ("fear.png", b"no picture")]
    table, left_out = table_of_uploads(files)
    assert table.faces.shape == (2, 48, 48) and table.faces[:, 0, 0].tolist() == [200, 50]
    assert [EMOTIONS[label] for label in table.labels] == ["happy", "sad"]
    assert [line.split()[0].rstrip(":") for line in left_out] == ["me.png", "fear.png"]


def test_too_many_uploads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MOST_UPLOADS", 1)
    with pytest.raises(DatasetError, match="More than 1 pictures"):
        table_of_uploads([("happy.png", png(1)), ("sad.png", png(2))])


def test_models_are_measured_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MAX_BATCH", 4)
    table, _ = table_of_uploads([(f"{EMOTIONS[3 + i % 2]}_{i}.png", png(40 * (i % 6))) for i in range(10)])
    done: list[float] = []
    models: Any = {"a": Darkest(), "b": Darkest()}
    measured = measure(models, table, lambda share, _: done.append(share))
    assert done == sorted(done) and done[-1] == 1
    for part, faces in measured.parts.items():
        expected = metrics(Darkest().predict_proba(faces.faces), faces.labels)
        assert measured.results()["a"][part] == measured.results()["b"][part] == expected
    assert measured.to_dict().keys() == {"data", "dataset_sha256", "models"}


@pytest.mark.parametrize(
    ("name", "emotion"),
    [
        ("happy_1.jpg", "happy"),
        ("me-Anger-03.PNG", "angry"),
        ("happy/sad.png", "happy"),
        ("photos/Surprised/me.png", "surprise"),
        ("sad\\1.png", "sad"),
        ("fear2.png", "fear"),
        ("happy_or_sad.png", None),
        ("happy_happiness.png", "happy"),
        ("unhappy.png", None),
        ("1.png", None),
        ("happy", "happy"),
    ],
)
def test_emotions_in_file_names(name: str, emotion: str | None) -> None:
    found = emotion_in_name(name)
    assert (None if found is None else EMOTIONS[found]) == emotion


@pytest.mark.parametrize(
    ("files", "said"),
    [([], r"happy_1\.jpg"), ([("x.png", b"")], r"happy_1\.jpg"), ([("happy.png", b"no")], "can be read: happy.png")],
    ids=["none", "no name", "no picture"],
)
def test_uploads_of_which_none_can_be_used(files: list[tuple[str, bytes]], said: str) -> None:
    with pytest.raises(DatasetError, match=said):
        table_of_uploads(files)
