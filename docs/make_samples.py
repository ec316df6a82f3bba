"""Draws the samples that the app offers beside the photograph, `fer_core/data/samples/`, with the tests' requirements.

python -m docs.make_samples
"""

import io
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.sync_api import sync_playwright

import fer_core
from docs.people import EXPRESSIONS, LOOKS
from docs.portraits import SIZE, picture, portrait
from tests.support.browser import CHROMIUM

FOLDER: Final = Path(fer_core.__file__).parent / "data" / "samples"
PORTRAITS: Final = {"Ada": "surprise", "Ben": "sad", "Chandra": "angry", "Desta": "neutral"}
GROUP: Final = [  # from back to front: who, how, x, y, scale
    ("Chandra", "angry", 330, 190, 0.78),
    ("Ben", "happy", 690, 180, 0.8),
    ("Desta", "happy", 170, 310, 0.86),
    ("Ada", "sad", 510, 325, 0.86),
    ("Emil", "surprise", 860, 315, 0.86),
]
GROUP_SIZE: Final = (1024, 560)


def main() -> None:
    """Draw all of them."""
    FOLDER.mkdir(exist_ok=True)
    people = [(LOOKS[who], EXPRESSIONS[how], x, y, scale) for who, how, x, y, scale in GROUP]
    drawings = {who.lower(): (portrait(LOOKS[who], EXPRESSIONS[how]), (SIZE, SIZE)) for who, how in PORTRAITS.items()}
    drawings["desta_happy"] = (portrait(LOOKS["Desta"], EXPRESSIONS["happy"]), (SIZE, SIZE))
    drawings["group"] = (picture(people, *GROUP_SIZE, "#d9e2e4"), GROUP_SIZE)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        for name, (svg, (width, height)) in drawings.items():
            page.set_viewport_size({"width": width, "height": height})
            page.set_content(f'<body style="margin: 0">{svg}</body>')
            file = FOLDER / f"{name}.webp"
            Image.open(io.BytesIO(page.screenshot())).convert("RGB").save(file, quality=88, method=6)
            print(f"{file.name}: {file.stat().st_size / 1e3:.0f} kB")
        browser.close()


if __name__ == "__main__":
    main()
