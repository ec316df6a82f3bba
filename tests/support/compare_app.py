"""The Compare page in AppTest: opened through the app, its views, and what stands on it."""

import json
from typing import Any

import pandas as pd
from streamlit.testing.v1 import AppTest

from tests.conftest import ROOT

PAGE = "pages/compare.py"


def app(**address: str) -> AppTest:
    """The page, reached through the app's navigation. address: parameters that stand in its address."""
    page = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=300).switch_page(PAGE)
    for name, value in address.items():
        page.query_params[name] = value
    return checked(page.run())


def leaderboard(page: AppTest) -> pd.DataFrame:
    """The table of all models; the charts above it have tables too."""
    return next(table.value for table in page.dataframe if "parameters" in table.value)


def checked(page: AppTest) -> AppTest:
    assert not page.exception, [error.message for error in page.exception]
    assert [title.value for title in page.title] == ["Compare models"]
    return page


def view(page: AppTest, name: str, detail: str | None = None) -> AppTest:
    page = checked(page.pills(key="compare_view").set_value(name).run())
    if detail:
        page = checked(page.pills(key="compare_detail").set_value(detail).run())
    return page


def texts(page: AppTest) -> str:
    kinds = (page.warning, page.error, page.info, page.success, page.caption, page.markdown, page.header)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def charts(page: AppTest) -> list[dict[str, Any]]:
    """The Vega-Lite specifications of the charts that are shown."""
    return [json.loads(chart.proto.spec) for chart in page.get("vega_lite_chart")]
