"""The faces of a video, frame by frame, written as they come to a CSV and an annotated copy."""

import contextlib
import math
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fer_core.analysis import Blur, annotate
from fer_core.bundle import EmotionModel
from fer_core.detection import DEFAULT_DETECTOR, face_hints
from fer_core.emotions import EMOTIONS
from fer_core.tracking import FaceTracker, TrackedFace
from fer_core.utils.ahead import ahead
from fer_core.utils.memory import release_memory
from fer_core.video.blurring import FilmBlur
from fer_core.video.reader import EVERY_FRAME, Video
from fer_core.video.sampling import Sampling
from fer_core.video.sound import SoundTrack
from fer_core.video.tables import VIDEO_FIELDS, CsvWriter
from fer_core.video.writer import VideoWriter


@dataclass(frozen=True)
class VideoFrame:
    """The faces of a frame. index: from 0; time: seconds; progress: 0 to 1, or 0 where the length is unknown."""

    index: int
    time: float
    progress: float
    faces: tuple[TrackedFace, ...]

    def to_rows(self) -> list[dict[str, Any]]:
        """One flat row per face and model, with the columns VIDEO_FIELDS."""
        return [row for face in self.faces for row in self._rows_of(face)]

    def _rows_of(self, face: TrackedFace) -> list[dict[str, Any]]:
        (left, right) = face.eyes or ((None, None), (None, None))
        eyes = [None if value is None else round(float(value), 1) for value in (*left, *right)]
        quality = dict(zip(VIDEO_FIELDS[-5:-1], eyes, strict=True)) | {
            "hints": "; ".join(face_hints(face.box, face.crop))
        }
        return [
            {
                "time": round(self.time, 3),
                "frame": self.index,
                "face": face.id,
                **face.box.to_dict(),
                "model": name,
                **prediction.to_row(),
                **{f"raw_{e}": round(float(p), 4) for e, p in zip(EMOTIONS, face.raw[name], strict=True)},
                **quality,
            }
            for name, prediction in face.predictions.items()
        ]


def analyze_video(
    video: Video,
    models: Iterable[str | EmotionModel],
    *,
    detector: str = DEFAULT_DETECTOR,
    sampling: Sampling = EVERY_FRAME,
    recognise: bool = True,
    csv: str | Path | None = None,
    annotated: str | Path | None = None,
    blur: Blur | None = None,
) -> Generator[VideoFrame, None, None]:
    """Yield every frame that `sampling` asks for with its faces, as FaceTracker finds them.

    detector, recognise: as of FaceTracker.
    csv: path of a table with the columns VIDEO_FIELDS. annotated: path of an MP4 with boxes and labels and the film's
    sound, which begins where `sampling` does; blur: whose faces it hides. Both files are complete once the generator
    has ended or is closed. Raises ImageError as `Video.frames` does and where a file cannot be written, ModelError for
    a model that cannot be used.
    """
    tracker = FaceTracker(models, detector=detector, recognise=recognise)
    hiding = FilmBlur(blur) if blur else None
    with contextlib.ExitStack() as stack:
        stack.callback(release_memory)  # the last thing: codecs leave much behind
        table = stack.enter_context(contextlib.closing(CsvWriter(csv))) if csv else None
        copy = stack.enter_context(contextlib.closing(_copy(annotated, video, sampling))) if annotated else None
        frames = video.frames(sampling, copy.add_sound if copy else None)
        if copy is None:  # else its encoder keeps the other cores busy, and one thread alone may give it sound
            frames = ahead(frames)
        located = ((time, image, tracker.locate(image, time)) for time, image in frames)
        if copy is None:
            located = ahead(located)
        stack.enter_context(contextlib.closing(frames))
        stack.enter_context(contextlib.closing(located))
        for index, (time, image, found) in enumerate(located):
            faces = tuple(tracker.read(found))
            frame = VideoFrame(index, time, _progress(time, video, sampling), faces)
            if copy:
                copy.add(hiding.draw(image, faces, time) if hiding else annotate(image, faces), time - sampling.start)
            if table:
                table.add(frame.to_rows())
            yield frame


def _copy(path: str | Path, video: Video, sampling: Sampling) -> VideoWriter:
    sound = None
    if video.sound is not None:
        sound = SoundTrack(video.sound, video.zero + sampling.start, video.zero + (sampling.end or math.inf))
    return VideoWriter(path, video.info.rate, sound)


def _progress(time: float, video: Video, sampling: Sampling) -> float:
    end = min(sampling.end or math.inf, video.info.duration or math.inf)
    return min(1.0, max(0.0, time - sampling.start) / (end - sampling.start)) if end > sampling.start else 1.0
