"""Times as people write them."""

import pytest

from fer_core.utils.clock import parse_time


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", 0.0), ("90", 90.0), ("7.25", 7.25), ("1:30", 90.0), ("0:01:30.5", 90.5), ("2:00:00", 7200.0), (" 5 ", 5.0)],
)
def test_times_are_read(text: str, seconds: float) -> None:
    assert parse_time(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "x", "-1", "1:2:3:4", "1.5:00", "1:", "nan", "1e3", "."])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="Expected"):
        parse_time(text)
