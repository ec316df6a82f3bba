"""Videos: what is read, what is refused and how, what comes out of them."""

import csv
import gc
import io
import itertools
from pathlib import Path

import numpy as np
import pytest
import video_files
from numpy.typing import NDArray
from stub_models import BRIGHT, BrightnessModel

from fer_core import ImageError
from fer_core.__main__ import main
from fer_core.emotions import EMOTIONS
from fer_core.images import MAX_VIDEO_BYTES, sample_image
from fer_core.model import list_models
from fer_core.video import LONGER_SIDE, VIDEO_FIELDS, Video, VideoFrame
from fer_core.video_copy import VideoCopy
from fer_core.video_report import TIMELINE_POINTS, VideoSummary, report, summary_lines


@pytest.fixture(scope="module")
def clip() -> bytes:
    return video_files.astronaut()


def analysed(data: bytes, **options: object) -> list[VideoFrame]:
    with Video(io.BytesIO(data)) as video:
        return list(video.analyze([BrightnessModel()], **options))  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["mp4", "mov", "webm", "avi"])
def test_kinds(kind: str) -> None:
    with Video(io.BytesIO(video_files.astronaut(kind))) as video:
        assert (video.info.width, video.info.height) == (640, 480)
        assert video.info.duration == pytest.approx(1.0, abs=0.15)
        frames = list(video.frames())
    assert len(frames) == 10 and not video.notes
    assert [time for time, _ in frames] == pytest.approx([i / 10 for i in range(10)], abs=0.01)
    assert all(image.shape == (480, 640, 3) and image.dtype == np.uint8 for _, image in frames)


def test_every_frame_has_its_face_and_its_rows(clip: bytes) -> None:
    frames = analysed(clip)
    assert [frame.index for frame in frames] == list(range(10))
    assert {face.id for frame in frames for face in frame.faces} == {1}
    assert frames[0].progress == 0 and frames[-1].progress == pytest.approx(0.9, abs=0.1)
    rows = [row for frame in frames for row in frame.to_rows()]
    assert all(tuple(row) == VIDEO_FIELDS for row in rows) and len(rows) == 10
    assert rows[3]["time"] == pytest.approx(0.3, abs=0.01)
    assert sum(rows[3][emotion] for emotion in EMOTIONS) == pytest.approx(1, abs=0.001)


def chopped(data: bytes) -> bytes:
    return data[: len(data) // 2]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param(b"", "not a supported video", id="empty"),
        pytest.param(b"\0", "not a supported video", id="one byte"),
        pytest.param(b"this is a text and nothing else" * 40, "not a supported video", id="text"),
        pytest.param(b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n" * 3, "not a supported video", id="playlist"),
        pytest.param(sample_image(), "not a supported video", id="picture"),
        pytest.param(b"PK\3\4" + b"\0" * 400, "not a supported video", id="zip"),
        pytest.param(b"RIFF\0\0\0\0WAVEfmt " + b"\0" * 400, "not a supported video", id="sound"),
        pytest.param(b"\x1a\x45\xdf\xa3" + b"\0" * 4000, "damaged|no pictures", id="WebM of zeros"),
        pytest.param(b"RIFF\0\0\0\0AVI LIST" + b"\0" * 4000, "damaged|no pictures", id="AVI of zeros"),
        pytest.param(b"\0\0\0\x18ftypisom" + b"\xff" * 4000, "damaged|no pictures", id="MP4 of ones"),
    ],
)
def test_refuses_in_one_line(data: bytes, words: str) -> None:
    with pytest.raises(ImageError, match=words) as refusal, Video(io.BytesIO(data), "holiday.mp4") as video:
        list(video.frames())
    assert "holiday.mp4" in str(refusal.value) and "\n" not in str(refusal.value)


def test_an_mp4_without_its_end_is_refused(clip: bytes) -> None:
    # its table stands at the end, and without it nothing can be read
    with pytest.raises(ImageError, match="damaged"):
        Video(io.BytesIO(chopped(clip)))


@pytest.mark.parametrize("kind", ["avi", "webm"])
def test_a_file_that_breaks_off_gives_what_it_has_and_says_so(kind: str) -> None:
    with Video(io.BytesIO(chopped(video_files.astronaut(kind, seconds=4)))) as video:
        seen = sum(1 for _ in video.frames())
    assert 0 < seen < 40
    assert any("incomplete" in note or "damaged" in note for note in video.notes)


def test_too_large_is_known_before_reading() -> None:
    class Endless(io.BytesIO):
        def seek(self, offset: int, whence: int = 0) -> int:
            return MAX_VIDEO_BYTES + 1 if whence == 2 else super().seek(offset, whence)

        def read(self, size: int | None = -1) -> bytes:
            raise AssertionError("read")

    with pytest.raises(ImageError, match="at most 200 MB"):
        Video(Endless())


def test_frames_larger_than_the_limit_are_refused(clip: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fer_core.video.MAX_IMAGE_PIXELS", 640 * 480 - 1)
    with pytest.raises(ImageError, match="megapixels a frame"):
        Video(io.BytesIO(clip))


@pytest.mark.parametrize("path", ["nowhere.mp4", "a\0b.mp4", "."])
def test_paths_that_cannot_be_opened(path: str, tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="cannot be opened"):
        Video(str(tmp_path / path))


def test_large_frames_are_reduced() -> None:
    big = np.zeros((90, 2 * LONGER_SIDE, 3), np.uint8)
    with Video(io.BytesIO(video_files.encode([big] * 3))) as video:
        assert {image.shape for _, image in video.frames()} == {(45, LONGER_SIDE, 3)}


@pytest.mark.parametrize(("rotation", "corner"), [(0, (0, 0)), (90, (-1, 0)), (180, (-1, -1)), (-90, (0, -1))])
def test_turned_frames_come_upright(rotation: int, corner: tuple[int, int]) -> None:
    from fer_core.video import _pixels

    class Turned:
        width, height = 8, 4

        def __init__(self) -> None:
            self.rotation = rotation

        def to_ndarray(self, **_: object) -> NDArray[np.uint8]:
            image = np.zeros((4, 8, 3), np.uint8)
            image[0, 0] = 255
            return image

    upright = _pixels(Turned())
    assert upright.shape == ((8, 4, 3) if rotation % 180 else (4, 8, 3))
    assert upright[corner].tolist() == [255, 255, 255]


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


def test_frame_at_is_the_frame_that_is_shown_then(clip: bytes) -> None:
    with Video(io.BytesIO(clip)) as video:
        frames = dict(video.frames())
        for time in (0.0, 0.3, 0.34, 0.9, 5.0):
            shown = max(moment for moment in frames if moment <= time + 0.001)
            np.testing.assert_array_equal(video.frame_at(time), frames[shown])
        assert len(list(video.frames())) == 10


def test_odd_sides_and_a_change_of_size_do_not_stop_the_copy(tmp_path: Path) -> None:
    path = tmp_path / "copy.mp4"
    copy = VideoCopy(path, 10)
    for index, size in enumerate([(97, 131), (97, 131), (60, 200)]):
        copy.add(np.full((*size, 3), 128, np.uint8), index / 10)
    copy.close()
    with Video(path) as video:
        assert [image.shape for _, image in video.frames()] == [(96, 130, 3)] * 3


def test_a_copy_that_cannot_be_written_is_said(clip: bytes, tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="cannot be written"):
        analysed(clip, annotated=tmp_path / "no folder" / "copy.mp4")


def test_cancel_ends_it_and_completes_what_there_is(clip: bytes, tmp_path: Path) -> None:
    asked = itertools.count()
    frames = analysed(clip, annotated=tmp_path / "copy.mp4", cancelled=lambda: next(asked) >= 4)
    assert len(frames) == 4
    with Video(tmp_path / "copy.mp4") as copy:
        assert len(list(copy.frames())) == 4


def test_closing_early_completes_the_files(clip: bytes, tmp_path: Path) -> None:
    with Video(io.BytesIO(clip)) as video:
        paths = {"csv": tmp_path / "rows.csv", "annotated": tmp_path / "copy.mp4"}
        steps = report(video, [BrightnessModel()], VideoSummary(), **paths)  # type: ignore[arg-type]
        for _ in range(3):
            next(steps)
        steps.close()
    rows = list(csv.DictReader(paths["csv"].open(encoding="utf-8")))
    assert len(rows) == 3 and tuple(rows[0]) == VIDEO_FIELDS
    with Video(paths["annotated"]) as copy:
        assert len(list(copy.frames())) == 3


def test_frames_are_not_kept(clip: bytes) -> None:
    """Memory stays flat: of all frames of a video, at most two are alive at once."""
    import weakref

    alive: list[weakref.ref[NDArray[np.uint8]]] = []
    with Video(io.BytesIO(clip)) as video:
        for _, image in video.frames():
            alive.append(weakref.ref(image))
            gc.collect()
            assert sum(ref() is not None for ref in alive) <= 2


def test_summary_counts_seconds_and_stays_small(clip: bytes) -> None:
    summary = VideoSummary()
    one = analysed(clip)[0]
    for index in range(4000):
        summary.add(VideoFrame(index, index * 0.5, 0.0, one.faces))
    assert summary.seconds == 1999.5 and summary.frames == 4000 and summary.faces == {1}
    assert summary.shares["stub"].sum() == pytest.approx(1999.5)
    points = summary.timeline("stub", 1)
    assert len(points) <= 7 * (TIMELINE_POINTS + 1) and points[-1]["time"] <= 1999.5 + summary.step
    assert summary.main_faces(3) == [1]
    assert any(BRIGHT in line and "100%" in line for line in summary_lines(summary))


def test_video_without_faces() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (120, 160, 3), dtype=np.uint8)
    frames = analysed(video_files.encode([noise] * 5))
    assert [frame.faces for frame in frames] == [()] * 5


needs_model = pytest.mark.skipif(not list_models(), reason="needs a bundle under models/")


@needs_model
def test_command_line(clip: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, table, copy = tmp_path / "in.mp4", tmp_path / "out.csv", tmp_path / "out.mp4"
    source.write_bytes(clip)
    name = list_models()[0]
    arguments = ["video", str(source), "--csv", str(table), "--annotated", str(copy), "--model", name]
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    assert "10 frames" in printed and name in printed
    rows = list(csv.DictReader(table.open(encoding="utf-8")))
    assert len(rows) == 10 and {row["model"] for row in rows} == {name}
    assert copy.stat().st_size > 1000


@needs_model
@pytest.mark.parametrize("content", [b"", b"text", b"\0\0\0\x18ftypisom"], ids=["empty", "text", "head alone"])
def test_command_line_refuses(content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "in.mp4"
    source.write_bytes(content)
    assert main(["video", str(source), "--csv", str(tmp_path / "out.csv")]) == 2
    assert "in.mp4" in capsys.readouterr().err
    assert not (tmp_path / "out.csv").exists()


@needs_model
def test_command_line_does_not_overwrite_its_source(clip: bytes, tmp_path: Path) -> None:
    source = tmp_path / "in.mp4"
    source.write_bytes(clip)
    assert main(["video", str(source), "--annotated", str(source)]) == 2
    assert source.read_bytes() == clip
