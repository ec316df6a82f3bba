"""The 65 bad inputs through the upload page and the command line: what each leads to, its memory, and the next upload.

The page and the command find faces with the default detector; the other detectors are given what reaches them.

`python -m tests.support.measure_bad_inputs` prints how long each takes: a busy machine would fail an assertion on time.
"""

import functools
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from fer_core import Analysis, ImageError, ModelError, analyze, list_models, load_model
from fer_core.analysis.export import images_file, to_csv, to_json
from fer_core.cli.parser import main
from fer_core.detection import DEFAULT_DETECTOR, DETECTORS, iou
from fer_core.image import (
    MAX_FILES,
    MAX_IMAGE_BYTES,
    MAX_IMAGE_PIXELS,
    MAX_VIDEO_BYTES,
    decode_image,
    shown_name,
)
from pages.parts.classify.results import with_pixels
from tests.support.bad_inputs import (
    ANY,
    CAMERA,
    CASES,
    DAMAGED,
    FIFTY,
    LARGE,
    LEFT_OUT,
    NO_FACE,
    ONE_FACE,
    REFUSED,
    SAME,
    TAKEN,
    UNAVAILABLE,
    WHOLE,
    Case,
    Files,
    encode,
    good,
)
from tests.support.memory import Growth

ROOT = Path(__file__).resolve().parent.parent
MOST_MB, MOST_MB_LARGE = 300, 500
TECHNICAL = ("Traceback", "Error", "cv2", "0x", "line ")
MOST_FACES = {NO_FACE: 0, ONE_FACE: 1, WHOLE: 1, FIFTY: 50}
Answer = str | dict[str, Any]
"""A refusal's line, or a picture's result as its JSON has it."""

pytestmark = pytest.mark.skipif(not list_models(), reason="needs a bundle under models/")


def refusals(page: Any) -> list[str]:
    """The page's errors; several stand in one box, a line each."""
    return [line.removeprefix("- ") for element in page.error for line in element.value.splitlines()]


class Visitor:
    """One visit to the upload page that goes on from case to case."""

    def __init__(self) -> None:
        st.cache_resource.clear()
        self.page = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=300).run()

    @functools.cached_property
    def plain(self) -> list[dict[str, str]]:
        """The labels of the good picture, which is uploaded for it once."""
        (answer,) = self.upload([("first.png", good())])
        return labels(answer)

    def upload(self, files: Files) -> list[Answer]:
        """The page's answer to each file that it takes."""
        self.page.file_uploader[0].set_value([(name, data, "application/octet-stream") for name, data in files])
        self.page.run()
        assert not self.page.exception
        found = list(self.page.session_state["analyses"].values())
        shown = [unescaped(line) for line in refusals(self.page)]
        assert shown == [line for line in found if isinstance(line, str)]
        return [line if isinstance(line, str) else line.to_dict() for line in found]

    def analyses(self) -> list[Analysis]:
        return [found for found in self.page.session_state["analyses"].values() if isinstance(found, Analysis)]

    def texts(self) -> str:
        kinds = (self.page.caption, self.page.info, self.page.warning, self.page.header)
        html = [element.proto.body for element in self.page.get("html")]
        return "\n".join([*(str(element.value) for kind in kinds for element in kind), *html])


def unescaped(text: str) -> str:
    return text.replace("\\\\", "\0").replace("\\", "").replace("\0", "\\")


@pytest.fixture(scope="module")
def visitor() -> Iterator[Visitor]:
    yield Visitor()
    st.cache_resource.clear()


@pytest.fixture
def console(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, list[Answer], str]]:
    """Write files (where a disk can hold their names) and classify them -> exit code, answers, what stderr says."""

    def run(files: Files, *options: object) -> tuple[int, list[Answer], str]:
        folder = tmp_path / "in" / "it"
        folder.mkdir(parents=True, exist_ok=True)
        paths = []
        for name, data in files:
            paths.append(str(folder / name))
            try:
                (folder / name).write_bytes(data)
            except (OSError, ValueError):
                continue  # then the command is asked for a file that cannot be there
        code = main(["classify", *paths, "--format", "json", *map(str, options)])
        said = capsys.readouterr()
        lines = [line.split(": ", 1)[1] for line in said.err.splitlines() if not line.endswith("first frame is used.")]
        return code, [*lines, *json.loads(said.out or "[]")], said.err

    return run


def labels(result: Answer) -> list[dict[str, str]]:
    assert isinstance(result, dict), result
    return [{name: p["label"] for name, p in face["predictions"].items()} for face in result["faces"]]


def check(case: Case, answers: list[Answer], plain: list[dict[str, str]]) -> None:
    """Each answer is what the table says; `plain`: the labels of the plain picture."""
    refusals = [answer for answer in answers if isinstance(answer, str)]
    results = [answer for answer in answers if isinstance(answer, dict)]
    for line in refusals:
        assert len(line.splitlines()) == 1 and len(line) < 250
        assert not any(word in line for word in TECHNICAL), line
    if case.outcome == REFUSED:
        assert not results and all(case.said in line for line in refusals)
        names = [shown_name(name) for name, _ in case.files()]
        assert [line.startswith(f"{name} ") for line, name in zip(refusals, names, strict=True)] == [True] * len(names)
    elif case.outcome == ANY:
        assert all(DAMAGED in line or LARGE in line for line in refusals)
    else:
        assert not refusals and results
    for result in results:
        if case.outcome in (SAME, LEFT_OUT):
            assert case.outcome == LEFT_OUT or labels(result) == plain
        elif case.outcome in (NO_FACE, ONE_FACE, FIFTY, WHOLE):
            faces = result["faces"]
            assert len(faces) == {NO_FACE: 0, ONE_FACE: 1, FIFTY: 50, WHOLE: 1}[case.outcome]
            assert all(face["whole_picture"] for face in faces) is (case.outcome in (WHOLE, NO_FACE))


def check_page(case: Case, visitor: Visitor) -> None:
    """What the page says beyond its answers."""
    if case.outcome in (SAME, WHOLE, LEFT_OUT):
        assert case.said in visitor.texts()
    if case.outcome == NO_FACE:
        assert "No face found" in visitor.texts()
    if case.outcome == LEFT_OUT:
        assert f"{MAX_FILES + 1}.png was left out" in visitor.texts()
    shown = len([element for element in visitor.page.header])
    assert shown == (len(refusals(visitor.page)) < min(MAX_FILES, len(case.files())))  # of several, one is opened


def check_exports(case: Case, found: list[Analysis]) -> None:
    """No metadata in any file that can be saved, and no cell that a spreadsheet would run."""
    data = dict(case.files())
    table, text = to_csv(row for a in found for row in a.to_rows()), to_json(a.to_dict() for a in found)
    pictures = images_file([a.name for a in found], (with_pixels(a, data[a.name]).annotated() for a in found))
    for export in (table.encode(), text.encode(), pictures):
        assert CAMERA.encode() not in export and b"GPS" not in export and b"29.9" not in export
    assert not any(cell[:1] in "=+@\t\r" for line in table.splitlines() for cell in line.split(",") if cell)
    assert "\0" not in table


def check_pictures(case: Case, visitor: Visitor, console: Callable[..., tuple[int, list[Answer], str]]) -> None:
    files = case.files()
    assert len(visitor.plain) == 1
    with Growth() as growth:
        answers = visitor.upload(files)
    assert growth.mb is None or growth.mb < MOST_MB
    check(case, answers, visitor.plain)
    check_page(case, visitor)
    if visitor.analyses():
        check_exports(case, visitor.analyses())
    (after,) = visitor.upload([(f"after{case.number}.png", good())])
    assert labels(after) == visitor.plain

    writable = [(name, data) for name, data in files if "\0" not in name and len(name) < 256]
    with Growth() as growth:
        code, answers, said = console([*writable, ("good.png", good())])
    assert growth.mb is None or growth.mb < MOST_MB
    assert labels(answers[-1]) == visitor.plain
    check(case, answers[:-1], visitor.plain)
    assert code == (1 if any(isinstance(answer, str) for answer in answers) else 0)
    assert case.number != 41 or case.said in said


def check_model(
    case: Case, bundle: Path, monkeypatch: pytest.MonkeyPatch, console: Callable[..., tuple[int, list[Answer], str]]
) -> None:
    shutil.copytree(bundle, bundle.with_name("other"))
    assert case.damage is not None
    case.damage(bundle)
    with Growth() as growth, pytest.raises(ModelError, match=case.said) as caught:
        load_model("tiny", bundle.parent)
    assert growth.mb is None or growth.mb < MOST_MB
    line = str(caught.value)
    assert "tiny" in line and len(line.splitlines()) == 1

    code, answers, said = console([("good.png", good())], "--models-dir", bundle.parent)
    assert code == 0 and f"model tiny is unavailable: {line}" in said
    assert [sorted(face) for face in labels(answers[-1])] == [["other"]]

    monkeypatch.setenv("FER_MODELS_DIR", str(bundle.parent))
    visitor = Visitor()
    try:
        (answer,) = visitor.upload([("good.png", good())])
        assert [sorted(face) for face in labels(answer)] == [["other"]]
        assert [unescaped(w.value) for w in visitor.page.warning] == [f"Model tiny is unavailable: {line}"]
    finally:
        st.cache_resource.clear()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_bad_input(
    case: Case,
    visitor: Visitor,
    console: Callable[..., tuple[int, list[Answer], str]],
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if case.outcome == UNAVAILABLE:
        check_model(case, request.getfixturevalue("bundle"), monkeypatch, console)
    else:
        check_pictures(case, visitor, console)


SEEN = [case for case in CASES if case.number in (23, *range(32, 42), *range(45, 53))]
"""Cases whose pixels reach a detector, each kind of pixels once; the others are refused before, or differ by name."""


@pytest.mark.parametrize("detector", sorted(set(DETECTORS) - {DEFAULT_DETECTOR}))
@pytest.mark.parametrize("case", SEEN, ids=str)
def test_other_detectors_bear_it(case: Case, detector: str) -> None:
    (plain,) = analyze(good(), (), detector=detector).faces
    for name, data in case.files()[:8]:
        try:
            faces = analyze(data, (), name=name, detector=detector).faces
        except ImageError:
            assert case.outcome == ANY
            continue
        height, width = decode_image(data).shape[:2]
        boxes = [face.box for face in faces]
        assert all(0 <= b.x < b.x + b.width <= width and 0 <= b.y < b.y + b.height <= height for b in boxes)
        if case.outcome == SAME:
            assert len(boxes) == 1 and iou(boxes[0], plain.box) > 0.8, name
        elif case.outcome in MOST_FACES:
            assert len(boxes) <= MOST_FACES[case.outcome]
        assert case.outcome != WHOLE or [face.whole_picture for face in faces] == [True]


def test_the_table_is_whole() -> None:
    assert [case.number for case in CASES] == list(range(1, 66))
    assert {case.outcome for case in CASES} == {
        ANY, FIFTY, LEFT_OUT, NO_FACE, ONE_FACE, REFUSED, SAME, TAKEN, UNAVAILABLE, WHOLE
    }  # fmt: skip


def test_a_phones_48_megapixels_are_welcome(console: Callable[..., tuple[int, list[Answer], str]]) -> None:
    large = encode(np.tile(decode_image(good()), (20, 31, 1)), "JPEG", quality=80)
    assert 48e6 < decode_image(large).size / 3 < 50e6
    with Growth() as growth:
        code, answers, _ = console([("phone.jpg", large)])
    assert growth.mb is None or growth.mb < MOST_MB_LARGE
    assert code == 0 and isinstance(answers[0], dict)


def test_a_name_that_no_disk_holds_is_refused_in_a_line(console: Callable[..., tuple[int, list[Answer], str]]) -> None:
    code, answers, _ = console([("nul\0byte.png", good()), ("x" * 300 + ".png", good())])
    assert code == 2 and ["cannot be opened" in str(answer) for answer in answers] == [True, True]


def test_the_page_names_its_limits(visitor: Visitor) -> None:
    label = visitor.page.file_uploader[0].label
    for limit in (MAX_FILES, f"{MAX_IMAGE_BYTES // 2**20} MB", f"{MAX_IMAGE_PIXELS // 10**6} megapixels"):
        assert str(limit) in label
    assert (MAX_FILES, MAX_IMAGE_BYTES, MAX_IMAGE_PIXELS) == (20, 20 * 2**20, 50_000_000)
    assert MAX_VIDEO_BYTES == 200 * 2**20
