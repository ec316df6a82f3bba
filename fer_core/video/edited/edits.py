"""What somebody changes in a film's result by hand, and what then is left of its rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from fer_core.video.edited.recording import Recording


@dataclass(frozen=True)
class Exclusion:
    """A part of the film that does not count, of one face or, where that is None, of all. start, end: seconds."""

    start: float
    end: float
    face: int | None = None


@dataclass(frozen=True)
class Event:
    """Something that happens at a moment. time: seconds."""

    time: float
    text: str


@dataclass(frozen=True)
class Edits:
    """names: face -> what the person is called; merged: face -> the face whose person it is too; dropped: faces of
    people who do not count. A face keeps its number; a person has that of the face that others are merged into.
    """

    names: Mapping[int, str] = field(default_factory=dict)
    merged: Mapping[int, int] = field(default_factory=dict)
    dropped: frozenset[int] = frozenset()
    excluded: tuple[Exclusion, ...] = ()
    events: tuple[Event, ...] = ()

    def person(self, face: int) -> int:
        """The number of a face's person. Faces must not be merged in a circle."""
        while face in self.merged:
            face = self.merged[face]
        return face

    def name(self, person: int) -> str:
        """What a person is called."""
        return self.names.get(person, f"Face {person}")


def apply_edits(recording: Recording, edits: Edits) -> Recording:
    """The rows that are left, with people's numbers for faces; frames keep their numbers and times.

    Where two faces of one person are in one frame, the row of the face that the other was merged into stays, or else
    that of the lower number. Rows from an exclusion's start on and before its end go.
    """
    rows = recording.rows
    face, time = rows["face"].to_numpy(), rows["time"].to_numpy()
    people = {number: edits.person(number) for number in recording.faces}
    person = np.array([people[number] for number in face.tolist()], np.int32) if len(face) else face
    kept = ~np.isin(person, [edits.person(number) for number in edits.dropped])
    for part in edits.excluded:
        inside = (time >= part.start) & (time < part.end)
        kept &= ~(inside if part.face is None else inside & (person == edits.person(part.face)))
    # a person's own face first, so that it is the one that drop_duplicates keeps
    ordered = rows.assign(face=person, merged=person != face)[kept].sort_values(["frame", "merged"], kind="stable")
    single = ordered.drop_duplicates(["frame", "face", "model"]).drop(columns="merged")
    return replace(recording, rows=single.sort_values(["frame", "face"], kind="stable", ignore_index=True))


def overlaps(recording: Recording, edits: Edits) -> dict[int, int]:
    """Person -> frames in which more than one of their faces is seen, where there are any: the merge may be wrong."""
    seen = recording.rows[["frame", "face"]].drop_duplicates()
    seen = seen.assign(face=seen["face"].map({number: edits.person(number) for number in recording.faces}))
    twice = seen[seen.duplicated() & ~seen["face"].isin([edits.person(number) for number in edits.dropped])]
    people, counts = np.unique(twice.drop_duplicates()["face"].to_numpy(), return_counts=True)
    return dict(zip(people.tolist(), counts.tolist(), strict=True))
