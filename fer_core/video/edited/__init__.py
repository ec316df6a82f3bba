"""A film's table -> `recording`: rows in columns -> `edits` applied -> `files`; `levels`, `places` for drawing.

`edit_file`: edits as JSON; `results`: what the command wrote. Apart from the rest of `video`, whose
command does without pandas.
"""

from fer_core.video.edited.edit_file import (
    MAX_EDITS_BYTES,
    NAME_LENGTH,
    edits_from_dict,
    edits_to_dict,
    read_edits,
    write_edits,
)
from fer_core.video.edited.edits import Edits, Event, Exclusion, apply_edits, overlaps
from fer_core.video.edited.files import EDITED_FIELDS, EDITED_FORMATS, edited_file
from fer_core.video.edited.levels import ABSENT, Level, Levels, Track, draw_levels
from fer_core.video.edited.places import Places, face_places
from fer_core.video.edited.recording import Recording, read_recording
from fer_core.video.edited.results import OpenedResult, list_results, open_result

__all__ = [
    "ABSENT",
    "EDITED_FIELDS",
    "EDITED_FORMATS",
    "MAX_EDITS_BYTES",
    "NAME_LENGTH",
    "Edits",
    "Event",
    "Exclusion",
    "Level",
    "Levels",
    "OpenedResult",
    "Places",
    "Recording",
    "Track",
    "apply_edits",
    "draw_levels",
    "edited_file",
    "edits_from_dict",
    "edits_to_dict",
    "face_places",
    "list_results",
    "open_result",
    "overlaps",
    "read_edits",
    "read_recording",
    "write_edits",
]
