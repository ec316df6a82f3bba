"""Edits as a JSON file and back, with every value checked: such files come from anywhere."""

import json
import unicodedata
from collections.abc import Collection, Iterator
from typing import Any, Final

from fer_core.errors import EditsError
from fer_core.video.edited.edits import Edits, Event, Exclusion

MAX_EDITS_BYTES: Final = 2**20
NAME_LENGTH: Final = 60
"""Characters of a person's name and of an event, at most."""
_MARKS: Final = 5_000  # events, and parts to exclude, at most
_LAST: Final = 1e6  # seconds
_FORMAT: Final = "facial-emotions video edits"
_VERSION: Final = 1


def edits_to_dict(edits: Edits) -> dict[str, Any]:
    """JSON-ready; `edits_from_dict` reads it."""
    return {
        "names": {str(face): name for face, name in sorted(edits.names.items())},
        "merged": {str(face): into for face, into in sorted(edits.merged.items())},
        "dropped": sorted(edits.dropped),
        "excluded": [{"start": part.start, "end": part.end, "face": part.face} for part in edits.excluded],
        "events": [{"time": event.time, "text": event.text} for event in edits.events],
    }


def edits_from_dict(given: Any, faces: Collection[int]) -> Edits:
    """What `edits_to_dict` wrote. faces: those that the film has. Raises EditsError, one line for the user."""
    if not isinstance(given, dict):
        raise EditsError(f"Expected edits as an object. Received: {type(given).__name__}.")
    names = {_face(key, faces): _text(name, "A name") for key, name in _object(given, "names").items()}
    merged = {_face(key, faces): _face(into, faces) for key, into in _object(given, "merged").items()}
    for start in merged:
        face, steps = start, 0
        while face in merged:
            face, steps = merged[face], steps + 1
            if steps > len(merged):
                raise EditsError(f"Face {start} is merged into itself, over {steps - 1} others or directly.")
    edits = Edits(
        names={face: name for face, name in names.items() if name},
        merged=merged,
        dropped=frozenset(_face(face, faces) for face in _list(given, "dropped")),
        excluded=tuple(sorted(_exclusions(given, faces), key=lambda part: (part.start, part.end, part.face or 0))),
        events=tuple(sorted(_events(given), key=lambda event: event.time)),
    )
    people = sorted({edits.person(face) for face in faces})
    called = [edits.name(person) for person in people]
    twice = next((name for name in called if called.count(name) > 1), None) if len(set(called)) < len(called) else None
    if twice is not None:
        raise EditsError(f"Two people are called {twice!r}: merge them, or name them apart.")
    return edits


def write_edits(edits: Edits, film: str) -> bytes:
    """The text of an edit file, UTF-8. film: its name, so that people can tell whose edits these are."""
    document = {"format": _FORMAT, "version": _VERSION, "film": film, **edits_to_dict(edits)}
    return f"{json.dumps(document, indent=1, ensure_ascii=False)}\n".encode()


def read_edits(data: bytes, faces: Collection[int]) -> tuple[Edits, str]:
    """(edits, the film's name) of an edit file. faces: those that the film has. Raises EditsError, one line."""
    if len(data) > MAX_EDITS_BYTES:
        raise EditsError(f"The edit file is too large: the limit is {MAX_EDITS_BYTES // 2**20} MB.")
    try:
        document = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise EditsError("The edit file is not JSON: choose one that was saved here.") from None
    if not isinstance(document, dict) or document.get("format") != _FORMAT:
        raise EditsError("The JSON file holds no edits of a film: choose one that was saved here.")
    if document.get("version") != _VERSION:
        raise EditsError(f"Expected version {_VERSION} of an edit file. Received: {_shown(document.get('version'))}.")
    film = document.get("film")
    return edits_from_dict(document, faces), film if isinstance(film, str) else ""


def _exclusions(given: dict[str, Any], faces: Collection[int]) -> Iterator[Exclusion]:
    for part in _list(given, "excluded"):
        if not isinstance(part, dict):
            raise EditsError(f"Expected a part to exclude with start and end. Received: {_shown(part)}.")
        start, end, face = _time(part.get("start")), _time(part.get("end")), part.get("face")
        if end <= start:
            raise EditsError(f"A part to exclude ends, at {end} s, before it starts, at {start} s.")
        yield Exclusion(start, end, None if face is None else _face(face, faces))


def _events(given: dict[str, Any]) -> Iterator[Event]:
    for event in _list(given, "events"):
        if not isinstance(event, dict):
            raise EditsError(f"Expected an event with time and text. Received: {_shown(event)}.")
        yield Event(_time(event.get("time")), _text(event.get("text"), "An event") or "event")


def _object(given: dict[str, Any], key: str) -> dict[str, Any]:
    value = given.get(key, {})
    if not isinstance(value, dict):
        raise EditsError(f"Expected {key!r} as an object. Received: {_shown(value)}.")
    return value


def _list(given: dict[str, Any], key: str) -> list[Any]:
    value = given.get(key, [])
    if not isinstance(value, list) or len(value) > _MARKS:
        raise EditsError(f"Expected {key!r} as a list of at most {_MARKS}. Received: {_shown(value)}.")
    return value


def _face(value: Any, faces: Collection[int]) -> int:
    text = value if isinstance(value, str) else str(value) if type(value) is int and abs(value) < 2**31 else ""
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) in faces):
        raise EditsError(f"The film has no face {_shown(value)}: are these the edits of another one?")
    return int(text)


def _time(value: Any) -> float:
    if type(value) not in (int, float) or not 0 <= value <= _LAST:
        raise EditsError(f"Expected a time in seconds. Received: {_shown(value)}.")
    return round(float(value), 3)


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str) or any(unicodedata.category(character)[0] == "C" for character in value):
        raise EditsError(f"{what} must be plain text. Received: {_shown(value)}.")
    text = " ".join(value.split())
    if len(text) > NAME_LENGTH:
        raise EditsError(f"{what} may have {NAME_LENGTH} characters. Received: {_shown(value)}.")
    return text


def _shown(value: Any) -> str:
    """A value as a message repeats it: short, on one line."""
    text = ascii(value) if not isinstance(value, list | dict) else f"{type(value).__name__} of {len(value)}"
    return text if len(text) <= 40 else f"{text[:37]}..."
