"""Segments as an annotation document of ELAN (EAF 3.0, Max Planck Institute for Psycholinguistics).

A tier per face and model, an annotation per segment. The order of elements, the references between them and which
attributes there must be are those of the format's schema, http://www.mpi.nl/tools/elan/EAFv3.0.xsd.
"""

import contextlib
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from fer_core.emotions import EMOTIONS
from fer_core.video.segments import Segment, by_tier

_SCHEMA: Final = {
    "FORMAT": "3.0",
    "VERSION": "3.0",
    "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "xsi:noNamespaceSchemaLocation": "http://www.mpi.nl/tools/elan/EAFv3.0.xsd",
}
_TYPE, _VOCABULARY, _LANGUAGE = "emotion", "emotions", "eng"
_MIME: Final = {".mov": "video/quicktime", ".avi": "video/x-msvideo", ".webm": "video/webm", ".mkv": "video/x-matroska"}


def elan_document(segments: list[Segment], film: Path, folder: Path) -> bytes:
    """The text of an .eaf file, UTF-8. film: its media file; folder: where the document will be."""
    # the film's date, so that the same film gives the same document
    date = datetime.fromtimestamp(film.stat().st_mtime, UTC).isoformat(timespec="seconds")
    root = Element("ANNOTATION_DOCUMENT", {"AUTHOR": "", "DATE": date, **_SCHEMA})
    header = SubElement(root, "HEADER", {"MEDIA_FILE": "", "TIME_UNITS": "milliseconds"})
    media = {
        "MEDIA_URL": film.resolve().as_uri(),
        "MIME_TYPE": _MIME.get(film.suffix.lower(), "video/mp4"),
    }
    with contextlib.suppress(ValueError):  # on Windows there is no way from one drive to another
        media["RELATIVE_MEDIA_URL"] = Path(os.path.relpath(film.resolve(), folder.resolve())).as_posix()
    SubElement(header, "MEDIA_DESCRIPTOR", media)
    _tiers(root, segments)
    _vocabulary(root)
    indent(root)
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))


def _tiers(root: Element, segments: list[Segment]) -> None:
    order = SubElement(root, "TIME_ORDER")
    slots = annotations = 0
    for (face, model), held in by_tier(segments):
        names = {"TIER_ID": f"Face {face} {model}", "PARTICIPANT": f"Face {face}", "ANNOTATOR": model}
        tier = SubElement(root, "TIER", {"LINGUISTIC_TYPE_REF": _TYPE, **names})
        for segment in held:
            start, end = round(segment.start * 1000), round(segment.end * 1000)
            if end <= start:  # less than ELAN can tell
                continue
            references = {}
            for name, time in (("TIME_SLOT_REF1", start), ("TIME_SLOT_REF2", end)):
                slots += 1
                references[name] = f"ts{slots}"
                SubElement(order, "TIME_SLOT", {"TIME_SLOT_ID": references[name], "TIME_VALUE": str(time)})
            annotations += 1
            given = {"ANNOTATION_ID": f"a{annotations}", "CVE_REF": f"cve_{segment.label}", **references}
            annotation = SubElement(SubElement(tier, "ANNOTATION"), "ALIGNABLE_ANNOTATION", given)
            SubElement(annotation, "ANNOTATION_VALUE").text = segment.label


def _vocabulary(root: Element) -> None:
    """The seven emotions, so that ELAN offers them where somebody corrects a label."""
    kind = {"TIME_ALIGNABLE": "true", "GRAPHIC_REFERENCES": "false", "CONTROLLED_VOCABULARY_REF": _VOCABULARY}
    SubElement(root, "LINGUISTIC_TYPE", {"LINGUISTIC_TYPE_ID": _TYPE, **kind})
    SubElement(root, "LANGUAGE", {"LANG_ID": _LANGUAGE, "LANG_LABEL": "English (eng)"})
    vocabulary = SubElement(root, "CONTROLLED_VOCABULARY", {"CV_ID": _VOCABULARY})
    SubElement(vocabulary, "DESCRIPTION", {"LANG_REF": _LANGUAGE})
    for emotion in EMOTIONS:
        entry = SubElement(vocabulary, "CV_ENTRY_ML", {"CVE_ID": f"cve_{emotion}"})
        SubElement(entry, "CVE_VALUE", {"LANG_REF": _LANGUAGE, "DESCRIPTION": ""}).text = emotion
