"""Frame rate, processing time and dropped frames of a stream."""

import numpy as np
import pytest

from fer_core.live.statistics import StreamStatistics


def test_nothing_yet() -> None:
    statistics = StreamStatistics()
    assert statistics.frames_per_second(1.0) == 0 and statistics.processing_ms() == (0, 0)
    assert statistics.seconds_since_last(1.0) == float("inf") and statistics.dropped == 0


def test_rate_and_times_are_of_late() -> None:
    statistics = StreamStatistics()
    for index in range(100):
        statistics.add(index / 10, None, 100.0 if index >= 90 else 1.0)
    assert statistics.frames_per_second(9.9) == pytest.approx(10)
    assert statistics.frames_per_second(99.0) == 0
    assert statistics.processing_ms() == (1.0, 100.0)
    for index in range(300):
        statistics.add(100 + index / 30, None, 2.0)
    assert statistics.frames_per_second(110.0) == pytest.approx(30, abs=0.5)
    assert statistics.processing_ms() == (2.0, 2.0)
    assert statistics.seconds_since_last(112.0) == pytest.approx(112 - 100 - 299 / 30)


@pytest.mark.parametrize(
    ("times", "dropped"),
    [
        pytest.param([0, 1, 2, 3], 0, id="even"),
        pytest.param([0, 2, 4, 6], 0, id="half the rate"),
        pytest.param([*range(20), 22, 23], 2, id="a gap"),
        pytest.param([0, 1, 4, 5], 0, id="too few to know the camera's rate"),
        pytest.param([0, 1, 100, 101], 0, id="a stop"),
        pytest.param([10, 11, 0, 1], 0, id="another stream"),
        pytest.param([5, 5, 5], 0, id="standing"),
    ],
)
def test_dropped(times: list[int], dropped: int) -> None:
    statistics = StreamStatistics()
    for time in times:
        statistics.add(0.0, time / 30, 1.0)
    assert statistics.dropped == dropped


def test_jitter_is_no_loss_and_the_count_stays_possible() -> None:
    statistics, rng = StreamStatistics(), np.random.default_rng(0)
    taken = np.arange(900) / 30 + rng.normal(0, 0.003, 900)
    taken[450] = taken[449] + 0.002  # one that comes right after another
    for time in np.sort(taken):
        statistics.add(0.0, float(time), 1.0)
    assert statistics.dropped <= 9, "of 900 that all came"
    kept = np.sort(taken)[rng.random(900) < 0.6]
    statistics = StreamStatistics()
    for time in kept:
        statistics.add(0.0, float(time), 1.0)
    assert 0.6 * (900 - len(kept)) <= statistics.dropped <= 900 - len(kept) + 9


def test_camera_time_goes_on_through_a_new_stream() -> None:
    statistics = StreamStatistics()
    seen = []
    for now, timestamp in ((100.0, 0.0), (100.6, 0.5), (130.0, 0.0), (130.5, 0.5), (131.0, None)):
        seen.append(statistics.camera_time(now, timestamp))
        statistics.add(now, timestamp, 1.0)
    assert seen == [100.0, 100.5, 130.0, 130.5, 131.0]
