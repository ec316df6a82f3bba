"""The annotated copy of a film with hidden faces."""

import io
from pathlib import Path

import numpy as np
import pytest

from fer_core.analysis import Blur
from fer_core.benchmark.frames import crowd_frame, moving
from fer_core.detection import DETECTORS, load_detector
from fer_core.video.analyze import analyze_video
from fer_core.video.blurring import FilmBlur
from fer_core.video.reader import Video
from tests.support import video_files
from tests.support.stub_models import BrightnessModel


def copied(data: bytes, path: Path, detector: str, blur: Blur) -> list[np.ndarray]:  # type: ignore[type-arg]
    with Video(io.BytesIO(data)) as film:
        frames = list(analyze_video(film, [BrightnessModel()], detector=detector, annotated=path, blur=blur))
    assert all(frame.faces for frame in frames)
    with Video(path) as copy:
        return [image for _, image in copy.frames()]


@pytest.mark.parametrize("detector", DETECTORS)
def test_no_detector_finds_a_face_in_the_copy(detector: str, tmp_path: Path) -> None:
    data = video_files.encode([frame for index, (_, frame, _) in enumerate(moving(1.0)) if index % 10 == 0], rate=3)
    path = tmp_path / "copy.mp4"
    images = copied(data, path, detector, Blur())
    assert len(images) == 3
    for image in images:
        assert not any(load_detector(name).detect(image, thorough=False) for name in DETECTORS)
    with Video(path) as copy:
        frames = analyze_video(copy, [BrightnessModel()], detector=detector)
        assert not any(frame.faces for frame in frames)


def test_the_chosen_face_stays(tmp_path: Path) -> None:
    images = copied(video_files.encode([crowd_frame()] * 3), tmp_path / "copy.mp4", "auto", Blur(keep=(2,)))
    for image in images:
        assert len(load_detector().detect(image, thorough=False)) == 1


def test_a_place_stays_hidden_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fer_core.analysis.blurring._found", lambda *_: [])  # as of a head that turns away
    with Video(io.BytesIO(video_files.encode([crowd_frame()] * 2))) as film:
        frame = next(analyze_video(film, [BrightnessModel()]))
    blur, image = FilmBlur(Blur()), crowd_frame()
    assert (blur.draw(image, frame.faces, 0.0) != image).any()
    assert (blur.draw(image, (), 0.4) != image).any(axis=2).mean() > 0.05
    assert (blur.draw(image, (), 0.6) == image).all()
