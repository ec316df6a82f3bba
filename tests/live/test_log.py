"""The log of a webcam session: bounded memory, the newest entries kept."""

from fer_core.benchmark.frames import portrait_frame
from fer_core.live.log import SessionLog, log_csv
from fer_core.tracking.tracker import FaceTracker
from tests.support.stub_models import BrightnessModel


def test_log_keeps_the_newest_in_bounded_memory() -> None:
    log, tracker = SessionLog(length=300), FaceTracker([BrightnessModel()])
    faces = tracker.update(portrait_frame(), 0.0)
    for second in range(1000):
        log.add(float(second), 1.0, faces)
    rows = log_csv(*log.entries()).splitlines()[1:]
    assert len(rows) == 300
    assert [float(row.split(",")[0]) for row in rows] == [float(second) for second in range(700, 1000)]
    assert len({row["time"] for row in log.timeline("stub", 1000.0, 60.0, 0.5)}) == 60
