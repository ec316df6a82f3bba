"""Which frames are looked at."""

import io

import pytest

from fer_core import ImageError
from fer_core.video.reader import Video
from fer_core.video.sampling import Sampling
from tests.support import video_files


@pytest.mark.parametrize(
    ("sampling", "times", "taken"),
    [
        (Sampling(), [0, 0.1, 0.2], [0, 0.1, 0.2]),
        (Sampling(every=3), [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6], [0, 0.3, 0.6]),
        (Sampling(fps=10), [i / 30 for i in range(7)], [0, 3 / 30, 6 / 30]),
        (Sampling(fps=10), [0.001 * round(33.333 * i) for i in range(7)], [0, 0.1, 0.2]),
        (Sampling(fps=100), [0, 0.1, 0.2], [0, 0.1, 0.2]),
        (Sampling(fps=2), [0, 0.3, 0.9, 1.0, 1.1, 3.7, 3.8, 4.0], [0, 0.9, 1.0, 3.7, 4.0]),
        (Sampling(fps=1, start=0.5), [0.5, 1.0, 1.5, 2.0, 2.5], [0.5, 1.5, 2.5]),
    ],
    ids=["all", "every", "fps", "rounded times", "more than there are", "varying rate", "from a start"],
)
def test_frames_are_chosen(sampling: Sampling, times: list[float], taken: list[float]) -> None:
    chooser = sampling.chooser()
    assert [time for time in times if chooser.takes(time)] == taken


@pytest.mark.parametrize(
    "values",
    [
        {"every": 0},
        {"fps": 0.0},
        {"fps": -1.0},
        {"fps": float("nan")},
        {"fps": 5.0, "every": 2},
        {"start": -1.0},
        {"start": 2.0, "end": 2.0},
    ],
)
def test_senseless_values_are_refused(values: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="Expected"):
        Sampling(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["mp4", "webm", "avi"])
def test_a_part_of_a_film_has_the_frames_and_times_of_the_whole(kind: str) -> None:
    data = video_files.astronaut(kind, seconds=2)
    with Video(io.BytesIO(data)) as video:
        whole = {round(time, 3): image for time, image in video.frames()}
        part = {round(time, 3): image for time, image in video.frames(Sampling(every=2, start=0.6, end=1.5))}
        assert not video.notes
    assert list(part) == pytest.approx([0.6, 0.8, 1.0, 1.2, 1.4], abs=0.002)
    assert all((whole[time] == image).all() for time, image in part.items())


def test_a_start_behind_the_end_is_refused_in_a_line() -> None:
    with Video(io.BytesIO(video_files.astronaut()), "film.mp4") as video:
        with pytest.raises(ImageError, match=r"film\.mp4 ends after 0\.9 seconds"):
            list(video.frames(Sampling(start=5)))
