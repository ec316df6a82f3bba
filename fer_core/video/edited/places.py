"""Where faces are over time, coarsely, for drawing boxes on a film that has none."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fer_core.video.edited.recording import Recording

_STEP: Final = 0.2  # seconds, at least: less than a person notices of a box that follows a face
_ALL: Final = 2**18  # boxes of a film, at most


@dataclass(frozen=True)
class Places:
    """One face's boxes. first: index of the first step, counted from the recording's start.

    boxes: (n, 4) uint16, left, top, width and height in pixels of `Video.frames` at each step; 0 where it is not seen.
    """

    face: int
    first: int
    boxes: NDArray[np.uint16]


def face_places(recording: Recording) -> tuple[float, list[Places]]:
    """(seconds of a step, each face's boxes): of each step the first frame in which the face is seen."""
    rows = recording.rows.drop_duplicates(["frame", "face"])
    by_face = [(face, rows[rows["face"] == face]) for face in recording.faces]
    steps = np.diff(recording.times)
    everything = sum(float(np.ptp(of_face["time"])) for _, of_face in by_face)
    step = max(_STEP, float(np.median(steps)) if len(steps) else 0.0, everything / _ALL)
    found = []
    for face, of_face in by_face:
        places = ((recording.times[of_face["frame"].to_numpy()] - recording.start) / step + 1e-6).astype(np.int64)
        first, index = np.unique(places, return_index=True)
        boxes = np.zeros((int(first[-1] - first[0]) + 1, 4), np.uint16)
        boxes[first - first[0]] = of_face[["x", "y", "width", "height"]].to_numpy()[index].clip(0, 65535)
        found.append(Places(face, int(first[0]), boxes))
    return step, found
