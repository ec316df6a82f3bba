"""`models`: a line per bundle, and those that cannot be used on stderr."""

import json
import re
import shutil
from pathlib import Path

import pytest

from fer_core import read_card
from fer_core.bundle.card import CARD_NAME
from tests.conftest import Call
from tests.support.synthetic_bundles import REAL_FACES_RECORD


def test_models(call: Call, bundle: Path) -> None:
    card = json.loads((bundle / CARD_NAME).read_text())
    card |= {"recommended": True, "evaluation": card["evaluation"] | {"ferplus_test": {"accuracy": 0.1, "n": 10}}}
    card["real_faces"] = REAL_FACES_RECORD | {"accuracy": 0.2}
    (bundle / CARD_NAME).write_text(json.dumps(card))
    code, out, err = call("models")
    header, rule, line = out.splitlines()
    card = read_card(bundle)
    found = card.evaluation["private_test"]
    assert (code, err) == (0, "") and header.startswith("Model ") and set(rule) == {"-", " "}
    cells = dict(zip(re.split(r"  +", header), re.split(r"  +", line), strict=True))
    assert cells == {
        "Model": "tiny",
        "Title": card.title,
        "Network": "compact",
        "Recommended": "yes",
        "Parameters": "1.47 M",
        "File": f"{card.files['model.tflite']['bytes'] / 1e6:.1f} MB",
        "Real faces": "20.0%",
        "Accuracy": f"{found['accuracy']:.1%}",
        "95 % interval": "{:.1%} to {:.1%}".format(*found["accuracy_interval"]),
        "Measured on": "private_test",
        "FER+": "10.0%",
    }


@pytest.mark.parametrize("others", [True, False], ids=["with a good one", "alone"])
def test_models_names_a_broken_bundle(call: Call, bundle: Path, others: bool) -> None:
    if others:
        shutil.copytree(bundle, bundle.with_name("good"))
    (bundle / CARD_NAME).write_text("{")
    code, out, err = call("models")
    assert code == (1 if others else 2) and ("\ngood " in out) == others and "\ntiny " not in out
    assert err.startswith("model tiny is unavailable: ") and len(err.splitlines()) == 1
