"""Choosing models, and their cards as pages, in AppTest."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from fer_core import list_models, read_card
from fer_core.bundle import REAL_FACES, bundle_folder
from pages.parts.shared.clock import clock
from pages.parts.shared.model_picker import model_groups
from tests.support.synthetic_bundles import change_card, make_bundle

ROOT = Path(__file__).resolve().parents[2]
needs_models = pytest.mark.skipif(not {"cnn", "mobilenet"} <= {*list_models()}, reason="needs cnn and mobilenet")


def opened(page: str, **query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)
    for key, value in query.items():
        app.query_params[key] = value
    app.switch_page(f"pages/{page}.py").run()
    assert not app.exception
    return app


def texts(app: AppTest) -> str:
    kinds = (app.markdown, app.caption, app.info, app.warning, app.error, app.header, app.subheader)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


@pytest.fixture
def two_flagships(models_dir: Path) -> Path:
    for name in ("one", "two"):
        make_bundle(models_dir, name, flagship=True)
    return models_dir


def test_recommended_come_first_and_published_systems_are_a_group(tmp_path: Path) -> None:
    make_bundle(tmp_path, "best", recommended=True)
    make_bundle(tmp_path, "flag", flagship=True)
    make_bundle(tmp_path, "theirs", reproduces="Another system")
    cards = {name: read_card(bundle_folder(name, tmp_path)) for name in list_models(tmp_path)}
    groups = model_groups(cards)
    assert list(groups.values()) == [["best"], ["flag"], ["theirs"]]
    del cards["best"]
    assert next(iter(model_groups(cards).values())) == ["flag"]


@needs_models
def test_the_address_chooses_models_and_follows_the_choice() -> None:
    app = opened("live", models="mobilenet")
    assert app.button_group[0].value == ["mobilenet"]
    app.button_group[0].set_value(["cnn"]).run()
    assert app.query_params["models"] in ("cnn", ["cnn"])
    assert [model.name for model in app.session_state["live_session"]._models] == ["cnn"]


@needs_models
@pytest.mark.parametrize("address", ["cnn+mobilenet", "cnn mobilenet"])
def test_a_mean_is_a_choice_like_any_other(address: str) -> None:
    app = opened("live", models=address)
    assert app.button_group[0].value == ["cnn+mobilenet"]
    (model,) = app.session_state["live_session"]._models
    assert model.name == "cnn+mobilenet"
    app.run()
    assert app.session_state["live_session"]._models[0] is model, "made anew, it would make Live start over"


@needs_models
def test_unknown_models_in_the_address_are_no_error() -> None:
    app = opened("live", models="nothing,cnn+nothing")
    assert app.button_group[0].value and not app.error


@needs_models
def test_all_models_say_how_good_and_how_fast_they_are() -> None:
    app = opened("live")
    app.toggle(key="live-models-all").set_value(True).run()
    assert not app.exception
    said = texts(app)
    assert said.count("ms a face on this machine") == len(list_models()) + 1  # and the mean of the first choices


def test_a_card_is_a_page(models_dir: Path) -> None:
    make_bundle(models_dir, "one", limits="Not in the dark.", purpose="tests")
    make_bundle(models_dir, "two")
    app = opened("model", model="one")
    said = texts(app)
    assert "ONE" in said and "Not in the dark." in said and "For tests." in said
    accuracy = read_card(bundle_folder("one", models_dir)).evaluation["private_test"]["accuracy"]
    assert f"{accuracy:.1%}" in [metric.value for metric in app.metric]
    assert len(app.get("vega_lite_chart")) + len(app.get("arrow_vega_lite_chart")) == 3
    assert "happy" in app.table[0].value.index


def test_a_mean_has_a_page_too(two_flagships: Path) -> None:
    app = opened("model", model="one+two")
    said = texts(app)
    assert "Mean of ONE and TWO" in said and "For predictions that are steadier" in said and not app.warning


def test_an_emotion_without_faces_has_no_figures(models_dir: Path) -> None:
    part = read_card(make_bundle(models_dir, "one")).evaluation["private_test"]
    part["per_class"]["disgust"] = {"precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 0}
    change_card(models_dir / "one", evaluation={"private_test": part})
    app = opened("model", model="one")
    assert app.table[0].value.loc["disgust"].tolist() == ["", "", "", "0"]
    assert "lowest for" in texts(app) and "lowest for disgust" not in texts(app)


@pytest.mark.parametrize(("seconds", "shown"), [(0, "0:00.0"), (7.46, "0:07.5"), (59.97, "1:00.0"), (119.96, "2:00.0")])
def test_times_as_people_read_them(seconds: float, shown: str) -> None:
    assert clock(seconds) == shown


def test_a_sparse_card_and_an_unknown_name_are_no_error(models_dir: Path) -> None:
    make_bundle(models_dir, "bare", evaluation={}, history=[], training={})
    app = opened("model", model="nobody")
    assert "no model of that name" in texts(app) and "Nothing was measured" in texts(app)


@pytest.mark.parametrize(("there", "said"), [(False, "does not exist"), (True, "no models under the folder")])
def test_a_models_folder_without_models_is_named(
    there: bool, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if there:
        (tmp_path / "models").mkdir()
    monkeypatch.setenv("FER_MODELS_DIR", str(tmp_path / "models"))
    app = opened("model")
    assert said in app.error[0].value and str(tmp_path) not in app.error[0].value


@needs_models
def test_a_card_begins_with_real_faces_and_has_every_part() -> None:
    app = opened("model", model="cnn")
    card = read_card(bundle_folder("cnn"))
    (part,) = [box for box in app.selectbox if box.label == "Faces"]
    assert part.value == REAL_FACES and len(part.options) == 1 + len(card.evaluation)
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["Accuracy"] == f"{card.real_faces['accuracy']:.1%}" and shown["Faces"] == f"{card.real_faces['n']:,}"
    assert card.real_faces["data"] in texts(app)
    part.set_value("private_test").run()
    assert not app.exception
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["Accuracy"] == f"{card.evaluation['private_test']['accuracy']:.1%}"


def test_a_card_names_further_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    extra = [
        {"dataset": "street", "sha256": "ab" * 32, "weight": 2.0, "faces": {"happy": 1200, "sad": 34}, "not_found": 0}
    ]
    make_bundle(tmp_path, "mine", training={"extra_data": extra, "seconds": 60.0})
    monkeypatch.setenv("FER_MODELS_DIR", str(tmp_path))
    app = opened("model", model="mine")
    assert any("street (1,234 faces)" in str(table.value) for table in app.table)
