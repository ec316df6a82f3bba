"""A film that is looked at: its recording, what the browser draws of it, and the edits. It dies with the session."""

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from fer_core.emotions import COLOURS, EMOTIONS
from fer_core.errors import EditsError
from fer_core.video import LONGER_SIDE
from fer_core.video.edited import (
    NAME_LENGTH,
    Edits,
    Level,
    Recording,
    draw_levels,
    edited_file,
    edits_from_dict,
    edits_to_dict,
    face_places,
    read_edits,
)


@dataclass
class Viewed:
    """recording: the film's rows. titles: model name -> title. film: what is played, a path, or None where there is
    nothing; offset: the recording's time, in seconds, where that file begins.

    problem: what is wrong with the last edits, a line. serial: counts the times that edits come from here, and not
    from the browser.
    """

    recording: Recording
    titles: Mapping[str, str]
    film: Path | None
    offset: float = 0.0
    edits: Edits = field(default_factory=Edits)
    problem: str = ""
    note: str = ""
    serial: int = 0
    id: str = field(default_factory=lambda: secrets.token_hex(8))

    def edited(self, kind: str) -> bytes:
        """A file of one of EDITED_FORMATS, with the edits as they are now."""
        return edited_file(self.recording, self.edits, kind)

    def take(self, given: Any) -> None:
        """Take edits from the browser, unless they are older than a loaded file; or say what is wrong with them."""
        if not isinstance(given, dict) or given.get("serial") != self.serial:
            return
        try:
            self.edits, self.problem, self.note = edits_from_dict(given, self.recording.faces), "", ""
        except EditsError as error:
            self.problem = str(error)

    def load(self, data: bytes) -> None:
        """Take edits from a file, or say what is wrong with it."""
        try:
            self.edits, film = read_edits(data, self.recording.faces)
        except EditsError as error:
            self.problem = str(error)
            return
        self.problem = ""
        self.note = (
            "" if film == self.recording.film else f"These edits were made for another film, {film or 'unnamed'}."
        )
        self.serial += 1

    @cached_property
    def drawn(self) -> dict[str, Any]:
        """What viewer.js draws, JSON-ready: the same for as long as the film is looked at."""
        levels = draw_levels(self.recording)
        seconds = dict.fromkeys(self.recording.faces, 0.0)
        for track in levels.tracks:
            seconds[track.face] = max(seconds[track.face], track.seconds)
        return {
            "film": self.id,
            "start": levels.start,
            "end": levels.end,
            "step": levels.step,
            "faces": sorted(seconds, key=lambda face: (-seconds[face], face)),  # longest in view first
            "models": [{"name": name, "title": self.titles.get(name, name)} for name in self.recording.models],
            "emotions": [{"name": emotion, "colour": COLOURS[emotion]} for emotion in EMOTIONS],
            "name_length": NAME_LENGTH,
            "boxes": None if self.film else self._boxes(),
            "tracks": [
                {"face": track.face, "model": track.model, "levels": [_packed(level) for level in track.levels]}
                for track in levels.tracks
            ],
        }

    def _boxes(self) -> dict[str, Any]:
        step, places = face_places(self.recording)
        packed = {place.face: (place.first, _text(place.boxes.astype("<u2").tobytes())) for place in places}
        return {"step": step, "longer_side": LONGER_SIDE, "faces": packed}

    @property
    def given(self) -> dict[str, Any]:
        """The edits for the browser."""
        return edits_to_dict(self.edits)


def _packed(level: Level) -> tuple[int, str]:
    return level.first, _text(b"".join(part.tobytes() for part in (level.labels, level.low, level.high)))


def _text(packed: bytes) -> str:
    return base64.b64encode(packed).decode()
