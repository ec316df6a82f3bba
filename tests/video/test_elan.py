"""The .eaf file: opened by pympi as ELAN would, and held against the rules of the format's schema."""

from pathlib import Path
from xml.etree import ElementTree

import pytest
from pympi.Elan import Eaf

from fer_core.emotions import EMOTIONS
from fer_core.video.elan import elan_document
from fer_core.video.segments import Segment

SEGMENTS = [
    Segment(1, "cnn", "happy", 0.5, 2.0, 0.9),
    Segment(1, "cnn", "sad", 2.0, 3.25, 0.9),
    Segment(1, "vgg", "fear", 0.5, 3.25, 0.9),
    Segment(2, "cnn", "neutral", 1.0, 1.0002, 0.9),
    Segment(2, "cnn", "happy", 1.0002, 2.0, 0.9),
]
ORDER = ["HEADER", "TIME_ORDER", "TIER", "LINGUISTIC_TYPE", "LOCALE", "LANGUAGE", "CONSTRAINT", "CONTROLLED_VOCABULARY"]


@pytest.fixture
def document(tmp_path: Path) -> Path:
    film = tmp_path / "films" / "täst & film.mp4"
    film.parent.mkdir()
    film.write_bytes(b"")
    path = tmp_path / "out" / "film.eaf"
    path.parent.mkdir()
    path.write_bytes(elan_document(SEGMENTS, film, path.parent))
    return path


def test_pympi_reads_what_was_meant(document: Path) -> None:
    eaf = Eaf(str(document))
    held = {tier: sorted(a[:3] for a in eaf.get_annotation_data_for_tier(tier)) for tier in eaf.get_tier_names()}
    assert held == {
        "Face 1 cnn": [(500, 2000, "happy"), (2000, 3250, "sad")],
        "Face 1 vgg": [(500, 3250, "fear")],
        "Face 2 cnn": [(1000, 2000, "happy")],  # less than a millisecond is left out
    }
    assert eaf.get_parameters_for_tier("Face 2 cnn")["PARTICIPANT"] == "Face 2"
    assert {entry[0][0] for entry, _ in eaf.get_cv_entries("emotions").values()} == set(EMOTIONS)
    (media,) = eaf.get_linked_files()
    assert media["RELATIVE_MEDIA_URL"] == "../films/täst & film.mp4" and media["MEDIA_URL"].startswith("file:///")


def test_the_schema_s_rules_hold(document: Path) -> None:
    root = ElementTree.parse(document).getroot()
    assert root.tag == "ANNOTATION_DOCUMENT" and {"AUTHOR", "DATE", "VERSION"} <= root.attrib.keys()
    places = [ORDER.index(child.tag) for child in root]
    assert places == sorted(places)
    named = ("TIME_SLOT_ID", "ANNOTATION_ID", "CVE_ID", "LANG_ID")
    ids = [element.attrib[name] for element in root.iter() for name in named if name in element.attrib]
    assert len(ids) == len(set(ids)) and all(name[0].isalpha() for name in ids), "unique, and XML names"
    times = {slot.attrib["TIME_SLOT_ID"]: int(slot.attrib["TIME_VALUE"]) for slot in root.iter("TIME_SLOT")}
    entries = {entry.attrib["CVE_ID"]: entry.findtext("CVE_VALUE") for entry in root.iter("CV_ENTRY_ML")}
    types = {kind.attrib["LINGUISTIC_TYPE_ID"] for kind in root.iter("LINGUISTIC_TYPE")}
    for tier in root.iter("TIER"):
        assert tier.attrib["LINGUISTIC_TYPE_REF"] in types
        end = 0
        for annotation in tier.iter("ALIGNABLE_ANNOTATION"):
            start, after = (times[annotation.attrib[f"TIME_SLOT_REF{n}"]] for n in (1, 2))
            assert end <= start < after, "annotations of a tier do not overlap"
            assert entries[annotation.attrib["CVE_REF"]] == annotation.findtext("ANNOTATION_VALUE")
            end = after


def test_a_film_without_faces_is_a_document_without_tiers(tmp_path: Path) -> None:
    film = tmp_path / "film.mov"
    film.write_bytes(b"")
    path = tmp_path / "film.eaf"
    path.write_bytes(elan_document([], film, tmp_path))
    assert list(Eaf(str(path)).get_tier_names()) == [] and b"video/quicktime" in path.read_bytes()


def test_events_of_one_moment_share_an_annotation_and_none_is_lost(tmp_path: Path) -> None:
    events = [(1.0, "smile"), (1.0, "door"), (1.2, "laugh"), (9.0, "end")]
    (tmp_path / "film.eaf").write_bytes(elan_document([], Path("film.mp4"), None, events=events))
    found = Eaf(tmp_path / "film.eaf").get_annotation_data_for_tier("Events")
    assert sorted(found) == [(1000, 1200, "smile; door"), (1200, 1700, "laugh"), (9000, 9500, "end")]
