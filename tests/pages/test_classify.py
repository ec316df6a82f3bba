"""The Classify page, run by AppTest: good pictures, several, none, broken ones, the threshold, clearing."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from fer_core import Analysis, FerError, analyze, list_models, load_model, read_card
from fer_core.bundle import bundle_folder
from fer_core.image import SAMPLES, sample_image
from pages.parts.classify import results
from pages.parts.shared.model_picker import reached
from tests.support import samples

ROOT = Path(__file__).resolve().parents[2]
PORTRAIT = sample_image()

pytestmark = pytest.mark.skipif(len(list_models()) < 2, reason="needs the two shipped bundles under models/")


def png(pixels: np.ndarray) -> bytes:
    return cv2.imencode(".png", pixels)[1].tobytes()


def grey_crop() -> bytes:
    """A 48x48 grey face, as FER-2013 has them: the astronaut's, at the place where the detector finds it."""
    from fer_core.analysis.analyze import analyze

    return png(analyze(PORTRAIT, ()).faces[0].crop)


def app(*names: str) -> AppTest:
    """The first screen; names: of models that the address asks for."""
    started = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=300)
    if names:
        started.query_params["models"] = ",".join(names)
    started.run()
    assert not started.exception
    return started


def uploaded(*files: tuple[str, bytes]) -> AppTest:
    page = app()
    page.file_uploader[0].set_value([(name, data, "application/octet-stream") for name, data in files])
    page.run()
    assert not page.exception
    return page


def texts(page: AppTest) -> str:
    kinds = (page.markdown, page.caption, page.info, page.warning, page.error, page.header, page.subheader)
    return "\n".join([*(str(element.value) for kind in kinds for element in kind), *html(page)])


def html(page: AppTest) -> list[str]:
    return [element.proto.body for element in page.get("html")]


def models(page: AppTest) -> Any:
    return page.button_group(key="models")


def verdicts(page: AppTest) -> list[str]:
    """What is said of each face, as it is read: "happy 96%", with "unsure" behind it or not."""
    found = [re.search(r"<p class='fer-verdict'>(.*?)</p>", text) for text in html(page)]
    return [re.sub(r"<.*?>", "", match[1]).strip() for match in found if match]


def sample(page: AppTest, name: str = "Photo") -> AppTest:
    next(button for button in page.button if button.label == name).click().run()
    assert not page.exception
    return page


def test_it_opens_with_every_flagship_chosen_and_an_example_classified() -> None:
    page = app()
    assert models(page).value == [name for name in list_models() if load_model(name).card.flagship]
    assert not page.header
    (verdict,) = verdicts(page)
    assert verdict.startswith("happy") and "expression, not a feeling" in texts(page)
    assert "Clear results" not in [button.label for button in page.button]


def test_the_example_is_analysed_once_for_all_visitors(monkeypatch: pytest.MonkeyPatch) -> None:
    app()
    monkeypatch.setattr(results, "analyze", lambda *_, **__: pytest.fail("analysed again"))
    assert verdicts(app())


def test_the_sample_is_one_happy_face_for_both_models() -> None:
    page = sample(app())
    assert [element.value for element in page.header] == ["astronaut.png"]
    titles = [load_model(name).card.title for name in models(page).value]
    assert len(verdicts(page)) == 1 and f"the mean of {' and '.join(titles)}" in texts(page)
    assert [d.label for d in page.get("download_button")] == ["CSV", "JSON", "Annotated PNG"]


def test_every_sample_shows_its_faces_and_the_next_one_takes_its_place() -> None:
    page = app()
    for shown in SAMPLES:
        sample(page, shown.name)
        assert [element.value for element in page.header] == [Path(shown.file).name]
        assert len(verdicts(page)) == (5 if shown.name == "Group" else 1)


def test_a_sample_is_brought_into_sight_once() -> None:
    page = app()
    scripts = [[text for text in html(page) if "scrollIntoView" in text]]
    for name in ("Ada", "Ben"):
        sample(page, name)
        scripts.append([text for text in html(page) if "scrollIntoView" in text])
    page.run()
    scripts.append([text for text in html(page) if "scrollIntoView" in text])
    assert [len(found) for found in scripts] == [0, 1, 1, 0]
    assert scripts[1] != scripts[2]  # a browser would not run the same one again


def test_the_first_line_says_what_the_model_reaches() -> None:
    card = next(card for name in list_models() if (card := read_card(bundle_folder(name))).real_faces)
    assert f"{card.real_faces['accuracy']:.0%} of {card.real_faces['n']:,} real faces" in reached([card])
    share = f"{card.title} {card.real_faces['accuracy']:.0%}"
    assert reached([card, card]) == f" Correct on {card.real_faces['n']:,} real faces: {share}, {share}."
    assert reached([card, replace(card, real_faces={})]) == "" == reached([])
    page = app()
    (line,) = (element.value for element in page.markdown if "real faces" in element.value)
    assert all(load_model(name).card.title in line for name in models(page).value)


def test_the_box_and_the_panel_say_the_same() -> None:
    page = sample(app())
    (analysis,) = page.session_state["analyses"].values()
    assert analysis.faces[0].caption == f"1 {verdicts(page)[0]}"
    (image,) = page.get("image")
    assert verdicts(page)[0] in image.proto.imgs[0].alt


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
    assert [element.value for element in page.header] == ["good.png"]
    assert "**3 files: 2 read, 1 refused, 1 face**" in texts(page)
    assert len(page.error) == 1 and "1 refused" not in [expander.label for expander in page.expander]
    assert "bad.jpg" in page.error[0].value
    assert [d.label for d in page.get("download_button")] == ["CSV", "JSON", "Annotated PNGs"]
    assert "All 3:" in texts(page)
    read = [a for a in page.session_state["analyses"].values() if not isinstance(a, str)]
    *faces, last = results.csv_rows(read, [(results.Picture("b/bad.jpg", "bad.jpg", b"", ""), "bad.jpg is empty.")])
    assert {row["picture"] for row in faces} == {"good.png", "black.png"}
    assert last == {"picture": "b/bad.jpg", "note": "refused: bad.jpg is empty."}
    page.button(key="open-1").click().run()
    assert [element.value for element in page.header] == ["black.png"] and "No face found" in texts(page)


def crops(count: int, folder: str = "") -> list[tuple[str, bytes]]:
    crop = cv2.imdecode(np.frombuffer(grey_crop(), np.uint8), cv2.IMREAD_GRAYSCALE)
    return [(f"{folder}{number}.png", png(np.roll(crop, number, 1))) for number in range(count)]


def folder(*files: tuple[str, bytes]) -> AppTest:
    page = app()
    page.segmented_control(key="source").set_value("Folder").run()
    page.file_uploader[0].set_value([(name, data, "image/png") for name, data in files])
    page.run()
    assert not page.exception
    return page


def test_a_folder_is_read_whole_and_shown_in_pages_of_twenty() -> None:
    page = folder(("holiday/zoo.png", PORTRAIT), *crops(21, "holiday/day1/")[::-1])
    assert "**22 files: 22 read, 22 faces**" in texts(page) and not page.warning
    names = [button.label for button in page.button if str(button.key).startswith("open-")]
    assert len(names) == 20 and names[0] == "day1/0.png"
    assert {a.name for a in page.session_state["analyses"].values()} >= {"day1/20.png", "zoo.png"}
    page.pagination(key="results-page").set_value(2).run()
    names = [button.label for button in page.button if str(button.key).startswith("open-")]
    assert names == ["day1/20.png", "zoo.png"]


def test_a_picture_that_is_added_is_the_one_that_is_opened() -> None:
    page = app()
    files = [(name, data, "image/png") for name, data in crops(3)]
    page.file_uploader[0].set_value(files[:2]).run()
    assert [element.value for element in page.header] == ["0.png"]
    page.file_uploader[0].set_value(files).run()
    assert [element.value for element in page.header] == ["2.png"]


def test_no_pixels_of_several_pictures_are_kept() -> None:
    page = uploaded(*crops(2), ("large.png", PORTRAIT))
    assert all(a.image.size == 0 for a in page.session_state["analyses"].values())
    assert max(len(data) for data in page.session_state["thumbnails"].values()) < 200_000


def test_cancelled_between_two_pictures_what_was_read_stays_and_the_rest_can_follow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read = list[str]()
    page = app()

    def interrupted(*arguments: Any, name: str, **options: Any) -> Analysis:
        read.append(name)
        if len(read) == 2:
            results._cancel()
        return analyze(*arguments, name=name, **options)

    monkeypatch.setattr(results, "analyze", interrupted)
    page.file_uploader[0].set_value([(name, data, "image/png") for name, data in crops(4)]).run()
    assert "**4 files: 2 read, 2 not read, 2 faces**" in texts(page) and len(read) == 2
    next(button for button in page.button if button.label == "Read the rest").click().run()
    assert "**4 files: 4 read, 4 faces**" in texts(page) and len(read) == 4


@pytest.mark.parametrize("count", [1, 3, 5])
def test_every_model_has_its_value_for_every_emotion(count: int) -> None:
    page = sample(app(*list_models()[:count]))
    (table,) = [re.search(r"<table.*?</table>", text) for text in html(page) if "<table" in text]
    assert table
    assert len(re.findall(r"\d+%<", table[0])) == 7 * (count if count <= 2 else count + 1)  # and the mean
    assert all(load_model(name).card.title.replace("'", "&#x27;") in table[0] for name in list_models()[:count])


@pytest.mark.parametrize("threshold", [0.2, 0.5, 0.95])
def test_unsure_follows_the_threshold(threshold: float) -> None:
    page = uploaded(("crop.png", grey_crop()))
    page.slider[0].set_value(threshold).run()
    face = cv2.imdecode(np.frombuffer(grey_crop(), np.uint8), cv2.IMREAD_GRAYSCALE)[np.newaxis]
    mean = np.mean([load_model(name).predict_proba(face)[0] for name in models(page).value], axis=0)
    assert ["unsure" in verdict for verdict in verdicts(page)] == [mean.max() < threshold]


def test_clear_results_clears() -> None:
    page = sample(app())
    assert page.header
    next(button for button in page.button if button.label == "Clear results").click().run()
    assert not page.header
    assert not page.exception


def away_and_back(page: AppTest) -> AppTest:
    page.switch_page("pages/compare.py").run()
    page.switch_page("pages/classify.py").run()
    assert not page.exception and not page.warning
    return page


def test_results_and_choices_are_there_after_another_page_until_they_are_cleared() -> None:
    page = uploaded(("mine.png", PORTRAIT))
    models(page).set_value(["cnn"])
    page.slider[0].set_value(0.95)
    page = away_and_back(page.run())
    assert [element.value for element in page.header] == ["mine.png"]
    assert models(page).value == ["cnn"] and page.slider[0].value == 0.95
    models(page).set_value(["mobilenet"])
    page = away_and_back(page.run())
    assert "by MobileNet" in texts(page) and models(page).value == ["mobilenet"]
    next(button for button in page.button if button.label == "Clear results").click().run()
    assert not away_and_back(page).header


def test_an_upload_replaces_what_was_there_and_its_removal_empties_the_page() -> None:
    page = away_and_back(uploaded(("mine.png", PORTRAIT)))
    page.file_uploader[0].set_value([("other.png", PORTRAIT, "image/png")]).run()
    assert [element.value for element in page.header] == ["other.png"]
    page.file_uploader[0].set_value([]).run()
    assert not page.header and not page.exception


def test_models_can_be_left_out() -> None:
    page = sample(app())
    models(page).set_value(["cnn"]).run()
    assert "by CNN" in texts(page)
    models(page).set_value([]).run()
    assert "Pick at least one model under Settings." in [info.value for info in page.info]


def test_a_model_that_does_not_load_is_named_and_the_others_work(monkeypatch: pytest.MonkeyPatch) -> None:
    import streamlit as st

    from pages.parts.shared import model_picker

    st.cache_resource.clear()

    def broken(name: str) -> object:
        if name == "mobilenet":
            raise FerError("mobilenet: model.tflite is damaged")
        return load_model(name)

    monkeypatch.setattr(model_picker, "load_model", broken)
    try:
        page = app()
        assert ["Model mobilenet is unavailable: mobilenet: model.tflite is damaged"] == [w.value for w in page.warning]
        sample(page)
        assert len(verdicts(page)) == 1 and "by CNN" in texts(page)
    finally:
        st.cache_resource.clear()


def test_the_detector_is_a_choice() -> None:
    page = sample(app())

    def detector() -> Any:
        return next(box for box in page.selectbox if box.label == "Face detector")

    assert detector().value == "auto"
    for name in ("haar", "blazeface"):
        detector().select(name).run()
        assert not page.exception and detector().value == name
        (analysis,) = page.session_state["analyses"].values()
        (face,) = analysis.faces
        assert (face.eyes is None) == (name == "haar")
