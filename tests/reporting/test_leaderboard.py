"""The documents' tables are what `python -m fer_core models --markdown` prints of the shipped cards."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from fer_core.bundle.registry import read_bundles
from fer_core.cli.parser import main
from fer_core.reporting.leaderboard import leaderboard_table
from fer_core.reporting.published import published_table
from tests.support.synthetic_bundles import make_bundle

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("document", "name", "table"),
    [("README.md", "results", leaderboard_table), ("docs/models.md", "published", published_table)],
)
def test_the_documents_are_in_step_with_the_cards(document: str, name: str, table: Callable[..., str]) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    (block,) = re.findall(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", text, re.DOTALL)
    bundles, broken = read_bundles(ROOT / "models")
    assert bundles and broken == {}
    assert block.strip() == table(bundles), f"renew it with `python -m fer_core models --markdown {name}`"


def test_the_leaderboard_table_says_what_the_cards_say(tmp_path: Path) -> None:
    make_bundle(tmp_path, "a", title="A | B")
    (bundle,), _ = read_bundles(tmp_path)
    header, _, row = leaderboard_table([bundle]).splitlines()
    cells = dict(zip((c.strip() for c in header.split("|")), (c.strip() for c in row.split("|")), strict=True))
    private = bundle.card.evaluation["private_test"]
    assert cells["Model"] == "A / B (a)"
    assert cells["FER-2013 test (PrivateTest)"] == f"{private['accuracy']:.1%}"
    assert cells["Calibration error"] == f"{private['ece']:.3f}"


@pytest.mark.parametrize(
    ("names", "damaged", "code"), [(["a", "b"], [], 0), (["a", "b"], ["b"], 1), (["a"], ["a"], 2), ([], [], 2)]
)
def test_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], names: list[str], damaged: list[str], code: int
) -> None:
    for name in names:
        make_bundle(tmp_path, name)
    for name in damaged:
        (tmp_path / name / "card.json").write_text("{", encoding="utf-8")
    assert main(["models", "--markdown", "--models-dir", str(tmp_path)]) == code
    printed = capsys.readouterr()
    good = [name for name in names if name not in damaged]
    assert [line.split(" |")[0] for line in printed.out.splitlines()[2:]] == [f"| {name.upper()}" for name in good]
    assert [name for name in damaged if f"model {name} is unavailable" not in printed.err] == []


def test_the_command_prints_the_other_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_bundle(tmp_path, "ours")
    make_bundle(tmp_path, "theirs", reproduces="A system", reported={"system": "A system", "test_accuracy": 0.5})
    assert main(["models", "--markdown", "published", "--models-dir", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert printed.strip() == published_table(read_bundles(tmp_path)[0])
    assert [line.split(" |")[0] for line in printed.splitlines()[2:]] == ["| A system"]
