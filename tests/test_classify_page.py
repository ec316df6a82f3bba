"""The Classify page, run by AppTest: good pictures, several, none, broken ones, the threshold, clearing."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import samples
from streamlit.testing.v1 import AppTest

from fer_core import EMOTIONS, FerError, list_models, load_model
from fer_core.images import sample_image

ROOT = Path(__file__).resolve().parent.parent
PORTRAIT = sample_image()

pytestmark = pytest.mark.skipif(len(list_models()) < 2, reason="needs the two shipped bundles under models/")


def png(pixels: np.ndarray) -> bytes:
    return cv2.imencode(".png", pixels)[1].tobytes()


def grey_crop() -> bytes:
    """A 48x48 grey face, as FER-2013 has them: the astronaut's, at the place where the detector finds it."""
    from fer_core.analyze import analyze

    return png(analyze(PORTRAIT, ()).faces[0].crop)


def app() -> AppTest:
    started = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60).run()
    assert not started.exception
    return started


def uploaded(*files: tuple[str, bytes]) -> AppTest:
    page = app()
    page.file_uploader[0].set_value([(name, data, "application/octet-stream") for name, data in files])
    page.run()
    assert not page.exception
    return page


def texts(page: AppTest) -> str:
    kinds = (page.markdown, page.caption, page.info, page.warning, page.error, page.subheader)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def test_it_opens_with_every_flagship_chosen_and_nothing_to_show() -> None:
    page = app()
    assert page.button_group[0].value == [name for name in list_models() if load_model(name).card.flagship]
    assert not page.subheader
    assert "expression, not a feeling" in texts(page)


def test_the_sample_is_one_happy_face_for_both_models() -> None:
    page = app()
    next(button for button in page.button if button.label == "Try the sample").click().run()
    assert [element.value for element in page.subheader] == ["astronaut.png"]
    answers = [m.value for m in page.markdown if ": " in m.value and "**happy**" in m.value]
    assert len(answers) == 2
    assert [d.label for d in page.get("download_button")] == ["CSV", "JSON", "Annotated PNG"]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        pytest.param("good.png", PORTRAIT, "Face 1", id="a portrait"),
        pytest.param("good.webp", samples.encode(samples.portrait(), "WEBP"), "good.webp", id="WebP"),
    ],
)
def test_one_picture(name: str, data: bytes, said: str) -> None:
    assert said in texts(uploaded((name, data)))


def test_a_bad_picture_does_not_stop_the_others() -> None:
    page = uploaded(("bad.jpg", b"no"), ("good.png", PORTRAIT), ("black.png", png(np.zeros((99, 200), np.uint8))))
    assert [element.value for element in page.subheader] == ["good.png", "black.png"]
    assert len(page.error) == 1
    assert "bad.jpg" in page.error[0].value


@pytest.mark.parametrize("threshold", [0.2, 0.5, 0.95])
def test_unsure_follows_the_threshold(threshold: float) -> None:
    page = uploaded(("crop.png", grey_crop()))
    page.slider[0].set_value(threshold).run()
    face = cv2.imdecode(np.frombuffer(grey_crop(), np.uint8), cv2.IMREAD_GRAYSCALE)[np.newaxis]
    confidences = [load_model(name).predict_proba(face).max() for name in page.button_group[0].value]
    assert sum("unsure" in m.value for m in page.markdown) == sum(value < threshold for value in confidences)


def test_clear_results_clears() -> None:
    page = app()
    next(button for button in page.button if button.label == "Try the sample").click().run()
    assert page.subheader
    next(button for button in page.button if button.label == "Clear results").click().run()
    assert not page.subheader
    assert not page.exception


def test_models_can_be_left_out() -> None:
    page = app()
    next(button for button in page.button if button.label == "Try the sample").click().run()
    page.button_group[0].set_value(["cnn"]).run()
    assert sum("%" in m.value and any(e in m.value for e in EMOTIONS) for m in page.markdown) == 1
    page.button_group[0].set_value([]).run()
    assert "Pick at least one model." in [info.value for info in page.info]


def test_a_model_that_does_not_load_is_named_and_the_others_work(monkeypatch: pytest.MonkeyPatch) -> None:
    import streamlit as st

    from pages.parts import shared

    st.cache_resource.clear()

    def broken(name: str) -> object:
        if name == "mobilenet":
            raise FerError("mobilenet: model.tflite is damaged")
        return load_model(name)

    monkeypatch.setattr(shared, "load_model", broken)
    try:
        page = app()
        assert ["Model mobilenet is unavailable: mobilenet: model.tflite is damaged"] == [w.value for w in page.warning]
        next(button for button in page.button if button.label == "Try the sample").click().run()
        assert sum("**happy**" in m.value for m in page.markdown) == 1
    finally:
        st.cache_resource.clear()
