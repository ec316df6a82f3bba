"""`evaluate` on the command line: models and ensembles on a dataset, beside what their cards say."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from fer_core import load_model
from fer_core.bundle.card import CARD_NAME
from fer_core.datasets.readers import read_dataset
from fer_core.datasets.splits import evaluation_parts
from fer_core.evaluation.metrics import metrics
from tests.conftest import Call, Run
from tests.support import samples, tiny


def test_evaluate_measures_what_the_card_says(call: Call, trained: Run, tmp_path: Path) -> None:
    code, out, err = call("evaluate", "--data", trained.data, "--json", tmp_path / "out.json")
    written = json.loads((tmp_path / "out.json").read_text())
    table, model = read_dataset(trained.data), load_model(trained.bundle)
    assert (code, err) == (0, "") and written["dataset_sha256"] == table.sha256 and written["data"] == "fer2013.csv"
    assert written["models"].keys() == {"tiny"}
    for part, faces in evaluation_parts(table).items():
        expected = metrics(model.predict_proba(faces.faces), faces.labels)
        assert written["models"]["tiny"][part] == json.loads(json.dumps(expected))
        said = model.card.evaluation[part]["accuracy"]
        (line,) = (line for line in out.splitlines() if line.split()[0] == part)
        assert f"accuracy {expected['accuracy']:.4f}" in line and line.endswith(f"card {said:.4f}")


def test_evaluate_on_other_data_shows_no_card(call: Call, tmp_path: Path) -> None:
    data = tiny.write_csv(tmp_path / "fer2013.csv", tiny.parts(tiny.FER_PARTS, seed=8))
    code, out, _ = call("evaluate", "--data", data, "--model", "tiny")
    assert code == 0 and "private_test_clean" in out and "card" not in out


def test_evaluate_an_ensemble(call: Call, trained: Run, bundle: Path, tmp_path: Path) -> None:
    shutil.copytree(bundle, bundle.with_name("other"))
    card = json.loads((bundle.with_name("other") / CARD_NAME).read_text())
    card["calibration"]["temperature"] = 5.0
    (bundle.with_name("other") / CARD_NAME).write_text(json.dumps(card))
    code, out, _ = call(
        "evaluate", "--data", trained.data, "--json", tmp_path / "out.json", "--ensemble", "tiny", "other"
    )
    found = json.loads((tmp_path / "out.json").read_text())["models"]
    part = evaluation_parts(read_dataset(trained.data))["private_test"]
    both = [load_model(name, bundle.parent).predict_proba(part.faces) for name in ("tiny", "other")]
    assert code == 0 and found.keys() == {"tiny + other"} and "tiny + other" in out
    assert found["tiny + other"]["private_test"]["log_loss"] == pytest.approx(
        metrics((both[0] + both[1]) / 2, part.labels)["log_loss"], rel=1e-5
    )


def test_evaluate_counts_and_names_pictures_of_unknown_emotion(call: Call, tmp_path: Path) -> None:
    for name in ("happy/a", "happy/b", "sad/c", "contempt/d", "Contempt_2/deep/e", "loose"):
        file = tmp_path / "faces" / f"{name}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(samples.encode(np.full((48, 48), 90, np.uint8), "PNG"))
    code, out, err = call("evaluate", "--data", tmp_path / "faces", "--model", "tiny")
    assert code == 0 and "tiny" in out
    named = "Contempt_2 (1), contempt (1), faces (1)"
    assert err.strip() == f"3 of 6 pictures are in folders that name no emotion: {named}."


def test_evaluate_with_votes(call: Call, trained: Run, tmp_path: Path) -> None:
    usages = [u for u, n in tiny.FER_PARTS.items() for _ in range(7 * n)]
    votes = tiny.write_votes(tmp_path / "votes.csv", [(u, (0, 10, 0, 0, 0, 0, 0, 0, 0, 0)) for u in usages])
    code, out, _ = call("evaluate", "--data", trained.data, "--ferplus", votes)
    assert code == 0 and "ferplus_test" in out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--data", "nowhere.csv"), "No dataset at nowhere.csv"),
        (("--data", "DATA", "--model", "nope"), "There is no model 'nope'. Known models: tiny."),
        (("--data", "DATA", "--ensemble", "tiny", "nope"), "There is no model 'nope'"),
        (("--data", "DATA", "--ferplus", "nowhere.csv"), "No FER+ votes"),
    ],
    ids=["no data", "unknown model", "unknown model in an ensemble", "no votes"],
)
def test_evaluate_refuses(call: Call, trained: Run, options: tuple[str, ...], said: str) -> None:
    given = [str(trained.data) if option == "DATA" else option for option in options]
    code, out, err = call("evaluate", *given)
    assert code == 2 and out == "" and said in err and len(err.splitlines()) == 1
