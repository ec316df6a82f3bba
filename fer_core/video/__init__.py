"""A video file -> `reader`: its frames -> `analyze`: the faces in them -> `summary`, and files by `writer`, `tables`.

`films` -> `job`: many films, each by a `worker` process into a folder of its own; what is done stays done.
"""

from fer_core.video.analyze import VideoFrame, analyze_video
from fer_core.video.films import list_films
from fer_core.video.formats import parse_formats
from fer_core.video.job import Progress, job_folder, run_films
from fer_core.video.reader import LONGER_SIDE, Video
from fer_core.video.sampling import Sampling
from fer_core.video.summary import VideoSummary
from fer_core.video.worker import FilmSettings

__all__ = [
    "LONGER_SIDE",
    "FilmSettings",
    "Progress",
    "Sampling",
    "Video",
    "VideoFrame",
    "VideoSummary",
    "analyze_video",
    "job_folder",
    "list_films",
    "parse_formats",
    "run_films",
]
