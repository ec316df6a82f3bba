"""Segments as an annotation document of ELAN (EAF 3.0, Max Planck Institute for Psycholinguistics).

A tier per face and model, an annotation per segment; a tier of events, where there are any. The order of elements, the
references between them and which attributes there must be are those of the format's schema, http://www.mpi.nl/tools/elan/EAFv3.0.xsd.
"""

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Final
from urllib.parse import quote
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from fer_core.emotions import EMOTIONS
from fer_core.video.segments import Segment, by_tier

_SCHEMA: Final = {
    "FORMAT": "3.0",
    "VERSION": "3.0",
    "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "xsi:noNamespaceSchemaLocation": "http://www.mpi.nl/tools/elan/EAFv3.0.xsd",
}
_TYPE, _EVENT_TYPE, _VOCABULARY, _LANGUAGE = "emotion", "event", "emotions", "eng"
_EVENTS: Final = "Events"
"""The tier's name."""
_EVENT_LENGTH: Final = 500  # milliseconds that ELAN shows a moment for, or until the next one
_MIME: Final = {".mov": "video/quicktime", ".avi": "video/x-msvideo", ".webm": "video/webm", ".mkv": "video/x-matroska"}


def elan_document(
    segments: list[Segment],
    film: Path,
    folder: Path | None,
    *,
    names: Mapping[int, str] | None = None,
    events: Sequence[tuple[float, str]] = (),
) -> bytes:
    """The text of an .eaf file, UTF-8. film: its media file; names: of faces that have one; events: (seconds, text).

    folder: where the document will be; None where that is unknown: film is then a name, of a file beside it.
    """
    if folder is None:
        date, url, relative = datetime.now(UTC), quote(film.name), f"./{film.name}"
    else:
        # the film's date, so that the same film gives the same document
        date, url = datetime.fromtimestamp(film.stat().st_mtime, UTC), film.resolve().as_uri()
        try:
            relative = Path(os.path.relpath(film.resolve(), folder.resolve())).as_posix()
        except ValueError:  # on Windows there is no way from one drive to another
            relative = ""
    root = Element("ANNOTATION_DOCUMENT", {"AUTHOR": "", "DATE": date.isoformat(timespec="seconds"), **_SCHEMA})
    header = SubElement(root, "HEADER", {"MEDIA_FILE": "", "TIME_UNITS": "milliseconds"})
    media = {"MEDIA_URL": url, "MIME_TYPE": _MIME.get(film.suffix.lower(), "video/mp4")}
    SubElement(header, "MEDIA_DESCRIPTOR", media | ({"RELATIVE_MEDIA_URL": relative} if relative else {}))
    order = SubElement(root, "TIME_ORDER")
    tiers = _Tiers(root, order)
    for (face, model), held in by_tier(segments):
        person = (names or {}).get(face, f"Face {face}")
        labels = [(s.start, s.end, s.label, {"CVE_REF": f"cve_{s.label}"}) for s in held]
        tiers.add(f"{person} {model}", _TYPE, labels, PARTICIPANT=person, ANNOTATOR=model)
    if events:
        texts: dict[int, list[str]] = {}
        for time, text in events:  # those of one moment share an annotation: ELAN has none without a length
            texts.setdefault(round(time * 1000), []).append(text)
        moments = sorted(texts)
        ends = [min(a + _EVENT_LENGTH, b) for a, b in pairwise([*moments, moments[-1] + _EVENT_LENGTH])]
        shown = zip(moments, ends, strict=True)
        tiers.add(_EVENTS, _EVENT_TYPE, [(a / 1000, b / 1000, "; ".join(texts[a]), {}) for a, b in shown])
    _vocabulary(root, with_events=bool(events))
    indent(root)
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))


class _Tiers:
    """Adds tiers to a document; its time slots and annotations are numbered throughout."""

    def __init__(self, root: Element, order: Element) -> None:
        self._root, self._order = root, order
        self._slots = self._annotations = 0

    def add(
        self, name: str, kind: str, spans: Sequence[tuple[float, float, str, dict[str, str]]], **given: str
    ) -> None:
        """spans: (start, end in seconds, text, further attributes), one after another."""
        tier = SubElement(self._root, "TIER", {"LINGUISTIC_TYPE_REF": kind, "TIER_ID": name, **given})
        for start_seconds, end_seconds, text, attributes in spans:
            start, end = round(start_seconds * 1000), round(end_seconds * 1000)
            if end <= start:  # less than ELAN can tell
                continue
            references = {}
            for reference, time in (("TIME_SLOT_REF1", start), ("TIME_SLOT_REF2", end)):
                self._slots += 1
                references[reference] = f"ts{self._slots}"
                slot = {"TIME_SLOT_ID": references[reference], "TIME_VALUE": str(time)}
                SubElement(self._order, "TIME_SLOT", slot)
            self._annotations += 1
            own = {"ANNOTATION_ID": f"a{self._annotations}", **attributes, **references}
            SubElement(
                SubElement(SubElement(tier, "ANNOTATION"), "ALIGNABLE_ANNOTATION", own), "ANNOTATION_VALUE"
            ).text = text


def _vocabulary(root: Element, with_events: bool) -> None:
    """The seven emotions, so that ELAN offers them where somebody corrects a label."""
    kind = {"TIME_ALIGNABLE": "true", "GRAPHIC_REFERENCES": "false"}
    emotion = {"LINGUISTIC_TYPE_ID": _TYPE, **kind, "CONTROLLED_VOCABULARY_REF": _VOCABULARY}
    SubElement(root, "LINGUISTIC_TYPE", emotion)
    if with_events:
        SubElement(root, "LINGUISTIC_TYPE", {"LINGUISTIC_TYPE_ID": _EVENT_TYPE, **kind})
    SubElement(root, "LANGUAGE", {"LANG_ID": _LANGUAGE, "LANG_LABEL": "English (eng)"})
    vocabulary = SubElement(root, "CONTROLLED_VOCABULARY", {"CV_ID": _VOCABULARY})
    SubElement(vocabulary, "DESCRIPTION", {"LANG_REF": _LANGUAGE})
    for name in EMOTIONS:
        entry = SubElement(vocabulary, "CV_ENTRY_ML", {"CVE_ID": f"cve_{name}"})
        SubElement(entry, "CVE_VALUE", {"LANG_REF": _LANGUAGE, "DESCRIPTION": ""}).text = name
