"""Edits by hand: what is left of the rows, in every format, and what an edit file may hold."""

import contextlib
import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fer_core.errors import EditsError, ImageError
from fer_core.video.edited import (
    EDITED_FIELDS,
    EDITED_FORMATS,
    Edits,
    Event,
    Exclusion,
    Recording,
    apply_edits,
    edited_file,
    edits_from_dict,
    edits_to_dict,
    overlaps,
    read_edits,
    read_recording,
    write_edits,
)
from fer_core.video.segments import SegmentLog
from fer_core.video.tables import CsvWriter, ParquetWriter
from tests.support.tracked import frames

TRACKS = ("hhhh    ", "  ss  ss", "nnnnnnnn")
RANDOM = tuple("".join(row) for row in np.random.default_rng(5).choice(list("hhsn  "), (4, 80)))
ALL = Edits(
    names={1: "Anna", 3: "Ben"},
    merged={2: 1},
    dropped=frozenset({3}),
    excluded=(Exclusion(0.0, 0.5), Exclusion(3.0, 9.0, face=2)),
    events=(Event(1.0, "=door"), Event(1.2, "a & b")),
)


@pytest.fixture(params=["csv", "parquet"])
def table(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return written(tmp_path, TRACKS, request.param)


def written(folder: Path, tracks: Sequence[str], kind: str = "csv") -> Path:
    path = folder / f"film.{kind}"
    with contextlib.closing((CsvWriter if kind == "csv" else ParquetWriter)(path)) as writer:
        for frame in frames(*tracks):
            writer.add(frame.to_rows())
    return path


def recorded(folder: Path, *tracks: str) -> Recording:
    times = [frame.time for frame in frames(*tracks)]
    return read_recording(written(folder, tracks), "film.mp4", times=times)


def track_of(recording: Recording) -> dict[int, str]:
    """Face -> a letter per frame, as `frames` takes them."""
    found = {face: [" "] * len(recording.times) for face in recording.faces}
    for face, frame, label in recording.rows[["face", "frame", "label"]].itertuples(index=False):
        found[face][frame] = label[0]
    return {face: "".join(letters) for face, letters in found.items()}


def test_a_table_is_read_back_whole(table: Path) -> None:
    recording = read_recording(table, "film.mp4")
    assert track_of(recording) == dict(enumerate(TRACKS, start=1)) and recording.models == ["cnn"]
    assert recording.times.tolist() == [n * 0.5 for n in range(8)] and recording.end == 4.0
    rows = list(csv.DictReader(io.StringIO(edited_file(recording, Edits(), "csv").decode())))
    expected = [row for frame in frames(*TRACKS) for row in frame.to_rows()]
    assert [{k: v for k, v in row.items() if k != "person"} for row in rows] == [
        {key: str(value) for key, value in row.items()} for row in expected
    ]


@pytest.mark.parametrize(
    "tracks",
    [TRACKS, ("h",), ("hs",), ("  hh  s ",), ("hhhh", "h sh"), ("ah  ", "    "), RANDOM],
    ids=["three", "one frame", "change", "gone for a while", "back", "nobody at the end", "random"],
)
def test_segments_are_those_of_the_frames(tmp_path: Path, tracks: tuple[str, ...]) -> None:
    log = SegmentLog()
    for frame in frames(*tracks):
        log.add(frame)
    recording = recorded(tmp_path, *tracks)
    found = recording.segments()
    assert [(s.face, s.model, s.label, s.start, s.end) for s in found] == [
        (s.face, s.model, s.label, s.start, s.end) for s in log.segments()
    ]
    assert all(s.confidence == pytest.approx(0.8) for s in found) and recording.end - recording.start == log.seconds


def test_frames_without_a_face_lie_between_the_others(tmp_path: Path) -> None:
    recording = read_recording(written(tmp_path, ["  hh  h   "]), "film.mp4", frames=10)
    assert recording.times == pytest.approx([n * 0.5 for n in range(10)])
    assert [(s.start, s.end) for s in recording.segments()] == [(1, 2), (3, 3.5)]


@pytest.mark.parametrize(
    ("edits", "left"),
    [
        (Edits(), dict(enumerate(TRACKS, start=1))),
        (Edits(names={1: "Anna"}), dict(enumerate(TRACKS, start=1))),
        (Edits(dropped=frozenset({3})), {1: TRACKS[0], 2: TRACKS[1]}),
        (Edits(merged={2: 1}), {1: "hhhh  ss", 3: TRACKS[2]}),
        (Edits(merged={1: 2}), {2: "hhss  ss", 3: TRACKS[2]}),
        (Edits(merged={1: 2, 2: 3}), {3: TRACKS[2]}),
        (Edits(merged={1: 3, 2: 3}, dropped=frozenset({3})), {}),
        (Edits(merged={2: 1}, dropped=frozenset({2})), {3: TRACKS[2]}),
        (Edits(excluded=(Exclusion(0.5, 1.5), Exclusion(1.0, 2.0))), {1: "h       ", 2: "      ss", 3: "n   nnnn"}),
        (Edits(excluded=(Exclusion(0.0, 1.5, face=1),)), {1: "   h    ", 2: TRACKS[1], 3: TRACKS[2]}),
        (Edits(merged={2: 1}, excluded=(Exclusion(3.0, 9.0, face=2),)), {1: "hhhh    ", 3: TRACKS[2]}),
        (ALL, {1: " hhh    "}),
    ],
    ids=[
        "none", "name", "drop", "merge, overlapping", "merged into wins", "chain", "merged and dropped",
        "dropped by a merged face", "excluded, overlapping", "of one face", "of a merged face", "all",
    ],
)  # fmt: skip
def test_what_is_left(tmp_path: Path, edits: Edits, left: dict[int, str]) -> None:
    recording = recorded(tmp_path, *TRACKS)
    edited = apply_edits(recording, edits)
    blank = {face: track for face, track in left.items() if track.strip()}
    assert track_of(edited) == blank and edited.times is recording.times
    assert not edited.rows.duplicated(["frame", "face", "model"]).any()
    assert edited.rows["frame"].is_monotonic_increasing
    assert track_of(recording) == dict(enumerate(TRACKS, start=1)), "the recording stays as it is"


@pytest.mark.parametrize(
    ("edits", "frames_twice"),
    [
        (Edits(), {}),
        (Edits(merged={2: 1}), {1: 2}),
        (Edits(merged={2: 1, 1: 3}), {3: 6}),
        (Edits(merged={2: 1}, dropped=frozenset({1})), {}),
    ],
    ids=["none", "two", "three", "dropped"],
)
def test_people_that_are_in_a_frame_twice(tmp_path: Path, edits: Edits, frames_twice: dict[int, int]) -> None:
    assert overlaps(recorded(tmp_path, *TRACKS), edits) == frames_twice


def test_all_files_follow_the_edits(tmp_path: Path) -> None:
    recording = recorded(tmp_path, *TRACKS)
    edits = Edits(names={1: "=Anna"}, merged={2: 1}, dropped=frozenset({3}), events=ALL.events)
    files = {kind: edited_file(recording, edits, kind) for kind in EDITED_FORMATS}
    rows = list(csv.DictReader(io.StringIO(files["csv"].decode())))
    assert tuple(rows[0]) == EDITED_FIELDS and {(row["face"], row["person"]) for row in rows} == {("1", "'=Anna")}
    typed = pq.read_table(pa.BufferReader(files["parquet"])).to_pylist()
    assert [row["label"] for row in typed] == [row["label"] for row in rows] == ["happy"] * 4 + ["sad"] * 2
    assert {row["person"] for row in typed} == {"=Anna"}
    cue = "00:00:00.000 --> 00:00:02.000\n=Anna happy"
    assert cue in files["vtt"].decode() and cue.replace(".", ",") in files["srt"].decode()
    said = json.loads(files["json"])
    assert (said["faces"], said["frames"], said["seconds"]) == (1, 8, 4.0)
    (entry,) = said["by_face"]
    assert (entry["person"], entry["seconds"], entry["smiles"]) == ("=Anna", 3.0, 1)
    assert edits_from_dict(said["edits"], recording.faces) == edits


def test_names_that_differ_by_what_escapes_a_formula(tmp_path: Path) -> None:
    edits = Edits(names={1: "=a", 2: "'=a"})
    rows = csv.DictReader(io.StringIO(edited_file(recorded(tmp_path, *TRACKS), edits, "csv").decode()))
    assert {(row["face"], row["person"]) for row in rows} == {("1", "'=a"), ("2", "'=a"), ("3", "Face 3")}


def test_elan_has_names_and_events(tmp_path: Path) -> None:
    from pympi.Elan import Eaf

    edits = Edits(names={1: "Anna & <Ben>"}, dropped=frozenset({2, 3}), events=ALL.events)
    path = tmp_path / "film.eaf"
    path.write_bytes(edited_file(recorded(tmp_path, *TRACKS), edits, "eaf"))
    eaf = Eaf(str(path))
    held = {tier: sorted(a[:3] for a in eaf.get_annotation_data_for_tier(tier)) for tier in eaf.get_tier_names()}
    assert held == {
        "Anna & <Ben> cnn": [(0, 2000, "happy")],
        "Events": [(1000, 1200, "=door"), (1200, 1700, "a & b")],
    }
    (media,) = eaf.get_linked_files()
    assert media["RELATIVE_MEDIA_URL"] == "./film.mp4"


def test_a_name_is_no_markup_in_subtitles(tmp_path: Path) -> None:
    edits = Edits(names={1: "<b>-->"}, dropped=frozenset({2, 3}))
    assert "&lt;b&gt;--&gt; happy" in edited_file(recorded(tmp_path, *TRACKS), edits, "vtt").decode()


def test_without_any_row_the_files_are_whole(tmp_path: Path) -> None:
    recording = recorded(tmp_path, *TRACKS)
    nobody = Edits(dropped=frozenset(recording.faces))
    files = {kind: edited_file(recording, nobody, kind) for kind in EDITED_FORMATS}
    assert files["csv"].decode().split() == [",".join(EDITED_FIELDS)] and files["vtt"] == b"WEBVTT\n"
    assert json.loads(files["json"])["by_face"] == []


def test_an_edit_file_comes_back_as_it_was() -> None:
    data = write_edits(ALL, "film.mp4")
    assert read_edits(data, {1, 2, 3}) == (ALL, "film.mp4")
    assert write_edits(read_edits(data, {1, 2, 3})[0], "film.mp4") == data


def document(**changes: Any) -> bytes:
    return json.dumps(json.loads(write_edits(Edits(), "film.mp4")) | changes).encode()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"a": ' + b"9" * 5000 + b"}", "not JSON"),
        (b" " * (2**20 + 1), "too large"),
        (b"[]", "holds no edits"),
        (b'{"format": "else"}', "holds no edits"),
        (document(version=2), "Expected version 1"),
        (document(version=[[]] * 99), "list of 99"),
        (document(names=[]), "'names' as an object"),
        (document(names={"7": "Anna"}), "no face '7'"),
        (document(names={"1": 5}), "plain text"),
        (document(names={"1": "a\u0000b"}), "plain text"),
        (document(names={"1": "\u202eanna"}), "plain text"),
        (document(names={"1": "x" * 61}), "60 characters"),
        (document(names={"1": "Anna", "2": "Anna"}), "'Anna'"),
        (document(names={"1": "Face 2"}), "'Face 2'"),
        (document(merged={"1": 1}), "merged into itself"),
        (document(merged={"1": 2, "2": 3, "3": 1}), "merged into itself"),
        (document(merged={"1": True}), "no face True"),
        (document(merged={"1": 9}), "no face 9"),
        (document(dropped={"1": 1}), "'dropped' as a list"),
        (document(dropped=["\uff11"]), "no face"),
        (document(dropped=[10**400]), "no face"),
        (document(excluded=[1]), "with start and end"),
        (document(excluded=[{"start": 1}]), "a time in seconds"),
        (document(excluded=[{"start": 2, "end": 1}]), "before it starts"),
        (document(excluded=[{"start": 0, "end": 1, "face": 4}]), "no face 4"),
        (document(events=[{"time": float("nan"), "text": ""}]), "a time in seconds"),
        (document(events=[{"time": 10**400, "text": ""}]), "a time in seconds"),
        (document(events=[{"time": -1, "text": ""}]), "a time in seconds"),
        (document(events=[{"time": 1, "text": ["x"]}]), "plain text"),
        (document(events=[{"time": 1, "text": "x"}] * 5001), "at most 5000"),
        (document(events="x" * 1000), "as a list"),
    ],
)
def test_what_is_no_edit_file_is_refused_in_a_line(data: bytes, words: str) -> None:
    with pytest.raises(EditsError) as refused:
        read_edits(data, {1, 2, 3})
    said = str(refused.value)
    assert words in said and "\n" not in said and len(said) < 200


def test_what_stands_beside_the_edits_is_passed_over_and_defaults_hold() -> None:
    assert read_edits(document(more=1), {1})[0] == Edits()
    assert edits_from_dict({"names": {"1": "  "}, "events": [{"time": 1, "text": " "}]}, {1}) == Edits(
        events=(Event(1.0, "event"),)
    )
    assert edits_from_dict(edits_to_dict(ALL), {1, 2, 3}) == ALL


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "no table of a film"),
        ("a,b\n1,2\n", "no table of a film"),
        ("x" * 10_000, "no table of a film"),
    ],
    ids=["empty", "other columns", "text"],
)
def test_what_is_no_table_is_refused_in_a_line(tmp_path: Path, content: str, words: str) -> None:
    for kind in ("csv", "parquet"):
        (tmp_path / f"film.{kind}").write_text(content)
        with pytest.raises(ImageError, match=words) as refused:
            read_recording(tmp_path / f"film.{kind}", "film.mp4")
        assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("before", "after"), [(",happy,", ",glad,"), ("0.5,1,", "0.5,900000000,"), (",1,10,", ",0,10,"), ("0.5,1,", "x,1,")]
)
def test_a_damaged_table_is_refused(tmp_path: Path, before: str, after: str) -> None:
    path = written(tmp_path, ["hh"])
    path.write_text(path.read_text().replace(before, after))
    with pytest.raises(ImageError, match="no table"):
        read_recording(path, "film.mp4")
