"""What a training prints and records of itself."""

import pytest

from fer_core.training import terminal


@pytest.mark.parametrize(
    ("argument", "shown"),
    [
        ("/home/me/fer2013.csv", "fer2013.csv"),
        ("C:\\Users\\me\\fer2013.csv", "fer2013.csv"),
        ("--data=/home/me/fer2013.csv", "--data=fer2013.csv"),
        ("72/8/20", "72/8/20"),
        ("--split=72/8/20", "--split=72/8/20"),
        ("--epochs", "--epochs"),
        ("0.5", "0.5"),
    ],
)
def test_a_card_s_command_shows_no_path(argument: str, shown: str) -> None:
    assert terminal._shown(argument) == shown
