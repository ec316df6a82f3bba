"""`label`: which models read, and what is refused; what a job does is in tests/labelling."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from fer_core import analyze, load_model, read_card
from fer_core.bundle import write_card
from fer_core.cli.parser import main
from tests.labelling.test_job import Label, job, label, many, pictures, rows

__all__ = ["label", "pictures"]  # fixtures


def test_the_mean_of_models_labels_too(real: Path, tmp_path: Path) -> None:
    folder, options = many(tmp_path / "many", 1), ("--out", str(tmp_path / "out"), "--workers", "1")
    assert main(["label", str(folder), *options, "--model", "tiny+twin"]) == 0
    (row,) = rows(job(tmp_path))
    mean = load_model("tiny+twin", real)
    (face,) = analyze(next(folder.iterdir()).read_bytes(), [mean]).faces
    assert row["tiny+twin_label"] == face.predictions["tiny+twin"].label


def test_without_a_name_the_recommended_model_labels(real: Path, tmp_path: Path) -> None:
    write_card(replace(read_card(real / "twin"), recommended=True), real / "twin")
    assert main(["label", str(many(tmp_path / "many", 1)), "--out", str(tmp_path / "out"), "--workers", "1"]) == 0
    summary = json.loads((job(tmp_path) / "summary.json").read_text())
    assert summary["models"].keys() == {"twin"}


def test_a_folder_that_cannot_be_written_is_said_in_a_line(
    pictures: Path, label: Label, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert label(pictures, "--out", tmp_path / "file" / "out") == 2
    assert capsys.readouterr().err.startswith(f"error: {tmp_path / 'file' / 'out'} cannot be written: ")
