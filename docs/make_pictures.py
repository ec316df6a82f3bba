"""Makes the README's pictures from the app itself, with the tests' requirements.

    python -m docs.make_pictures                     # all of them
    python -m docs.make_pictures classify compare    # an animation of these pages alone

The faces in them are NASA's portrait that ships with the package, of which a film is the camera, and drawn ones.
"""

import io
import itertools
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from PIL import Image
from playwright.sync_api import sync_playwright

from fer_core.benchmark.frames import moving
from tests.support.browser import CHROMIUM, fake_camera, running, wait_until_run
from tests.support.video_files import mjpeg

FOLDER: Final = Path(__file__).parent / "pictures"
_PATIENCE: Final = 300_000  # ms: a machine may be busy with other things
_VIEW: Final = {"width": 1280, "height": 800}
_ANIMATION_WIDTH: Final = 800
_LIVE_FRAMES: Final = 12
_LIVE_STEP: Final = 250  # ms

Frame = tuple[Image.Image, int]
"""A picture with the milliseconds that it stays."""


def main() -> None:
    """Start the app, visit its pages, write the pictures."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        film = Path(folder) / "film.mjpeg"
        every_other = itertools.islice(moving(6), 0, None, 2)
        film.write_bytes(mjpeg((frame for _, frame, _ in every_other), rate=15))
        switches = (*fake_camera(film), "--disable-features=WebRtcHideLocalIpsWithMdns")
        with running(Path(folder) / "log.txt") as server, sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", *switches])
            context = browser.new_context(viewport=_VIEW, color_scheme="light", permissions=["camera"])
            context.set_default_timeout(_PATIENCE)
            page = context.new_page()
            page.goto(server.url)
            shown = [frame for name in sys.argv[1:] or PAGES for frame in PAGES[name](page)]
            browser.close()
    shown[1][0].save(FOLDER / "classify.webp", quality=85, method=6)
    save_animation(shown, FOLDER / "app.webp")
    for path in FOLDER.iterdir():
        print(f"{path.name}: {path.stat().st_size / 1e3:.0f} kB")


def classify(page: Any) -> Iterator[Frame]:
    """The Classify page as it opens, and with the drawn group's result."""
    page.get_by_role("button", name="Group").wait_for()
    settle(page)
    yield shot(page), 2000
    page.get_by_role("button", name="Group").click()
    page.get_by_role("heading", name="group.webp").wait_for()
    settle(page)
    yield shot(page), 2500


def live(page: Any) -> Iterator[Frame]:
    """The Live page while the camera runs."""
    visit(page, "Live")
    streamer = page.frame_locator('iframe[src*="streamlit_webrtc"]')
    streamer.get_by_role("button", name="START").click()
    visible(page, "happy").wait_for()
    page.wait_for_timeout(4000)  # the connection is up; calm labels and the timeline need some seconds
    for _ in range(_LIVE_FRAMES):
        page.wait_for_timeout(_LIVE_STEP)
        yield shot(page), _LIVE_STEP


def compare(page: Any) -> Iterator[Frame]:
    """The Compare page, at its top and further down."""
    visit(page, "Compare")
    page.locator('[data-testid="stVegaLiteChart"]').first.wait_for()
    settle(page)
    yield shot(page), 2500
    for _ in range(2):
        page.mouse.move(_VIEW["width"] / 2, _VIEW["height"] / 2)
        page.mouse.wheel(0, _VIEW["height"] * 0.85)
        settle(page)
        yield shot(page), 1800


PAGES: Final = {"classify": classify, "live": live, "compare": compare}
"""In the order of a visit, which begins on the first."""


def visit(page: Any, name: str) -> None:
    """Go to another page by its link and wait for its heading."""
    print(f"{name} ...", flush=True)
    page.get_by_role("link", name=name).first.click()
    page.get_by_role("heading", name=name).first.wait_for()
    wait_until_run(page)


def visible(page: Any, text: str) -> Any:
    """The first element with this text that is seen."""
    return page.get_by_text(text).locator("visible=true").first


def settle(page: Any) -> None:
    """Wait until the script has run and charts are drawn."""
    wait_until_run(page)
    page.wait_for_timeout(2500)


def shot(page: Any) -> Image.Image:
    """What the window shows."""
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB")


def save_animation(frames: list[Frame], path: Path) -> None:
    """An endless animated WebP of a width that a README shows."""
    height = round(_VIEW["height"] * _ANIMATION_WIDTH / _VIEW["width"])
    size = (_ANIMATION_WIDTH, height)
    first, *others = (image.resize(size, Image.Resampling.LANCZOS) for image, _ in frames)
    durations = [milliseconds for _, milliseconds in frames]
    first.save(path, save_all=True, append_images=others, duration=durations, loop=0, quality=70, method=6)


if __name__ == "__main__":
    main()
