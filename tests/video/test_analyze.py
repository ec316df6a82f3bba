"""The faces of a video, and the files that are written on the way."""

import csv
import io
import itertools
from pathlib import Path

import numpy as np
import pytest

from fer_core import ImageError
from fer_core.emotions import EMOTIONS
from fer_core.video.analyze import VIDEO_FIELDS, VideoFrame, analyze_video
from fer_core.video.reader import Video
from tests.support import video_files
from tests.support.stub_models import BrightnessModel


@pytest.fixture(scope="module")
def clip() -> bytes:
    return video_files.astronaut()


def analysed(data: bytes, **options: object) -> list[VideoFrame]:
    with Video(io.BytesIO(data)) as video:
        return list(analyze_video(video, [BrightnessModel()], **options))  # type: ignore[arg-type]


def test_every_frame_has_its_face_and_its_rows(clip: bytes) -> None:
    frames = analysed(clip)
    assert [frame.index for frame in frames] == list(range(10))
    assert {face.id for frame in frames for face in frame.faces} == {1}
    assert frames[0].progress == 0 and frames[-1].progress == pytest.approx(0.9, abs=0.1)
    rows = [row for frame in frames for row in frame.to_rows()]
    assert all(tuple(row) == VIDEO_FIELDS for row in rows) and len(rows) == 10
    assert rows[3]["time"] == pytest.approx(0.3, abs=0.01)
    assert sum(rows[3][emotion] for emotion in EMOTIONS) == pytest.approx(1, abs=0.001)


def test_annotated_copy_plays_and_shows_boxes(clip: bytes, tmp_path: Path) -> None:
    copy = tmp_path / "copy.mp4"
    analysed(clip, annotated=copy)
    with Video(copy) as annotated, Video(io.BytesIO(clip)) as source:
        assert (annotated.info.width, annotated.info.height) == (640, 480)
        assert annotated.info.duration == pytest.approx(source.info.duration, abs=0.15)
        pairs = list(zip(annotated.frames(), source.frames(), strict=True))
    assert len(pairs) == 10
    for (own, drawn), (theirs, plain) in pairs:
        assert own == pytest.approx(theirs, abs=0.002)
        assert (np.abs(drawn.astype(int) - plain) > 60).any(axis=2).sum() > 500


@pytest.mark.parametrize("output", ["annotated", "csv"])
def test_a_file_that_cannot_be_written_is_named(output: str, clip: bytes, tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"copy\.x cannot be written"):
        analysed(clip, **{output: tmp_path / "no folder" / "copy.x"})


@pytest.mark.parametrize("count", [0, 1, 3, 4])
def test_closing_early_completes_the_files(count: int, clip: bytes, tmp_path: Path) -> None:
    table, copy = tmp_path / "rows.csv", tmp_path / "copy.mp4"
    with Video(io.BytesIO(clip)) as video:
        frames = analyze_video(video, [BrightnessModel()], csv=table, annotated=copy)
        assert len(list(itertools.islice(frames, count))) == count
        frames.close()
    if count == 0:
        assert not table.exists() and not copy.exists()
        return
    rows = list(csv.DictReader(table.open(encoding="utf-8")))
    assert len(rows) == count and tuple(rows[0]) == VIDEO_FIELDS
    with Video(copy) as written:
        assert len(list(written.frames())) == count


def test_video_without_faces() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (120, 160, 3), dtype=np.uint8)
    frames = analysed(video_files.encode([noise] * 5))
    assert [frame.faces for frame in frames] == [()] * 5


def test_a_video_may_be_closed_while_its_frames_are_read() -> None:
    clip = video_files.astronaut()
    for _ in range(20):
        with Video(io.BytesIO(clip)) as video:
            frames = analyze_video(video, [BrightnessModel()])
            first = next(frames)
        assert first.index == 0 and 1 <= 1 + len(list(frames)) <= 10


def test_the_copy_shows_the_faces_that_are_reported(clip: bytes, tmp_path: Path) -> None:
    with_copy = analysed(clip, annotated=tmp_path / "copy.mp4")
    for own, alone in zip(with_copy, analysed(clip), strict=True):
        assert own.to_rows() == alone.to_rows(), "with a copy all is done by one thread"
