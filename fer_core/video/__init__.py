"""A video file -> `reader`: its frames -> `analyze`: the faces in them -> `summary`, and files by `writer`."""

from fer_core.video.analyze import VideoFrame, analyze_video
from fer_core.video.reader import Video
from fer_core.video.summary import VideoSummary

__all__ = [
    "Video",
    "VideoFrame",
    "VideoSummary",
    "analyze_video",
]
