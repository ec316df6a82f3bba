"""The Compare page, run by AppTest: every view with whole, bare and broken bundles; numbers are those of the cards."""

import ast
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from compare_app import app, charts, checked, texts, view
from made_bundles import change_card, made_robustness, make_bundle

from fer_core import EMOTIONS
from fer_core.bundles import read_bundles
from fer_core.charts_compare import chart_file, curve_chart
from fer_core.scoreboard import score_row

ROOT = Path(__file__).resolve().parent.parent
VIEWS = ("All models", "Two models", "Published and measured", "Robustness", "Your own faces")
DETAILS = ("Confusions", "F1 by emotion", "ROC and precision-recall", "Calibration", "Training")
REPORTED = {"system": "A system", "validation_accuracy": 0.5, "data": "its validation part"}


@pytest.fixture
def two(models_dir: Path) -> Path:
    """models_dir with two bundles that have every part."""
    for seed, name in enumerate(("first", "second")):
        whole: dict[str, Any] = {"reported": REPORTED, "robustness": made_robustness(0.7 - seed / 10)}
        make_bundle(models_dir, name, 1.6 - seed / 2, seed, flagship=True, **whole)
    return models_dir


def test_ten_bundles_one_broken(two: Path) -> None:
    for number in range(7):
        make_bundle(two, f"more-{number}", 1 + number / 10, number)
    (make_bundle(two, "bad") / "card.json").write_text("{", encoding="utf-8")
    page = app()
    table = page.dataframe[0].value
    assert table["model"].tolist() == ["FIRST", "SECOND", *(f"MORE-{number}" for number in range(7))]
    assert "Model bad is left out: card.json is damaged" in page.warning[0].value
    bundles, _ = read_bundles(two)
    assert table["accuracy"].tolist() == pytest.approx([100 * score_row(bundle)["accuracy"] for bundle in bundles])
    assert "milliseconds" not in table, "an empty column says nothing"


def test_opening_reads_cards_only(two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("a page that opens must not read networks or predictions")

    for place in ("fer_core.card.read_file", "fer_core.model.read_file", "fer_core.bundles.read_file"):
        monkeypatch.setattr(place, never)
    assert len(app().dataframe[0].value) == 2


def test_a_bundle_dropped_into_the_folder_appears(two: Path) -> None:
    page = app()
    make_bundle(two, "new")
    assert page.run().dataframe[0].value["model"].tolist() == ["FIRST", "SECOND", "NEW"]
    shutil.rmtree(two / "second")
    assert page.run().dataframe[0].value["model"].tolist() == ["FIRST", "NEW"]


def test_no_models_at_all(models_dir: Path) -> None:
    assert "python train_cnn.py" in app().error[0].value


@pytest.mark.parametrize("name", VIEWS)
def test_views_with_one_model(models_dir: Path, name: str) -> None:
    make_bundle(models_dir, "only")
    said = texts(view(app(), name))
    assert name != "Two models" or "Two models are needed" in said


LOSSES_ONLY = [{"loss": 1.0, "val_loss": 1.1}, {"loss": 0.9, "val_loss": 1.0}]
BARE: dict[str, dict[str, Any]] = {
    "no-history": {"history": []},
    "no-evaluation": {"evaluation": {}},
    "accuracy-alone": {"evaluation": {"private_test": {"accuracy": 0.5, "n": 300}}},
    "losses-only": {"history": LOSSES_ONLY},
    "no-training-record": {"training": {}},
    "nothing-reported": {"reported": None},
    "an-empty-report": {"reported": {}},
    "no-robustness": {"robustness": {}},
}


@pytest.mark.parametrize("name", [name for name in VIEWS if name != "Two models"])
def test_cards_with_missing_parts_stand_beside_whole_ones(two: Path, name: str) -> None:
    for bare, changes in BARE.items():
        change_card(make_bundle(two, bare, reported=REPORTED, robustness=made_robustness(0.5)), **changes)
    view(app(), name)


@pytest.mark.parametrize("bare", ["no-history", "no-evaluation", "accuracy-alone", "losses-only"])
def test_two_models_with_missing_parts(two: Path, bare: str) -> None:
    for name in ("first", "second"):
        change_card(two / name, **BARE[bare])
    page = view(app(), "Two models")
    for detail in page.segmented_control(key="compare_detail").options if page.segmented_control[1:] else ():
        view(page, "Two models", detail)


@pytest.mark.parametrize("detail", DETAILS)
def test_details_of_two_models(two: Path, detail: str) -> None:
    page = view(app(), "Two models", detail)
    expected = {DETAILS[0]: 2, DETAILS[1]: 1, DETAILS[2]: 4, DETAILS[3]: 2, DETAILS[4]: 5}[detail]
    assert len(charts(page)) == expected
    downloads = [button.label for button in page.get("download_button")]
    assert downloads == ["PNG", "SVG", "CSV"] * expected, "every chart has its files"
    assert len(page.dataframe) >= expected, "every chart has its table"


def test_the_confusion_table_is_the_cards(two: Path) -> None:
    page = view(app(), "Two models", "Confusions")
    bundles, _ = read_bundles(two)
    for table, bundle in zip(page.dataframe, bundles, strict=True):
        assert (
            table.value[list(EMOTIONS)].to_numpy().tolist()
            == bundle.card.evaluation["private_test"]["confusion_matrix"]
        )
    shown = [chart["layer"][1]["encoding"]["text"]["field"] for chart in charts(page)]
    assert shown == ["share", "share"]
    page = checked(page.toggle(key="compare_counts").set_value(True).run())
    assert [chart["layer"][1]["encoding"]["text"]["field"] for chart in charts(page)] == ["faces", "faces"]


def test_one_emotions_curves(two: Path) -> None:
    page = view(app(), "Two models", "ROC and precision-recall")
    page = checked(page.segmented_control(key="compare_emotion").set_value("sad").run())
    assert [chart["title"] for chart in charts(page)] == ["sad: ROC, with areas", "sad: precision-recall, with areas"]
    areas = page.dataframe[-1].value
    assert areas["emotion"].tolist() == ["sad"] and 0.5 < areas["FIRST: ROC"][0] <= 1


def test_models_and_faces_are_chosen(two: Path) -> None:
    make_bundle(two, "third", seed=5)
    page = view(app(), "Two models")
    assert page.selectbox(key="compare_second").options == ["SECOND", "THIRD"]
    page = checked(page.selectbox(key="compare_first").set_value("third").run())
    assert page.selectbox(key="compare_second").options == ["FIRST", "SECOND"]
    page = checked(page.selectbox(key="compare_part").set_value("public_test").run())
    assert "Of the same 290 faces" in texts(page) and "THIRD" in texts(page)


def other_bytes(folder: Path) -> None:
    (folder / "predictions.npz").write_bytes(b"no")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda folder: (folder / "predictions.npz").unlink(), "predictions.npz is missing"),
        (other_bytes, "predictions.npz is damaged"),
    ],
    ids=["missing", "damaged"],
)
def test_without_predictions_the_cards_still_show(two: Path, change: Callable[[Path], None], said: str) -> None:
    change(two / "second")
    page = view(app(), "Two models")
    assert said in texts(page)
    assert page.segmented_control(key="compare_detail").options == ["Confusions", "F1 by emotion", "Training"]
    assert len(charts(page)) == 2


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"dataset_sha256": "cd" * 32}, "were not evaluated on the same faces"),
        ({"labels_seed": 8}, "evaluated on different faces of this part"),
    ],
    ids=["other dataset", "other faces"],
)
def test_models_that_saw_different_faces(models_dir: Path, changes: dict[str, Any], said: str) -> None:
    make_bundle(models_dir, "first")
    make_bundle(models_dir, "second", **changes)
    page = view(app(), "Two models")
    assert said in texts(page) and "Is the difference real?" not in texts(page)


def test_published_beside_measured(two: Path) -> None:
    page = view(app(), "Published and measured")
    shown = page.table[0].value
    assert shown["published"].tolist()[0] == "50.00%"
    assert "on its own protocol, here" not in shown.columns
    assert "FIRST after A system" in texts(page)


def test_the_figure_on_the_system_s_own_protocol_stands_between_them(two: Path) -> None:
    own = {"accuracy": 0.61, "n": 20, "protocol": "split in its own way", "epochs": 3}
    change_card(two / "first", reported={"system": "S", "test_accuracy": 0.7, "own_protocol": own})
    page = view(app(), "Published and measured")
    shown = page.table[0].value
    assert list(shown.columns)[:3] == ["published", "on its own protocol, here", "measured"]
    assert shown["on its own protocol, here"].tolist() == ["61.0%"]
    assert "split in its own way" in texts(page)


def test_robustness_curves_are_the_cards(two: Path) -> None:
    page = view(app(), "Robustness")
    assert len(charts(page)) == 9 and "different faces" not in texts(page)
    drawn = page.dataframe[0].value.groupby("model")["accuracy"].agg(list)
    assert drawn["FIRST"] == made_robustness(0.7)["curves"]["brightness"]["accuracy"]
    assert drawn["SECOND"] == made_robustness(0.6)["curves"]["brightness"]["accuracy"]


@pytest.mark.parametrize(
    ("robustness", "said"),
    [({}, "Not tested for robustness yet: SECOND"), (made_robustness() | {"n": 3}, "tested on different faces")],
    ids=["none", "other faces"],
)
def test_robustness_that_does_not_compare(two: Path, robustness: dict[str, Any], said: str) -> None:
    change_card(two / "second", robustness=robustness)
    assert said in texts(view(app(), "Robustness"))


def test_milliseconds_are_measured_here(real: Path) -> None:
    page = app()
    page = checked(page.button(key="compare_measure").click().run())
    assert (page.dataframe[0].value["milliseconds"] > 0).all()
    assert charts(page)[0]["layer"][0]["encoding"]["x"]["field"] == "milliseconds"


def test_a_network_that_does_not_load_is_named(real: Path) -> None:
    network = (real / "twin").rename(real / "spoilt") / "model.tflite"  # a name that no other test has loaded
    network.write_bytes(bytes(network.stat().st_size))
    page = app()
    page = checked(page.button(key="compare_measure").click().run())
    assert page.dataframe[0].value["milliseconds"].notna().tolist() == [False, True], "spoilt, tiny"
    assert "Model spoilt is unavailable" in page.warning[0].value and "damaged" in page.warning[0].value


@pytest.mark.parametrize(("kind", "start"), [("png", b"\x89PNG"), ("svg", b"<svg")])
def test_chart_files(kind: str, start: bytes) -> None:
    rows = [{"x": 0, "y": 0, "curve": "a"}, {"x": 1, "y": 1, "curve": "a"}]
    assert chart_file(curve_chart(rows, "x", "y", chance=True), kind).startswith(start)


@pytest.mark.parametrize("path", sorted((ROOT / "pages").glob("*compare*.py")), ids=lambda path: path.name)
def test_pages_import_no_heavy_library(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    modules = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    modules |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    roots = {module.split(".")[0] for module in modules}
    assert not roots & {"cv2", "keras", "tensorflow", "ai_edge_litert"}
