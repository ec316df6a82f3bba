"""The Compare page, run by AppTest: every view with whole, bare and broken bundles; numbers are those of the cards."""

import ast
import io
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from fer_core import EMOTIONS
from fer_core.bundle import REAL_FACES
from fer_core.bundle.registry import read_bundles
from fer_core.charts.style import PALETTE
from fer_core.reporting import RealFaces, store_real_faces
from fer_core.reporting.leaderboard import score_row
from pages.parts.compare.charts import _zipped
from pages.parts.compare.tables import best_in_bold
from tests.support.compare_app import app, charts, checked, leaderboard, texts, view
from tests.support.synthetic_bundles import REAL_FACES_RECORD, change_card, make_bundle, synthetic_robustness

ROOT = Path(__file__).resolve().parents[2]
VIEWS = ("Two models", "All models", "Published and measured", "Robustness", "Your own faces")
DETAILS = ("Confusions", "F1 by emotion", "ROC and precision-recall", "Calibration", "Training")
REPORTED = {"system": "A system", "validation_accuracy": 0.5, "data": "its validation part"}


@pytest.fixture
def two(models_dir: Path) -> Path:
    """models_dir with two bundles that have every part."""
    for seed, name in enumerate(("first", "second")):
        whole: dict[str, Any] = {"reported": REPORTED, "robustness": synthetic_robustness(0.7 - seed / 10)}
        make_bundle(models_dir, name, 1.6 - seed / 2, seed, flagship=True, **whole)
    return models_dir


def test_ten_bundles_one_broken(two: Path) -> None:
    for number in range(7):
        make_bundle(two, f"more-{number}", 1 + number / 10, number)
    (make_bundle(two, "bad") / "card.json").write_text("{", encoding="utf-8")
    page = app(view="all")
    table = leaderboard(page)
    assert "Model bad is left out: card.json is damaged" in page.warning[0].value
    rows = sorted(map(score_row, read_bundles(two)[0]), key=lambda row: -row["accuracy"])
    assert len(rows) == 9 and table["model"].tolist() == [row["model"] for row in rows], "best first"
    assert table["accuracy"].tolist() == pytest.approx([100 * row["accuracy"] for row in rows])
    assert "milliseconds" not in table, "an empty column says nothing"


def test_all_models_reads_cards_only(two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("a table of cards must not read networks or predictions")

    for place in (
        "fer_core.bundle.card.read_file",
        "fer_core.bundle.registry.read_file",
        "fer_core.bundle.predictions.read_file",
    ):
        monkeypatch.setattr(place, never)
    assert len(leaderboard(app(view="all"))) == 2


def test_opening_tells_first_whether_the_difference_is_real(two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("a page that opens must not read networks")

    monkeypatch.setattr("fer_core.bundle.registry.read_file", never)
    page = app()
    assert "Is the difference real?" in page.markdown[0].value and "Of the same 300 faces" in page.info[0].value


def test_a_bundle_dropped_into_the_folder_appears(two: Path) -> None:
    page = app(view="all")
    make_bundle(two, "new", 0.2)
    assert leaderboard(page.run())["model"].tolist() == ["FIRST", "SECOND", "NEW"]
    shutil.rmtree(two / "second")
    assert leaderboard(page.run())["model"].tolist() == ["FIRST", "NEW"]


def test_real_faces_come_first_where_a_card_has_them(two: Path) -> None:
    change_card(two / "second", real_faces=REAL_FACES_RECORD)
    page = app(view="all")
    table = leaderboard(page)
    assert list(table.columns)[:3] == ["model", "real_faces", "real_balanced"]
    assert table["model"].tolist() == ["SECOND", "FIRST"] and table["real_faces"][0] == 60
    drawn = [chart["title"] for chart in charts(page)]
    assert drawn[:2] == ["Real faces, found and classified", "FER-2013 test part (PrivateTest)"]
    assert "a set (20 pictures, detector auto)" in texts(page)
    change_card(two / "first", real_faces=REAL_FACES_RECORD | {"sha256": "1" * 64})
    assert "Real faces are of different sets" in texts(page.run())


def test_the_best_figure_of_a_column_is_bold(two: Path) -> None:
    frame = pd.DataFrame({"model": ["a", "b"], "accuracy": [70.0, 60.0], "ece": [0.03, 0.02], "parameters": [1.0, 2.0]})
    styles = best_in_bold(frame)._compute().ctx
    assert {(row, frame.columns[column]) for (row, column), style in styles.items() if style} == {
        (0, "accuracy"),
        (1, "ece"),
    }


def test_the_address_keeps_view_and_models(two: Path) -> None:
    make_bundle(two, "third", seed=5)
    page = app(view="pair", models="third,first")
    chosen = [page.selectbox(key=f"compare_{which}").value for which in ("first", "second")]
    assert chosen == ["third", "first"]
    page = checked(page.selectbox(key="compare_second").set_value("second").run())
    assert page.query_params["models"] == "third,second" and page.query_params["view"] == "pair"
    page = view(page, "Robustness")
    assert page.query_params["view"] == "robustness"
    assert page.query_params["models"] == "second", "the third was not tested"
    page = app(view="nonsense", models="nobody")
    assert page.pills(key="compare_view").value == "Two models"
    assert page.selectbox(key="compare_first").value == "first"


def test_two_models_on_real_faces(two: Path) -> None:
    labels = np.repeat(np.arange(7, dtype=np.uint8), 4)
    correct = np.eye(7, dtype=np.float32)[labels]
    wrong = np.roll(correct, 1, axis=1)
    for folder, probabilities in ((two / "first", correct), (two / "second", np.vstack([correct[:14], wrong[14:]]))):
        measured = RealFaces(labels, np.arange(28) < 27, {folder.name: probabilities}, "auto")
        about = {"data": "a set", "source": "somebody", "sha256": "ab" * 32, "detector": "auto"}
        store_real_faces(folder, measured, folder.name, about)
    page = app(view="pair", models="first,second")
    assert page.selectbox(key="compare_part").value == REAL_FACES
    said = texts(page)
    assert "Of the same 27 faces, FIRST alone is correct on 13" in said
    assert "28 labelled pictures, a set (somebody), by the detector auto; in 1 of them no face was found" in said
    for detail in DETAILS:
        assert charts(view(page, "Two models", detail))


def test_everything_of_a_view_in_one_zip(two: Path) -> None:
    page = app(view="all")
    files = page.session_state["compare_files"]
    with zipfile.ZipFile(io.BytesIO(_zipped(files))) as archive:
        assert set(archive.namelist()) == set(files) and len(files) == 7
        table = archive.read("models.csv").decode()
        assert archive.read("cost.png").startswith(b"\x89PNG")
    assert table.count("\n") == 3 and "FIRST" in table
    assert page.get("download_button")[-1].label == "Everything on this page as ZIP"


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
        change_card(make_bundle(two, bare, reported=REPORTED, robustness=synthetic_robustness(0.5)), **changes)
    view(app(), name)


@pytest.mark.parametrize("bare", ["no-history", "no-evaluation", "accuracy-alone", "losses-only"])
def test_two_models_with_missing_parts(two: Path, bare: str) -> None:
    for name in ("first", "second"):
        change_card(two / name, **BARE[bare])
    page = view(app(), "Two models")
    for detail in page.pills(key="compare_detail").options if "Detail" in [p.label for p in page.pills] else ():
        view(page, "Two models", detail)


@pytest.mark.parametrize("detail", DETAILS)
def test_details_of_two_models(two: Path, detail: str) -> None:
    page = view(app(), "Two models", detail)
    expected = {DETAILS[0]: 2, DETAILS[1]: 1, DETAILS[2]: 4, DETAILS[3]: 2, DETAILS[4]: 5}[detail]
    assert len(charts(page)) == expected
    downloads = [button.label for button in page.get("download_button")]
    assert downloads[:-1] == ["PNG", "SVG", "CSV"] * expected, "every chart has its files"
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


def test_the_choice_is_there_after_another_page(two: Path) -> None:
    make_bundle(two, "third", seed=5)
    page = view(app(), "Two models")
    page = checked(page.selectbox(key="compare_second").set_value("third").run())
    page.switch_page("pages/classify.py").run()
    page = checked(page.switch_page("pages/compare.py").run())
    assert page.pills(key="compare_view").value == "Two models"
    assert page.selectbox(key="compare_second").value == "third"


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
    assert page.pills(key="compare_detail").options == ["Confusions", "F1 by emotion", "Training"]
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
    assert all(chart["encoding"]["color"]["legend"] is None for chart in charts(page)), "one legend, above them all"
    legend = "".join(element.proto.body for element in page.get("html"))
    assert "FIRST" in legend and "SECOND" in legend and "<svg" not in legend, "Streamlit takes drawings out"
    first, second = PALETTE[:2]
    assert f"{first} 0px 1px," in legend and f"{second} 0px 6px,transparent 6px 9px" in legend
    drawn = page.dataframe[0].value.groupby("model")["accuracy"].agg(list)
    assert drawn["FIRST"] == synthetic_robustness(0.7)["curves"]["brightness"]["accuracy"]
    assert drawn["SECOND"] == synthetic_robustness(0.6)["curves"]["brightness"]["accuracy"]


@pytest.mark.parametrize(
    ("robustness", "said"),
    [({}, "Not tested for robustness yet: SECOND"), (synthetic_robustness() | {"n": 3}, "tested on different faces")],
    ids=["none", "other faces"],
)
def test_robustness_that_does_not_compare(two: Path, robustness: dict[str, Any], said: str) -> None:
    change_card(two / "second", robustness=robustness)
    assert said in texts(view(app(), "Robustness"))


def test_milliseconds_are_measured_here(real: Path) -> None:
    page = app(view="all")
    page = checked(page.button(key="compare_measure").click().run())
    table = leaderboard(page)
    assert (table["milliseconds"] > 0).all() and table["milliseconds_span"].str.match(r"[\d.]+ to [\d.]+$").all()
    assert charts(page)[-1]["layer"][0]["encoding"]["x"]["field"] == "milliseconds"


def test_a_network_that_does_not_load_is_named(real: Path) -> None:
    network = (real / "twin").rename(real / "spoilt") / "model.tflite"  # a name that no other test has loaded
    network.write_bytes(bytes(network.stat().st_size))
    page = app(view="all")
    page = checked(page.button(key="compare_measure").click().run())
    times = leaderboard(page).set_index("model")["milliseconds"].notna().to_dict()
    assert sorted(times.values()) == [False, True]
    assert "Model spoilt is unavailable" in page.warning[0].value and "damaged" in page.warning[0].value


COMPARE = [ROOT / "pages/compare.py", *sorted((ROOT / "pages/parts/compare").glob("*.py"))]


@pytest.mark.parametrize("path", COMPARE, ids=lambda path: path.name)
def test_pages_import_no_heavy_library(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    modules = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    modules |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    roots = {module.split(".")[0] for module in modules}
    assert not roots & {"cv2", "keras", "tensorflow", "ai_edge_litert"}
