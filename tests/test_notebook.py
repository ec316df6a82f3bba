"""notebooks/quickstart.ipynb runs from top to bottom on tiny data, and is committed without outputs."""

import json
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from fer_core import list_models, read_card
from tests.conftest import ROOT
from tests.support import tiny

NOTEBOOK = ROOT / "notebooks" / "quickstart.ipynb"


def outputs(notebook: Any, kind: str) -> list[str]:
    """All outputs of a MIME type, in order; "text": what was printed."""
    found = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    if kind == "text":
        return [output.text for output in found if output.output_type == "stream" and output.name == "stdout"]
    return [output.data[kind] for output in found if kind in output.get("data", {})]


def test_it_runs_from_top_to_bottom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FER_DATA", str(tiny.fer_csv(tmp_path)))
    monkeypatch.setenv("FER_MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    shipped = list_models(ROOT / "models")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    place = {"metadata": {"path": str(NOTEBOOK.parent)}}
    NotebookClient(notebook, timeout=600, kernel_name="python3", resources=place).execute()

    assert list_models(ROOT / "models") == shipped, "nothing is written into the project"
    card = read_card(tmp_path / "models" / "quickstart")
    assert len(card.history) == 1 and card.architecture == "compact"
    said, tables = "".join(outputs(notebook, "text")), outputs(notebook, "text/plain")
    counts = next(table for table in tables if "disgust" in table)
    assert re.search(r"disgust +2 +2 +10 +14\b", counts), counts
    measured = next(table for table in tables if "balanced_accuracy" in table)
    rows = {line.split()[0]: [float(value) for value in line.split()[1:3]] for line in measured.splitlines()[1:]}
    assert rows.keys() == card.evaluation.keys()
    for part, entry in card.evaluation.items():
        assert rows[part] == pytest.approx([entry["n"], entry["accuracy"]], abs=1e-4)
    assert re.search(r"face 1: (angry|disgust|fear|happy|sad|surprise|neutral), \d+%", said), said
    assert "Written: " in said and len(outputs(notebook, "image/png")) == 2  # the matrix and the picture


def test_it_is_committed_bare() -> None:
    content = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    nbformat.validate(content)
    for cell in content["cells"]:
        assert cell["metadata"] == {}
        assert cell["cell_type"] == "markdown" or (cell["outputs"], cell["execution_count"]) == ([], None)
    assert content["metadata"].keys() == {"kernelspec", "language_info"}
