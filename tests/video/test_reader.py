"""Video files: what is read, what is refused and how."""

import gc
import io
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from fer_core import ImageError
from fer_core.image import MAX_VIDEO_BYTES, sample_image
from fer_core.video.reader import LONGER_SIDE, Video
from tests.support import video_files


@pytest.fixture(scope="module")
def clip() -> bytes:
    return video_files.astronaut()


@pytest.mark.parametrize("kind", ["mp4", "mov", "webm", "avi"])
def test_kinds(kind: str) -> None:
    with Video(io.BytesIO(video_files.astronaut(kind))) as video:
        assert (video.info.width, video.info.height) == (640, 480)
        assert video.info.duration == pytest.approx(1.0, abs=0.15)
        frames = list(video.frames())
    assert len(frames) == 10 and not video.notes
    assert [time for time, _ in frames] == pytest.approx([i / 10 for i in range(10)], abs=0.01)
    assert all(image.shape == (480, 640, 3) and image.dtype == np.uint8 for _, image in frames)


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

    with pytest.raises(ImageError, match="limit is 200 MB"):
        Video(Endless())


def test_frames_larger_than_the_limit_are_refused(clip: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fer_core.video.reader.MAX_IMAGE_PIXELS", 640 * 480 - 1)
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
    from fer_core.video.reader import _pixels

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


def test_frame_at_is_the_frame_that_is_shown_then(clip: bytes) -> None:
    with Video(io.BytesIO(clip)) as video:
        frames = dict(video.frames())
        for time in (0.0, 0.3, 0.34, 0.9, 5.0):
            shown = max(moment for moment in frames if moment <= time + 0.001)
            np.testing.assert_array_equal(video.frame_at(time), frames[shown])
        assert len(list(video.frames())) == 10


def test_frames_are_not_kept(clip: bytes) -> None:
    """Memory stays flat: of all frames of a video, at most two are alive at once."""
    import weakref

    alive: list[weakref.ref[NDArray[np.uint8]]] = []
    with Video(io.BytesIO(clip)) as video:
        for _, image in video.frames():
            alive.append(weakref.ref(image))
            gc.collect()
            assert sum(ref() is not None for ref in alive) <= 2


def colours(width: int = 64, height: int = 48) -> NDArray[np.uint8]:
    """Red at the upper left, green at the upper right, blue at the lower left, grey at the lower right."""
    image = np.full((height, width, 3), 128, np.uint8)
    image[: height // 2, : width // 2] = (255, 0, 0)
    image[: height // 2, width // 2 :] = (0, 255, 0)
    image[height // 2 :, : width // 2] = (0, 0, 255)
    return image


@pytest.mark.parametrize(
    ("degrees", "size", "corner"),
    [(0, (48, 64), "red"), (90, (64, 48), "blue"), (180, (48, 64), "grey"), (270, (64, 48), "green")],
)
def test_phone_videos_come_upright(degrees: int, size: tuple[int, int], corner: str) -> None:
    data = video_files.turned(video_files.encode([colours()] * 3), degrees)
    with Video(io.BytesIO(data)) as video:
        images = [image for _, image in video.frames()]
    assert {image.shape[:2] for image in images} == {size}
    shown = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255), "grey": (128, 128, 128)}[corner]
    assert np.abs(images[0][8, 8].astype(int) - shown).max() < 40


@pytest.mark.parametrize("kind", ["mp4", "webm"])
def test_a_varying_rate_keeps_its_times(kind: str) -> None:
    times = [0.0, 0.04, 0.05, 0.3, 0.9, 2.4, 2.45]
    with Video(io.BytesIO(video_files.timed([colours()] * len(times), times, kind))) as video:
        assert [time for time, _ in video.frames()] == pytest.approx(times, abs=0.002)


def test_times_count_from_the_sound_where_that_begins_first() -> None:
    times = [0.5, 0.6, 0.7]
    with Video(io.BytesIO(video_files.timed([colours()] * 3, times, sound="aac"))) as video:
        assert [time for time, _ in video.frames()] == pytest.approx(times, abs=0.03)  # AAC begins a moment earlier
        assert video.frame_at(0.6).shape == (48, 64, 3)


@pytest.mark.parametrize("size", [(641, 359), (65, 33), (17, 1081)])
def test_odd_sides(size: tuple[int, int]) -> None:
    width, height = size
    data = video_files.encode([np.full((height, width, 3), 90, np.uint8)] * 2, "avi")
    with Video(io.BytesIO(data)) as video:
        assert [image.shape for _, image in video.frames()] == [(height, width, 3)] * 2


def test_sound_alone_holds_no_pictures() -> None:
    with pytest.raises(ImageError, match=r"^song\.mp4 holds no pictures, only sound\.$"):
        Video(io.BytesIO(video_files.timed([], [], sound="aac")), "song.mp4")


def test_any_size_is_taken_where_that_is_said(clip: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "long.mp4").write_bytes(clip)
    with pytest.raises(ImageError, match="limit is"), Video(tmp_path / "long.mp4", max_bytes=1000):
        pass
    with Video(tmp_path / "long.mp4", max_bytes=None) as video:
        assert len(list(video.frames())) == 10
