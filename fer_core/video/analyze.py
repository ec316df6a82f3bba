"""The faces of a video, frame by frame, written as they come to a CSV and an annotated copy."""

import contextlib
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fer_core.analysis import annotate
from fer_core.bundle import EmotionModel
from fer_core.detection import DEFAULT_DETECTOR, face_hints
from fer_core.emotions import EMOTIONS
from fer_core.tracking import FaceTracker, TrackedFace
from fer_core.video.reader import EVERY_FRAME, Video
from fer_core.video.sampling import Sampling
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
    csv: str | Path | None = None,
    annotated: str | Path | None = None,
) -> Generator[VideoFrame, None, None]:
    """Yield every frame that `sampling` asks for with its faces, as FaceTracker finds them with `detector`.

    csv: path of a table with the columns VIDEO_FIELDS. annotated: path of an MP4 with boxes and labels. Both are
    complete once the generator has ended or is closed. Raises ImageError as `Video.frames` does and where a file cannot
    be written, ModelError for a model that cannot be used.
    """
    tracker = FaceTracker(models, detector=detector)
    end = min(sampling.end or video.info.duration, video.info.duration)
    length = max(0.0, end - sampling.start)
    with contextlib.ExitStack() as stack:
        frames = stack.enter_context(contextlib.closing(video.frames(sampling)))
        table = stack.enter_context(contextlib.closing(CsvWriter(csv))) if csv else None
        copy = stack.enter_context(contextlib.closing(VideoWriter(annotated, video.info.rate))) if annotated else None
        for index, (time, image) in enumerate(frames):
            faces = tuple(tracker.update(image, time))
            progress = min(1.0, max(0.0, time - sampling.start) / length) if length else 0.0
            frame = VideoFrame(index, time, progress, faces)
            if copy:
                copy.add(annotate(image, faces), time)
            if table:
                table.add(frame.to_rows())
            yield frame
