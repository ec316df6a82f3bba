"""Colours on the grounds of both themes: 3:1 for marks, 4.5:1 for text, after WCAG 2.2."""

import tomllib
from pathlib import Path

import cv2
import numpy as np
import pytest

from fer_core.analysis.drawing import contrast
from fer_core.charts.style import DARK_INK, GREY, LIGHT_INK, PALETTE
from fer_core.emotions import COLOURS

ROOT = Path(__file__).resolve().parents[2]
THEMES = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"]
GROUNDS = [THEMES[theme][key] for theme in ("light", "dark") for key in ("backgroundColor", "secondaryBackgroundColor")]
MARKS = {**COLOURS, **{f"palette {index}": colour for index, colour in enumerate(PALETTE)}, "rules": GREY}


def ratio(first: str, second: str) -> float:
    return contrast(_channels(first), _channels(second))


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def test_the_ratio_is_that_of_wcag() -> None:
    assert ratio("#000000", "#FFFFFF") == pytest.approx(21)
    assert ratio("#767676", "#FFFFFF") == pytest.approx(4.54, abs=0.01)  # WCAG's own example of a grey that passes


@pytest.mark.parametrize("mark", MARKS)
def test_marks_stand_out_on_every_ground(mark: str) -> None:
    assert min(ratio(MARKS[mark], ground) for ground in GROUNDS) >= 3


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_texts_and_the_accent_can_be_read(theme: str) -> None:
    own = THEMES[theme]
    ink = {"light": DARK_INK, "dark": LIGHT_INK}[theme]
    for text in (own["textColor"], own["primaryColor"], own["linkColor"], ink):
        assert min(ratio(text, own[key]) for key in ("backgroundColor", "secondaryBackgroundColor")) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_captions_can_be_read(theme: str) -> None:
    """Streamlit writes captions in the text's colour at 60 %."""
    text, ground = (np.array(_channels(THEMES[theme][key])) for key in ("textColor", "backgroundColor"))
    shown = "#" + "".join(f"{value:02x}" for value in np.rint(0.6 * text + 0.4 * ground).astype(int))
    assert ratio(shown, THEMES[theme]["backgroundColor"]) >= 4.5


@pytest.mark.parametrize("first", COLOURS)
def test_no_two_emotions_nor_the_accent_look_alike(first: str) -> None:
    others = [colour for emotion, colour in COLOURS.items() if emotion != first]
    others += [THEMES[theme]["primaryColor"] for theme in ("light", "dark")]
    assert min(_distance(COLOURS[first], colour) for colour in others) > 20


def _distance(first: str, second: str) -> float:
    """Of two colours in CIELAB; about 2 can just be told apart."""
    pixels = np.float32([[[int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)] for colour in (first, second)]])
    a, b = cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB)[0]
    return float(np.linalg.norm(a - b))
