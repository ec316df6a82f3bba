"""Segments as subtitles: WebVTT (W3C) and SubRip."""

import html
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from fer_core.video.segments import Segment


def webvtt(segments: Sequence[Segment], names: Mapping[int, str] | None = None) -> str:
    """A WebVTT file's text: a cue for every time over which nothing changes, a line per face.

    names: what stands in the place of a face's number.
    """
    cues = [
        f"{_clock(a, '.')} --> {_clock(b, '.')}\n{html.escape(text, quote=False)}\n"
        for a, b, text in _cues(segments, names or {})
    ]
    return "\n".join(["WEBVTT\n", *cues])


def subrip(segments: Sequence[Segment], names: Mapping[int, str] | None = None) -> str:
    """The same as an SRT file's text."""
    cues = enumerate(_cues(segments, names or {}), start=1)
    return "\n".join(f"{number}\n{_clock(a, ',')} --> {_clock(b, ',')}\n{text}\n" for number, (a, b, text) in cues)


def _cues(segments: Sequence[Segment], names: Mapping[int, str]) -> Iterator[tuple[int, int, str]]:
    """(start, end, text) in milliseconds, one after another: players show cues that overlap in any order."""
    several = len({segment.model for segment in segments}) > 1
    spans = [(round(segment.start * 1000), round(segment.end * 1000), segment) for segment in segments]
    begins = sorted(spans, key=lambda span: span[0])
    bounds = sorted({time for start, end, _ in spans for time in (start, end)})
    active: list[tuple[int, int, Segment]] = []
    upcoming = 0
    for start, end in pairwise(bounds):
        active = [span for span in active if span[1] > start]
        while upcoming < len(begins) and begins[upcoming][0] <= start:
            active.append(begins[upcoming])
            upcoming += 1
        if text := _text([span[2] for span in active if span[1] > start], several, names):
            yield start, end, text


def _text(held: Sequence[Segment], several: bool, names: Mapping[int, str]) -> str:
    """A line per face: "1 happy", or of several models "1 happy (cnn), sad (mobilenet)"."""
    lines: dict[int, list[str]] = {}
    for segment in sorted(held, key=lambda s: (s.face, s.model)):
        label = f"{segment.label} ({segment.model})" if several else segment.label
        lines.setdefault(segment.face, []).append(label)
    return "\n".join(f"{names.get(face, face)} {', '.join(labels)}" for face, labels in lines.items())


def _clock(milliseconds: int, point: str) -> str:
    seconds, fraction = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{point}{fraction:03}"
