"""`adapt`: what it prints, keeps and refuses, and its exit codes."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from fer_core import list_models, load_model
from fer_core.bundle import bundle_folder
from fer_core.cli.parser import main
from fer_core.emotions import EMOTIONS
from fer_core.image import encode_png
from tests.support.patterns import RANDOM, drawn_faces

BASE = "everyday"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Patterns that are taken whole, 8 for each of two emotions that the base does not see in them."""
    model = load_model(BASE) if BASE in list_models() else pytest.skip(f"models/ holds no {BASE}")
    common = np.bincount(model.predict_proba(RANDOM[:16]).argmax(axis=1), minlength=7).argsort()[:2]
    for index, face in enumerate(drawn_faces()):
        place = tmp_path / "data" / EMOTIONS[common[index % 2]]
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{index}.png").write_bytes(encode_png(np.dstack([face] * 3)))
    return tmp_path / "data"


def test_it_learns_writes_and_the_model_is_there(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    models = tmp_path / "models"
    options = ("adapt", "--data", str(data), "--model", BASE, "--name", "mine", "--models-dir", str(models))
    assert main(options) == 0
    out = capsys.readouterr().out
    assert (
        "16 faces, five-fold cross-validation" in out
        and f"before ({BASE})" in out
        and f"Written: {models / 'mine'}" in out
    )
    assert load_model("mine", models).card.base["name"] == BASE
    assert main(["models", "--models-dir", str(models)]) == 0
    assert capsys.readouterr().out.splitlines()[2].split()[:2] == ["mine", "mine"]
    assert main(["evaluate", "--data", str(data), "--model", "mine", "--models-dir", str(models)]) == 0
    assert "16 faces" in capsys.readouterr().out
    before = (models / "mine" / "card.json").read_bytes()
    assert main(options) == 2 and "--replace" in capsys.readouterr().err
    assert (models / "mine" / "card.json").read_bytes() == before
    assert main([*options, "--replace"]) == 0


def test_what_is_not_better_is_not_kept_unless_asked_for(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from fer_core.adaptation import Comparison

    monkeypatch.setattr(Comparison, "is_better", False)
    models = tmp_path / "models"
    options = ("adapt", "--data", str(data), "--name", "mine", "--models-dir", str(models))
    assert main(options) == 0 and "Not kept" in capsys.readouterr().out and not (models / "mine").exists()
    assert main([*options, "--keep"]) == 0 and (models / "mine" / "head.npz").is_file()


def one_class(data: Path) -> None:
    for folder in sorted(data.iterdir())[1:]:
        shutil.rmtree(folder)


def two_faces(data: Path) -> None:
    for folder in data.iterdir():
        for path in sorted(folder.iterdir())[1:]:
            path.unlink()


def emptied(data: Path) -> None:
    shutil.rmtree(data)
    data.mkdir()


BAD = {
    "one class only": (one_class, "two emotions or more"),
    "two faces in all": (two_faces, "10 faces or more"),
    "empty folder": (emptied, "holds no picture in a folder that names an emotion"),
    "no folder": (shutil.rmtree, "Expected a folder of pictures"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_data_is_one_line(case: str, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    damage, reason = BAD[case]
    if case == "one class only":
        for path in list(sorted(data.iterdir())[1].iterdir()):
            shutil.move(path, sorted(data.iterdir())[0] / path.name)
    damage(data)
    assert main(["adapt", "--data", str(data), "--name", "mine", "--models-dir", str(tmp_path / "models")]) == 2
    err = capsys.readouterr().err
    assert reason in err and err.count("\n") == 1
    assert not (tmp_path / "models").exists()


def test_contradictory_labels_are_named_and_left_out(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = sorted(data.iterdir())
    shutil.copy(next(first.iterdir()), second / "again.png")
    assert main(["adapt", "--data", str(data), "--name", "mine", "--models-dir", str(tmp_path / "models")]) == 1
    captured = capsys.readouterr()
    assert "is labelled" in captured.err and "again.png" in captured.err and "15 faces" in captured.out


def test_a_base_that_is_not_there(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["adapt", "--data", str(data), "--model", "nobody", "--models-dir", str(tmp_path)]) == 2
    assert "There is no model 'nobody'" in capsys.readouterr().err
    assert bundle_folder(BASE)
