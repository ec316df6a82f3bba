"""The README's tables are what `python -m fer_core models --markdown` prints of the shipped cards."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from made_bundles import make_bundle

from fer_core.__main__ import main
from fer_core.bundles import read_bundles
from fer_core.published import published_table
from fer_core.scoreboard import markdown_table

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize(("name", "table"), [("results", markdown_table), ("published", published_table)])
def test_the_readme_is_in_step_with_the_cards(name: str, table: Callable[..., str]) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8") if (ROOT / "README.md").is_file() else ""
    block = re.search(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", readme, re.DOTALL)
    if block is None:
        pytest.skip(f"README.md has no <!-- {name} --> block")
    bundles, broken = read_bundles(ROOT / "models")
    if not bundles:
        pytest.skip("models/ holds no bundle")
    assert broken == {}
    assert block[1].strip() == table(bundles), f"renew it with `python -m fer_core models --markdown {name}`"


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
