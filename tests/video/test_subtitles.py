"""Subtitles: cues one after another, in both formats."""

from fer_core.video.segments import Segment
from fer_core.video.subtitles import subrip, webvtt

SEGMENTS = [
    Segment(1, "cnn", "happy", 0.0, 2.5, 0.9),
    Segment(1, "cnn", "neutral", 2.5, 3.0, 0.9),
    Segment(2, "cnn", "sad", 1.0, 2.0, 0.9),
    Segment(1, "cnn", "fear", 3700.25, 3701.0, 0.9),
]


def test_webvtt() -> None:
    assert webvtt(SEGMENTS).split("\n\n") == [
        "WEBVTT",
        "00:00:00.000 --> 00:00:01.000\n1 happy",
        "00:00:01.000 --> 00:00:02.000\n1 happy\n2 sad",
        "00:00:02.000 --> 00:00:02.500\n1 happy",
        "00:00:02.500 --> 00:00:03.000\n1 neutral",
        "01:01:40.250 --> 01:01:41.000\n1 fear\n",
    ]


def test_subrip() -> None:
    blocks = subrip(SEGMENTS).split("\n\n")
    assert blocks[0] == "1\n00:00:00,000 --> 00:00:01,000\n1 happy"
    assert blocks[4] == "5\n01:01:40,250 --> 01:01:41,000\n1 fear\n" and len(blocks) == 5


def test_several_models_stand_in_one_line() -> None:
    both = [Segment(1, "cnn", "happy", 0, 1, 0.9), Segment(1, "vgg", "sad", 0, 1, 0.9)]
    assert "\n1 happy (cnn), sad (vgg)\n" in webvtt(both)


def test_without_segments_the_files_are_empty_but_whole() -> None:
    assert webvtt([]) == "WEBVTT\n" and subrip([]) == ""
