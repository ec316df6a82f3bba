"""Compare, 'Your own faces': uploads and paths are measured as the command line does it; who may name a path."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import samples
from compare_app import app, checked, texts, view

from fer_core import EMOTIONS, load_model
from fer_core.bundles import read_bundles
from fer_core.errors import DatasetError
from fer_core.own_faces import emotion_in_name, measure, table_of_uploads


def pictures() -> list[tuple[str, bytes]]:
    rng = np.random.default_rng(0)
    return [
        (f"{EMOTIONS[i % 7]}_{i}.png", samples.encode(rng.integers(0, 256, (60, 50)).astype(np.uint8), "PNG"))
        for i in range(14)
    ]


def test_own_faces_from_uploads(real: Path) -> None:
    page = view(app(), "Your own faces")
    assert page.button[-1].disabled, "nothing to measure yet"
    files = [*pictures(), ("unknown.png", pictures()[0][1]), ("happy_broken.png", b"no picture")]
    page.file_uploader(key="own_Pictures").set_value([(name, data, "image/png") for name, data in files])
    page = checked(checked(page.run()).button[-1].click().run())
    model = load_model(real / "tiny")
    table, _ = table_of_uploads(pictures())
    expected = measure({"tiny": model}, table).results()["tiny"]["test"]
    shown = page.dataframe[0].value
    assert shown["accuracy"][0] == pytest.approx(100 * expected["accuracy"])
    assert "14 faces" in texts(page) and "wrong answers" in texts(page)
    assert page.expander[0].label == "2 files were left out"
    assert "unknown.png" in page.text[0].value and "happy_broken.png" in page.text[0].value


@pytest.fixture
def at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """The browser is on the app's own machine, which AppTest does not say."""
    monkeypatch.setattr("pages.parts.compare_own.visitor_is_here", lambda: True)


def test_own_faces_from_a_path(real: Path, trained: Any, at_home: None) -> None:
    page = view(app(), "Your own faces")
    page = checked(page.segmented_control(key="own_way").set_value("Path on this machine").run())
    page = checked(page.text_input(key="own_path").set_value(str(trained.data)).run())
    page = checked(page.button[-1].click().run())
    recorded = read_bundles(real)[0][0].card.evaluation["public_test"]
    page = checked(page.selectbox(key="own_part").set_value("public_test").run())
    assert page.dataframe[0].value["accuracy"][0] == pytest.approx(100 * recorded["accuracy"])


@pytest.mark.parametrize("path", ["/no/such/folder", "empty"])
def test_own_faces_from_a_wrong_path(real: Path, tmp_path: Path, at_home: None, path: str) -> None:
    (tmp_path / "empty").mkdir()
    page = view(app(), "Your own faces")
    page = checked(page.segmented_control(key="own_way").set_value("Path on this machine").run())
    page = checked(page.text_input(key="own_path").set_value(str(tmp_path / path)).run())
    page = checked(page.button[-1].click().run())
    assert path in page.error[0].value


@pytest.mark.parametrize(
    ("url", "ip", "allowed"),
    [
        ("http://localhost:8501/compare", None, True),
        ("http://127.0.0.1:8501", None, True),
        ("https://faces.example.org/compare", None, False),
        ("http://192.168.1.5:8501", "192.168.1.7", False),
        ("http://localhost:8501", "192.168.1.7", False),
    ],
)
def test_who_may_name_a_path(monkeypatch: pytest.MonkeyPatch, url: str, ip: str | None, allowed: bool) -> None:
    from pages.parts import compare_own

    context = SimpleNamespace(url=url, ip_address=ip)
    monkeypatch.setattr(compare_own, "st", SimpleNamespace(context=context))
    assert compare_own.visitor_is_here() is allowed


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


@pytest.mark.parametrize("files", [[], [("x.png", b"")], [("happy.png", b"no")]], ids=["none", "no name", "no picture"])
def test_uploads_of_which_none_can_be_used(files: list[tuple[str, bytes]]) -> None:
    with pytest.raises(DatasetError, match=r"happy_1\.jpg"):
        table_of_uploads(files)
