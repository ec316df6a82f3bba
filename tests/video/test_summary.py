"""A video summed up: seconds per emotion."""

import io

import pytest

from fer_core.video.analyze import VideoFrame, analyze_video
from fer_core.video.reader import Video
from fer_core.video.segments import SegmentLog
from fer_core.video.summary import VideoSummary
from tests.support import video_files
from tests.support.stub_models import BRIGHT, BrightnessModel


def test_summary_counts_seconds() -> None:
    summary = VideoSummary()
    with Video(io.BytesIO(video_files.astronaut())) as video:
        faces = next(analyze_video(video, [BrightnessModel()])).faces
    for index in range(4000):
        summary.add(VideoFrame(index, index * 0.5, 0.0, faces))
    assert summary.seconds == 1999.5 and summary.frames == 4000 and summary.faces == {1}
    assert summary.shares["stub"].sum() == pytest.approx(1999.5)
    assert any(BRIGHT in line and "100%" in line for line in summary.lines())


def test_a_stretch_of_a_film_counts_from_its_first_frame() -> None:
    summary, log = VideoSummary(), SegmentLog()
    with Video(io.BytesIO(video_files.astronaut())) as video:
        faces = next(analyze_video(video, [BrightnessModel()])).faces
    for index, shown in enumerate([faces, faces, [], faces]):
        frame = VideoFrame(index, 1800 + index * 0.5, 0.0, shown)
        summary.add(frame)
        log.add(frame)
    assert summary.seconds == 1.5 and summary.shares["stub"].sum() == 1.0
    assert "1.5 seconds" in summary.lines()[0]
    assert [segment.seconds for segment in log.segments()] == [1.0, 0.5], "the last frame alone is counted further"


def test_an_empty_summary_says_so() -> None:
    assert VideoSummary().lines() == ["0 frames, 0.0 seconds, faces: none found"]
