"""`classify`: the pictures it writes: annotated copies, faces blurred in them, and maps of what decided."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fer_core import analyze, load_model
from fer_core.detection import load_detector
from fer_core.image import decode_image, sample_image
from tests.conftest import Call


@pytest.mark.parametrize("workers", [1, 2])
def test_annotated_copies_lie_as_the_pictures_do(call: Call, folder: Path, tmp_path: Path, workers: int) -> None:
    copies = tmp_path / "copies"
    (folder / "white.PNG").write_bytes((folder / "white.jpg").read_bytes())
    options = ("--annotated", copies, "--workers", workers)
    assert call("classify", folder, *options)[0] == 1
    written = {str(path.relative_to(copies)) for path in copies.rglob("*") if path.is_file()}
    names = {"astronaut-emotions.png", "below/crop-emotions.png", "white-emotions.png", "white-emotions-2.png"}
    assert written == names
    models = [load_model("tiny", tmp_path / "models")]
    expected = analyze(folder / "astronaut.png", models).annotated()
    assert np.array_equal(np.asarray(Image.open(copies / "astronaut-emotions.png")), expected)


def test_copies_are_no_pictures_of_the_next_run(call: Call, astronaut: Path) -> None:
    inside = astronaut.parent / "copies"
    first, second = (call("classify", astronaut.parent, "--annotated", inside) for _ in range(2))
    assert first == second and [path.name for path in inside.iterdir()] == ["astronaut-emotions.png"]
    code, out, err = call("classify", astronaut.parent, "--annotated", astronaut.parent)
    assert code == 2 and out == "" and "name another folder" in err


def test_a_copy_overwrites_no_picture(call: Call, astronaut: Path) -> None:
    other = astronaut.with_name("astronaut-emotions.png")
    shutil.copy(astronaut, other)
    before = other.read_bytes()
    assert call("classify", astronaut, other, "--annotated", astronaut.parent / ".")[0] == 0
    assert other.read_bytes() == before and astronaut.with_name("astronaut-emotions-2.png").is_file()


def test_a_copy_that_cannot_be_written_is_named(call: Call, astronaut: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    code, _, err = call("classify", astronaut, "--annotated", tmp_path / "file")
    assert code == 2 and err.startswith(f"{astronaut}: The annotated copy ") and len(err.splitlines()) == 1


def test_blurred_copies_hide_faces(call: Call, astronaut: Path, tmp_path: Path) -> None:
    for options, faces in ((("--workers", 2), 0), (("--keep-face", 1), 1)):
        assert call("classify", astronaut, "--annotated", tmp_path / "copies", "--blur-faces", *options)[0] == 0
        copy = decode_image((tmp_path / "copies" / "astronaut-emotions.png").read_bytes())
        assert len(load_detector().detect(copy)) == faces


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--blur-faces"], "needs --annotated"),
        (["--annotated", "copies", "--keep-face", "1"], "name both"),
        (["--annotated", "copies", "--blur-faces", "--explain", "why"], "shows faces as they are"),
    ],
)
def test_blur_faces_used_wrongly(call: Call, astronaut: Path, options: list[str], words: str) -> None:
    code, _, err = call("classify", astronaut, *options)
    assert code == 2 and words in err


def test_explain_writes_a_picture_for_each_face_and_model(call: Call, folder: Path) -> None:
    (folder / "below" / "astronaut.jpg").write_bytes(sample_image())
    why = folder / "why"
    for _ in range(2):  # its own pictures are none for the next run
        code, out, err = call("classify", folder, "--explain", why)
        assert code == 1 and err.count("\n") == 1 and "not what the person feels" in out
        written = sorted(str(path.relative_to(why)) for path in why.rglob("*.png"))
        assert written == [
            "astronaut-face1-tiny.png",
            "below/astronaut-face1-tiny.png",
            "below/crop-face1-tiny.png",
        ]
    assert np.asarray(Image.open(why / written[0])).std() > 10
    assert "Orange" not in call("classify", folder, "--explain", why, "--format", "csv")[1]


def test_explain_into_the_folder_itself_or_where_it_cannot_write(call: Call, astronaut: Path, tmp_path: Path) -> None:
    code, _, err = call("classify", astronaut.parent, "--explain", astronaut.parent)
    assert code == 2 and "name another folder" in err
    (tmp_path / "file").write_text("")
    code, _, err = call("classify", astronaut, "--explain", tmp_path / "file" / "why")
    assert code == 2 and "cannot be written" in err and err.count("\n") == 1
