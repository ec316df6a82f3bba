"""The bundles of a folder: which there are, which damage is named, what may be missing."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from fer_core import ModelError, list_models, load_model
from fer_core.bundle.card import CARD_NAME, MODEL_NAME
from fer_core.bundle.registry import (
    bundle_folder,
    folders_text,
    model_folders,
    no_models_text,
    read_bundles,
    user_models_dir,
)
from fer_core.reporting.leaderboard import COLUMNS, leaderboard_table, score_row
from fer_core.reporting.published import published_rows
from tests.support.synthetic_bundles import change_card, make_bundle, synthetic_robustness


def named(folder: Path, source: Path, name: str, **changes: Any) -> None:
    shutil.copytree(source, folder / name)
    card = json.loads((folder / name / CARD_NAME).read_text()) | changes
    (folder / name / CARD_NAME).write_text(json.dumps(card))


def test_recommended_come_first_then_flagships_then_names_then_broken_ones(bundle: Path) -> None:
    folder = bundle.parent
    named(folder, bundle, "y-best", recommended=True)
    named(folder, bundle, "x-best", recommended=True, flagship=True, purpose="speed")
    for name, flagship in (("b-flag", True), ("a", False), ("a-flag", True), ("z", False)):
        named(folder, bundle, name, flagship=flagship)
    named(folder, bundle, "aa-broken", emotions=["happy"])
    (folder / "no-card").mkdir()
    (folder / "file.txt").write_text("x")
    shutil.copytree(bundle, folder / ".half-written")
    assert list_models(folder) == ["x-best", "y-best", "a-flag", "b-flag", "a", "tiny", "z", "aa-broken"]


@pytest.mark.parametrize("form", [str, Path])
def test_a_bundle_loads_by_path(bundle: Path, form: type) -> None:
    assert load_model(form(bundle)).name == "tiny"


def test_a_dropped_copy_is_a_model_of_its_own(bundle: Path) -> None:
    shutil.copytree(bundle, bundle.with_name("copy"))
    assert list_models(bundle.parent) == ["copy", "tiny"]
    assert [load_model(name, bundle.parent).name for name in ("copy", "tiny")] == ["copy", "tiny"]


@pytest.mark.parametrize("folder", ["absent", "empty"])
def test_no_bundles(tmp_path: Path, folder: str) -> None:
    (tmp_path / "empty").mkdir()
    assert list_models(tmp_path / folder) == []
    with pytest.raises(ModelError, match=r"There is no model 'cnn'\. There are no models under "):
        load_model("cnn", tmp_path / folder)


@pytest.mark.parametrize("name", ["nope", "", "..", "a\0b", "x" * 300, "tiny/model.tflite"])
def test_unknown_names_are_answered_with_the_known_ones(bundle: Path, name: str) -> None:
    with pytest.raises(ModelError, match="Known models: tiny"):
        load_model(name, bundle.parent)


# --- where they lie


def test_the_given_folder_alone_then_the_variable_then_the_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_MODELS_DIR", str(tmp_path / "named"))
    assert model_folders(tmp_path) == (tmp_path,) and folders_text(tmp_path) == str(tmp_path)
    assert model_folders() == (tmp_path / "named",)
    monkeypatch.delenv("FER_MODELS_DIR")
    assert model_folders() == (Path(__file__).resolve().parents[2] / "models",)


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """As where the package is installed: the user's folder and the package's own."""
    monkeypatch.delenv("FER_MODELS_DIR", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr("fer_core.bundle.registry.CHECKOUT", tmp_path / "site-packages")
    monkeypatch.setattr("fer_core.bundle.registry.PACKAGE", tmp_path / "site-packages" / "fer_core")
    return tmp_path / "data" / "facial-emotions" / "models", tmp_path / "site-packages" / "fer_core" / "models"


def test_an_installed_package_looks_in_the_users_folder_and_then_in_its_own(installed: tuple[Path, Path]) -> None:
    own, shipped = installed
    assert user_models_dir() == own and model_folders() == (own, shipped)
    assert folders_text() == f"{own} or {shipped}"
    assert list_models() == []
    make_bundle(shipped, "cnn")
    make_bundle(shipped, "mobilenet", seed=1, recommended=True)
    assert list_models() == ["mobilenet", "cnn"]
    make_bundle(own, "cnn", title="Mine", flagship=True)
    make_bundle(own, "adapted", seed=2)
    assert list_models() == ["mobilenet", "cnn", "adapted"]
    assert bundle_folder("cnn") == own / "cnn" and bundle_folder("mobilenet") == shipped / "mobilenet"
    bundles, broken = read_bundles()
    assert [bundle.card.title for bundle in bundles] == ["MOBILENET", "Mine", "ADAPTED"] and not broken


@pytest.mark.parametrize(
    ("platform", "below"),
    [("linux", ".local/share"), ("darwin", "Library/Application Support"), ("win32", "AppData/Local")],
)
def test_the_systems_own_folder_for_data(
    platform: str, below: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", platform)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert user_models_dir() == tmp_path / below / "facial-emotions" / "models"


# --- what Compare reads


def broken_json(folder: Path) -> None:
    (folder / CARD_NAME).write_text("{", encoding="utf-8")


BREAKAGES: list[Any] = [
    ("damaged card", broken_json, "damaged"),
    ("no network", lambda folder: (folder / MODEL_NAME).unlink(), "missing"),
    ("network cut off", lambda folder: (folder / MODEL_NAME).write_bytes(b"x"), "its card says"),
    ("evaluation is text", lambda folder: change_card(folder, evaluation={"private_test": "good"}), "private_test"),
    (
        "matrix of 2",
        lambda f: change_card(f, evaluation={"test": {"n": 1, "accuracy": 1.0, "confusion_matrix": [[1]]}}),
        "confusion",
    ),
    (
        "error is text",
        lambda f: change_card(f, evaluation={"test": {"accuracy": 1.0, "ece": "low"}}),
        "evaluation.test.ece: Expected a number",
    ),
    (
        "unknown emotion",
        lambda f: change_card(f, evaluation={"test": {"accuracy": 1.0, "per_class": {"bored": {}}}}),
        "per_class: Expected an emotion",
    ),
    ("multiply-adds are text", lambda folder: change_card(folder, multiply_adds="few"), "multiply_adds"),
    ("history of numbers", lambda folder: change_card(folder, history=[1, 2]), "history"),
    ("settings are text", lambda folder: change_card(folder, training={"settings": "all"}), "settings"),
    ("reported is text", lambda folder: change_card(folder, reported="75 %"), "reported"),
    ("robustness of nothing", lambda folder: change_card(folder, robustness={"curves": 3}), "robustness"),
    (
        "a curve cut off",
        lambda f: change_card(f, robustness=synthetic_robustness() | {"curves": {"blur": {"unit": "", "levels": [1]}}}),
        "robustness",
    ),
]


@pytest.mark.parametrize(("damage", "reason"), [b[1:] for b in BREAKAGES], ids=[b[0] for b in BREAKAGES])
def test_ten_bundles_one_broken(tmp_path: Path, damage: Any, reason: str) -> None:
    for number in range(9):
        make_bundle(tmp_path, f"good-{number}", seed=number)
    damage(make_bundle(tmp_path, "bad", robustness=synthetic_robustness()))
    bundles, broken = read_bundles(tmp_path)
    assert [bundle.name for bundle in bundles] == [f"good-{number}" for number in range(9)]
    assert list(broken) == ["bad"] and reason in broken["bad"]


@pytest.mark.parametrize("part", ["history", "reported", "robustness", "evaluation"])
def test_missing_optional_parts_are_no_damage(tmp_path: Path, part: str) -> None:
    empty = {"history": [], "reported": None, "robustness": {}, "evaluation": {}}
    make_bundle(tmp_path, "plain", **{part: empty[part]})
    (bundle,), broken = read_bundles(tmp_path)
    assert broken == {} and list(score_row(bundle)) == [column.key for column in COLUMNS]
    assert "plain" in leaderboard_table([bundle]).lower()
    assert published_rows(bundle.card)[-1]["figure"] == "test"


@pytest.mark.parametrize(("made", "lack"), [(True, "holds no models"), (False, "does not exist")])
def test_a_named_folder_without_models_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, made: bool, lack: str
) -> None:
    folder = tmp_path / "mine"
    if made:
        folder.mkdir()
    monkeypatch.setenv("FER_MODELS_DIR", str(folder))
    said = f"There are no models under {folder}: the folder that FER_MODELS_DIR names {lack}."
    assert no_models_text() == said
    with pytest.raises(ModelError) as caught:
        load_model("cnn")
    assert str(caught.value) == f"There is no model 'cnn'. {said}"
    assert "FER_MODELS_DIR" not in no_models_text(tmp_path)
