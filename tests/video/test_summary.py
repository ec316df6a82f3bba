"""A video summed up: seconds per emotion, timelines of bounded length."""

import io

import pytest

from fer_core.video.analyze import VideoFrame, analyze_video
from fer_core.video.reader import Video
from fer_core.video.summary import TIMELINE_POINTS, VideoSummary
from tests.support import video_files
from tests.support.stub_models import BRIGHT, BrightnessModel


def test_summary_counts_seconds_and_stays_small() -> None:
    summary = VideoSummary()
    with Video(io.BytesIO(video_files.astronaut())) as video:
        faces = next(analyze_video(video, [BrightnessModel()])).faces
    for index in range(4000):
        summary.add(VideoFrame(index, index * 0.5, 0.0, faces))
    assert summary.seconds == 1999.5 and summary.frames == 4000 and summary.faces == {1}
    assert summary.shares["stub"].sum() == pytest.approx(1999.5)
    points = summary.timeline("stub", 1)
    assert len(points) <= 7 * (TIMELINE_POINTS + 1) and points[-1]["time"] <= 1999.5 + summary.step
    assert summary.main_faces(3) == [1]
    assert any(BRIGHT in line and "100%" in line for line in summary.lines())


def test_an_empty_summary_says_so() -> None:
    assert VideoSummary().lines() == ["0 frames, 0.0 seconds, faces: none found"]
