"""Compare, 'Your own faces': uploads and paths are measured as the command line does it; who may name a path."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from fer_core import EMOTIONS, load_model
from fer_core.bundle.registry import read_bundles
from fer_core.datasets import labelled_pictures
from fer_core.evaluation.uploads import measure, table_of_uploads
from fer_core.image import decode_image, encode_png, sample_image
from fer_core.reporting import measure_pictures
from tests.support import samples
from tests.support.compare_app import app, checked, texts, view

ASTRONAUT = decode_image(sample_image())


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
    assert "14 faces" in texts(page) and "wrong predictions" in texts(page)
    assert page.expander[0].label == "2 files were left out"
    assert "unknown.png" in page.text[0].value and "happy_broken.png" in page.text[0].value
    plain = [image.proto.imgs[0].url for image in page.get("image")]
    checked(page.toggle(key="own_why").set_value(True).run())
    assert len(plain) == len(page.get("image")) and [image.proto.imgs[0].url for image in page.get("image")] != plain


@pytest.fixture
def at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """The browser is on the app's own machine, which AppTest does not say."""
    monkeypatch.setattr("pages.parts.compare.uploads.visitor_is_local", lambda: True)


def test_own_faces_from_a_path(real: Path, trained: Any, at_home: None) -> None:
    page = view(app(), "Your own faces")
    page = checked(page.segmented_control(key="own_way").set_value("Path on this machine").run())
    page = checked(page.text_input(key="own_path").set_value(str(trained.data)).run())
    page = checked(page.button[-1].click().run())
    recorded = read_bundles(real)[0][0].card.evaluation["public_test"]
    page = checked(page.selectbox(key="own_part").set_value("public_test").run())
    assert page.dataframe[0].value["accuracy"][0] == pytest.approx(100 * recorded["accuracy"])


def faces_folder(root: Path) -> Path:
    """Two pictures of a face, one without a face, and one of an emotion that is none of the seven."""
    for name, image in (
        ("happy/a.png", ASTRONAUT),
        ("sad/b.png", ASTRONAUT),
        ("sad/none.png", np.full((200, 300, 3), 90, np.uint8)),
        ("contempt/c.png", ASTRONAUT),
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(encode_png(image))
    return root


@pytest.mark.parametrize("way", ["a path", "uploads"])
def test_faces_are_found_in_labelled_pictures(real: Path, tmp_path: Path, at_home: None, way: str) -> None:
    folder = faces_folder(tmp_path / "faces")
    page = view(app(), "Your own faces")
    page = checked(page.toggle(key="own_find").set_value(True).run())
    if way == "a path":
        page = checked(page.segmented_control(key="own_way").set_value("Path on this machine").run())
        page = checked(page.text_input(key="own_path").set_value(str(folder)).run())
    else:
        files = [(str(file.relative_to(folder)), file.read_bytes(), "image/png") for file in folder.rglob("*.png")]
        page = checked(page.file_uploader(key="own_Pictures").set_value(files).run())
    page = checked(page.button[-1].click().run())
    expected = measure_pictures(labelled_pictures(folder), [load_model(real / "tiny")]).results()["tiny"]
    shown = page.dataframe[0].value.set_index("model")
    assert len(shown) == 2 and shown["found"].tolist() == pytest.approx([200 / 3] * 2)
    assert shown["accuracy"].tolist() == pytest.approx([100 * expected["accuracy"]] * 2)
    assert shown["balanced_accuracy"].tolist() == pytest.approx([100 * expected["balanced_accuracy"]] * 2)
    assert page.dataframe[1].value["pictures"].tolist() == [1, 2]
    said = texts(page) + "".join(expander.label for expander in page.expander)
    assert "No face found in 1 pictures" in said and "none.png" in "".join(text.value for text in page.text)
    if way == "a path":
        assert "1 of 4 pictures are in folders that name no emotion: contempt (1)" in said
    else:
        assert "1 file was left out" in said


def test_pictures_of_unknown_emotion_are_counted_and_named(real: Path, tmp_path: Path, at_home: None) -> None:
    page = view(app(), "Your own faces")
    page = checked(page.segmented_control(key="own_way").set_value("Path on this machine").run())
    page = checked(page.text_input(key="own_path").set_value(str(faces_folder(tmp_path / "faces"))).run())
    page = checked(page.button[-1].click().run())
    assert "1 of 4 pictures are in folders that name no emotion: contempt (1)" in texts(page)


@pytest.mark.parametrize("path", ["/no/such/folder", "empty"])
def test_own_faces_from_a_wrong_path(real: Path, tmp_path: Path, at_home: None, path: str) -> None:
    (tmp_path / "empty").mkdir()
    page = view(app(), "Your own faces")
    page = checked(page.segmented_control(key="own_way").set_value("Path on this machine").run())
    page = checked(page.text_input(key="own_path").set_value(str(tmp_path / path)).run())
    page = checked(page.button[-1].click().run())
    assert path in page.error[0].value


@pytest.mark.parametrize(
    ("url", "host", "ip", "allowed"),
    [
        ("http://localhost:8501/compare", "localhost:8501", None, True),
        ("http://127.0.0.1:8501", "127.0.0.1:8501", None, True),
        ("http://[::1]:8501", "[::1]:8501", None, True),
        ("https://faces.example.org/compare", "faces.example.org", None, False),
        ("http://localhost:8501", "faces.example.org", None, False),  # a client that says what it likes
        ("http://localhost:8501", "", None, False),
        ("http://192.168.1.5:8501", "192.168.1.5:8501", "192.168.1.7", False),
        ("http://localhost:8501", "localhost:8501", "192.168.1.7", False),
    ],
)
def test_who_may_name_a_path(
    monkeypatch: pytest.MonkeyPatch, url: str, host: str, ip: str | None, allowed: bool
) -> None:
    from pages.parts.compare import uploads

    context = SimpleNamespace(url=url, headers={"Host": host} if host else {}, ip_address=ip)
    monkeypatch.setattr(uploads, "st", SimpleNamespace(context=context))
    assert uploads.visitor_is_local() is allowed
