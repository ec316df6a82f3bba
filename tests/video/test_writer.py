"""Files that grow frame by frame."""

import io
from pathlib import Path

import av
import numpy as np
import pytest

from fer_core import ImageError
from fer_core.video.reader import Video
from fer_core.video.sampling import Sampling
from fer_core.video.sound import SoundTrack
from fer_core.video.tables import CsvWriter
from fer_core.video.writer import VideoWriter
from tests.support import video_files


def test_odd_sides_and_a_change_of_size_do_not_stop_the_copy(tmp_path: Path) -> None:
    path = tmp_path / "copy.mp4"
    copy = VideoWriter(path, 10)
    for index, size in enumerate([(97, 131), (97, 131), (60, 200)]):
        copy.add(np.full((*size, 3), 128, np.uint8), index / 10)
    copy.close()
    with Video(path) as video:
        assert [image.shape for _, image in video.frames()] == [(96, 130, 3)] * 3


def test_rows_come_as_csv_and_formulas_as_text(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    table = CsvWriter(path, ("name", "value"))
    table.add([{"name": "a", "value": 1}, {"name": "=b", "value": -2.5}])
    table.add([])
    table.close()
    assert path.read_text(encoding="utf-8") == "name,value\na,1\n'=b,-2.5\n"


def test_a_table_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"x\.csv cannot be written"):
        CsvWriter(tmp_path / "no folder" / "x.csv", ("a",))


@pytest.mark.parametrize(("kind", "codec"), [("mp4", "aac"), ("mp4", "mp3"), ("avi", "pcm_s16le"), ("webm", "libopus")])
@pytest.mark.parametrize(("start", "end"), [(0.0, None), (0.5, 1.5)], ids=["whole", "part"])
def test_the_copy_keeps_the_sound(kind: str, codec: str, start: float, end: float | None, tmp_path: Path) -> None:
    times = [index / 10 for index in range(21)]
    picture = np.full((64, 64, 3), 90, np.uint8)
    data = video_files.timed([picture] * len(times), times, kind, sound=codec)
    sampling = Sampling(start=start, end=end)
    copied = tmp_path / "copy.mp4"
    with Video(io.BytesIO(data)) as video:
        track = SoundTrack(video.sound, video.zero + start, video.zero + (end or 1e9))
        copy = VideoWriter(copied, 10, track)
        for time, image in video.frames(sampling, copy.add_sound):
            copy.add(image, time - start)
        copy.close()
    with av.open(str(copied)) as container:
        (stream,) = container.streams.audio
        sound = list(container.decode(stream))
        assert stream.codec_context.name in ("aac", "mp3float", "mp3", "opus")
        assert sum(frame.samples for frame in sound) / stream.rate == pytest.approx((end or 2.0) - start, abs=0.12)
        assert abs(sound[0].time) < 0.06
        assert np.abs(np.concatenate([frame.to_ndarray().ravel() for frame in sound])).max() > 0.1, "it can be heard"


def test_a_film_without_sound_gives_a_copy_without() -> None:
    with Video(io.BytesIO(video_files.encode([np.zeros((64, 64, 3), np.uint8)]))) as video:
        assert video.sound is None
