"""Classify: why a face got its emotion, what it really is, and the model that learns from that; by AppTest."""

import io
import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from fer_core import EMOTIONS, analyze, list_models, load_model
from fer_core.adaptation import adapt, pack_faces, unpack_faces
from fer_core.bundle import bundle_folder
from tests.pages.test_classify import PORTRAIT, ROOT, app, html, models, texts, uploaded, verdicts
from tests.support.patterns import drawn_faces

pytestmark = pytest.mark.skipif(not list_models(), reason="needs the shipped bundles under models/")


FACES = [(face, EMOTIONS.index(("sad", "angry")[index % 2])) for index, face in enumerate(drawn_faces())]


WHY = "why-shown-0-a.png-1"


def with_open(page: AppTest, key: str = "teach") -> AppTest:
    """The page with the expander of this key open: AppTest shuts it at every run."""
    page.session_state[key] = True
    page.run()
    assert not page.exception
    return page


def pressed(page: AppTest, label: str) -> AppTest:
    """The open panel after a press on a button in it."""
    next(found for found in with_open(page).button if found.label == label).click()
    return with_open(page)


def choices(page: AppTest) -> list[Any]:
    return [box for box in page.selectbox if box.label.startswith("Face 1 is")]


def loaded(content: bytes) -> AppTest:
    """The panel after a ZIP of corrections was loaded."""
    return given(uploaded(("a.png", PORTRAIT)), content)


def given(page: AppTest, content: bytes) -> AppTest:
    upload = next(one for one in with_open(page).file_uploader if "corrections" in one.label)
    upload.set_value([("corrections.zip", content, "application/zip")])
    return with_open(with_open(page))


def test_why_is_shown_only_once_it_is_asked_for() -> None:
    page = uploaded(("a.png", PORTRAIT))
    assert "Why happy?" in [box.label for box in page.expander] and "not what the person feels" not in texts(page)
    pictures = page.get("image")
    with_open(page, WHY)
    assert "not what the person feels" in texts(page)
    captions = [image.proto.imgs[0].caption for image in page.get("image")]
    assert len(captions) == len(pictures) + 2 * len(models(page).value)
    assert sum(caption.startswith("Why happy (") for caption in captions) == len(models(page).value)
    assert sum(caption.startswith("Why not ") for caption in captions) == len(models(page).value)


def test_a_correction_is_kept_taken_back_and_saved() -> None:
    page = uploaded(("a.png", PORTRAIT))
    (choice,) = choices(page)
    choice.set_value("sad").run()
    assert [one.label for one in page.session_state.corrections.values()] == [EMOTIONS.index("sad")]
    assert "1 corrected face: " in texts(with_open(page))
    ((face, label),), _ = unpack_faces(
        pack_faces((one.face, one.label) for one in page.session_state.corrections.values())
    )
    assert label == EMOTIONS.index("sad") and np.array_equal(face, analyze(PORTRAIT, ()).faces[0].crop)
    choices(page)[0].set_value(None).run()
    assert not page.session_state.corrections and not page.exception


def test_what_is_loaded_is_learned_from_and_used() -> None:
    page = loaded(pack_faces(FACES))
    assert len(page.session_state.corrections) == 16 and "angry 8" in texts(page) and "sad 8" in texts(page)
    before = verdicts(page)
    pressed(page, "Learn from these")
    shown = {metric.label: metric.value for metric in page.metric}
    before_it, after_it = (int(shown[label].rstrip("%")) for label in ("Correct before", "Correct after"))
    assert after_it >= 90 > before_it
    pressed(page, "Use in this session")
    assert models(page).value == ["mine"]
    assert verdicts(page) != before and "mine" in "".join(text for text in texts(page).split("\n") if "Face 1" in text)
    answers = page.session_state.learned.model.predict_proba(np.stack([face for face, _ in FACES]))
    assert (answers.argmax(axis=1) == [label for _, label in FACES]).mean() > 0.9


def test_too_few_and_one_emotion_are_said_in_a_line() -> None:
    for faces, reason in ((FACES[:4], "10 faces or more"), ([(face, 3) for face, _ in FACES], "two emotions or more")):
        page = loaded(pack_faces(faces))
        pressed(page, "Learn from these")
        assert reason in texts(page) and not page.metric


@pytest.fixture
def adapted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of models with everyday and mine, which is adapted from it."""
    shutil.copytree(bundle_folder("everyday", ROOT / "models"), tmp_path / "everyday")
    faces, labels = np.stack([face for face, _ in FACES]), np.array([label for _, label in FACES], np.uint8)
    (tmp_path / "mine").mkdir()
    for name, content in adapt(load_model(tmp_path / "everyday"), faces, labels, "mine").files.items():
        (tmp_path / "mine" / name).write_bytes(content)
    monkeypatch.setenv("FER_MODELS_DIR", str(tmp_path))


@pytest.mark.usefixtures("adapted")
@pytest.mark.parametrize(
    ("path", "address", "said"),
    [
        ("pages/compare.py", {"view": "pair", "models": "mine,everyday"}, "not evaluated on the same faces"),
        ("pages/compare.py", {"view": "all"}, ""),
        ("pages/model.py", {"model": "mine"}, "What it was adapted to"),
    ],
)
def test_every_page_takes_an_adapted_model(path: str, address: dict[str, str], said: str) -> None:
    page = app()
    page.switch_page(path)
    for name, value in address.items():
        page.query_params[name] = value
    page.run()
    assert not page.exception and not page.error and said in texts(page)


@pytest.mark.usefixtures("adapted")
def test_an_adapted_model_is_chosen_like_any_other() -> None:
    page = app("mine")
    assert models(page).value == ["mine"] and verdicts(page) and any("by mine" in text for text in html(page))


def zipped(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/") + ".png", content)
    return buffer.getvalue()


BAD = {
    "no zip": (b"nothing", "Expected a ZIP"),
    "cut off": (pack_faces(FACES)[:300], "Expected a ZIP"),
    "no emotion": (zipped(people__1=PORTRAIT), "names an emotion"),
    "no picture": (zipped(happy__1=b"nothing"), "names an emotion"),
    "a bomb": (zipped(happy__1=bytes(60_000_000)), "names an emotion"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_file_that_cannot_be_used_is_said_in_a_line_and_nothing_is_lost(case: str) -> None:
    content, reason = BAD[case]
    page = uploaded(("a.png", PORTRAIT))
    choices(page)[0].set_value("sad").run()
    upload = next(one for one in with_open(page).file_uploader if "corrections" in one.label)
    upload.set_value([("corrections.zip", content, "application/zip")])
    assert any(reason in error.value for error in with_open(page).error)
    assert len(page.session_state.corrections) == 1
