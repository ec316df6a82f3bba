"""What is taken in, in one place: by the app, the command line and the HTTP service."""

from typing import Final

MAX_IMAGE_BYTES: Final = 20 * 1024 * 1024
MAX_IMAGE_PIXELS: Final = 50_000_000
MAX_FILES: Final = 20
MAX_VIDEO_BYTES: Final = 200 * 1024 * 1024
"""Bytes and pixels of an image, files of one upload, bytes of a video."""

# ---- of the HTTP service alone; each process of it has these for itself ----

MAX_REQUEST_BYTES: Final = 64 * 1024 * 1024
"""Of all pictures of a request together, or of its faces."""
MAX_REQUEST_FACES: Final = 4096
"""48x48 crops of a request: about 3 s of a core for a network of 0.6 ms a face."""
MAX_HELD_BYTES: Final = 256 * 1024 * 1024
"""Of the bodies of all requests that are being read or worked on; videos go to a file."""
MAX_WAITING: Final = 64
"""Pictures that wait or are worked on: at 10 ms each, the last is answered in two thirds of a second."""
MAX_VIDEO_JOBS: Final = 4
"""Videos of the whole service that wait or are worked on."""
VIDEO_RESULT_SECONDS: Final = 3600
MAX_VIDEO_RESULTS: Final = 50
"""For so long after its end a video's result can be fetched, as long as it is among the last so many."""

HEADER_SECONDS: Final = 10
"""From a connection's start, or its last answer, until a request's headers are complete."""
HEADER_BYTES: Final = 16 * 1024
BODY_SECONDS: Final = 60
VIDEO_BODY_SECONDS: Final = 600
"""From a request's headers until its body is complete."""
WORK_SECONDS: Final = 60
"""From a complete body to the answer."""
ANSWER_SECONDS: Final = 30
ANSWER_BYTES: Final = 64 * 1024
"""A client takes at least so many bytes of its answer in so many seconds, or what is left of it."""
DRAIN_SECONDS: Final = 30
"""What is under way when the service is told to stop has so long to be answered."""
