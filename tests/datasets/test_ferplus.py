"""FER+ votes beside the rows of the challenge file: which label they give, and how a bad file of them is refused."""

from pathlib import Path

import numpy as np
import pytest

from fer_core import DatasetError
from fer_core.datasets.readers import read_dataset
from tests.support import tiny

#   neutral happiness surprise sadness anger disgust fear contempt unknown NF
VOTES = {
    "neutral": ((6, 1, 1, 1, 1, 0, 0, 0, 0, 0), 6),
    "happiness": ((0, 10, 0, 0, 0, 0, 0, 0, 0, 0), 3),
    "surprise": ((1, 1, 5, 0, 0, 0, 3, 0, 0, 0), 5),
    "sadness": ((4, 0, 0, 5, 1, 0, 0, 0, 0, 0), 4),
    "anger": ((2, 0, 0, 2, 3, 1, 1, 1, 0, 0), 0),
    "disgust": ((0, 0, 0, 0, 4, 6, 0, 0, 0, 0), 1),
    "fear": ((0, 0, 4, 0, 0, 0, 6, 0, 0, 0), 2),
    "tie of two": ((5, 5, 0, 0, 0, 0, 0, 0, 0, 0), -1),
    "tie with one outside the seven": ((4, 0, 0, 0, 0, 0, 0, 4, 2, 0), -1),
    "no tie at the top": ((4, 3, 3, 0, 0, 0, 0, 0, 0, 0), 6),
    "contempt": ((1, 0, 0, 0, 2, 0, 0, 7, 0, 0), -1),
    "unknown": ((3, 0, 0, 0, 0, 0, 0, 0, 7, 0), -1),
    "no face": ((0, 0, 0, 0, 0, 0, 0, 0, 0, 10), -1),
    "no votes": ((0,) * 10, -1),
}


def test_ferplus_takes_the_most_voted_of_the_seven(tmp_path: Path) -> None:
    data = tiny.faces(2)
    path = tiny.write_csv(tmp_path / "fer2013.csv", {"Training": data})
    votes = tiny.write_votes(tmp_path / "votes.csv", [("Training", counts) for counts, _ in VOTES.values()])
    found = read_dataset(path, votes)
    assert found.ferplus is not None and found.votes is not None
    labels = dict(zip(VOTES, found.ferplus.tolist(), strict=True))
    assert labels == {name: label for name, (_, label) in VOTES.items()}
    anger = VOTES["anger"][0]  # angry, disgust, fear, happy, sad, surprise, neutral; contempt is none of them
    assert found.votes[list(VOTES).index("anger")].tolist() == [anger[i] for i in (4, 5, 6, 1, 3, 2, 0)]
    assert found.votes[-1].tolist() == [0] * 7


NEUTRAL = (10, 0, 0, 0, 0, 0, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("usages", "said"),
    [
        pytest.param(["Training"] * 6, "6 rows of votes for 7 faces", id="a row short"),
        pytest.param(["Training"] * 8, "8 rows of votes for 7 faces", id="a row more"),
        pytest.param(["PublicTest"] + ["Training"] * 6, "their parts differ", id="other parts"),
        pytest.param(["?"] * 7, "their parts differ", id="unknown parts"),
    ],
)
def test_refuses_votes_of_other_rows(tmp_path: Path, usages: list[str], said: str) -> None:
    path = tiny.write_csv(tmp_path / "fer2013.csv", {"Training": tiny.faces(1)})
    votes = tiny.write_votes(tmp_path / "votes.csv", [(usage, NEUTRAL) for usage in usages])
    with pytest.raises(DatasetError, match=said):
        read_dataset(path, votes)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(None, "No FER. votes at", id="missing"),
        pytest.param(b"", "not a FER. file", id="empty"),
        pytest.param(b"a,b\n1,2\n", "not a FER. file", id="other columns"),
        pytest.param(np.random.default_rng(0).bytes(999), "not a FER. file", id="noise"),
        pytest.param(
            b"Usage,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF\n"
            + b"Training,x,0,0,0,0,0,0,0,0,0\n" * 7,
            "not a FER. file",
            id="letters for counts",
        ),
        *(
            pytest.param(
                b"Usage,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF\n"
                + b"Training,%s,9,0,0,0,0,0,0,0,0\n" % votes * 7,
                "not a FER. file",
                id=f"{name} for a count",
            )
            for name, votes in {"nothing": b"", "less than none": b"-1", "a huge number": b"9" * 400}.items()
        ),
    ],
)
def test_refuses_a_bad_file_of_votes(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tiny.write_csv(tmp_path / "fer2013.csv", {"Training": tiny.faces(1)})
    if content is not None:
        (tmp_path / "votes.csv").write_bytes(content)
    with pytest.raises(DatasetError, match=said):
        read_dataset(path, tmp_path / "votes.csv")


def test_votes_need_the_csv(tmp_path: Path) -> None:
    votes = tiny.write_votes(tmp_path / "votes.csv", [])
    with pytest.raises(DatasetError, match="go by row"):
        read_dataset(tiny.one_folder(tmp_path / "faces"), votes)
