"""The Classify page in AppTest, with *Video* chosen as the source."""

from streamlit.testing.v1 import AppTest

from tests.conftest import ROOT


def app() -> AppTest:
    """The page as a visitor finds it who has chosen a video."""
    page = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=300).run()
    return checked(page.segmented_control(key="source").set_value("Video").run())


def checked(page: AppTest) -> AppTest:
    """The page itself, which must show no exception."""
    assert not page.exception, [error.message for error in page.exception]
    return page
