"""Datasets on disk: every layout read, and how a bad one is refused."""

import bz2
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fer_core import EMOTIONS, DatasetError
from fer_core.datasets.readers import read_dataset
from fer_core.emotions import emotion_index
from tests.support import tiny

FACES, LABELS = tiny.faces(1)
PIXELS = " ".join(map(str, FACES[3].ravel().tolist()))


@pytest.mark.parametrize(("write", "expected"), tiny.LAYOUTS.values(), ids=tiny.LAYOUTS.keys())
def test_reads_every_layout(tmp_path: Path, write: Callable[[Path], Path], expected: dict[str, int]) -> None:
    table = read_dataset(write(tmp_path))
    found = {part: np.bincount(table.labels[table.usage == part], minlength=7) for part in np.unique(table.usage)}
    assert {part: counts.tolist() for part, counts in found.items()} == {p: [n] * 7 for p, n in expected.items()}
    # pixel for pixel what was written, under the label it was written with
    written = {face.tobytes(): label for face, label in zip(*tiny.faces(sum(expected.values())), strict=True)}
    assert {f.tobytes(): n for f, n in zip(table.faces, table.labels, strict=True)} == written
    assert table.faces.shape == (len(table.labels), 48, 48) and table.faces.dtype == table.labels.dtype == np.uint8


@pytest.mark.parametrize(
    ("name", "label"),
    [
        *zip(EMOTIONS, range(7), strict=True),
        *zip(tiny.ALIASES, range(7), strict=True),
        (" HAPPY ", 3),
        ("joy", 3),
        ("suprise", 5),
        ("contempt", None),
        ("", None),
        ("happy2", None),
    ],
)
def test_names_of_emotions(name: str, label: int | None) -> None:
    assert emotion_index(name) == label


@pytest.mark.parametrize(
    "suffix, pack",
    [(".bz2", bz2.compress), (".xz", lzma.compress), (".zip", None)],
    ids=["bz2", "xz", "zip"],
)
def test_other_compressions_hold_the_same_dataset(
    tmp_path: Path, suffix: str, pack: Callable[[bytes], bytes] | None
) -> None:
    plain = tiny.fer_csv(tmp_path)
    packed = tmp_path / f"fer2013.csv{suffix}"
    if pack:
        packed.write_bytes(pack(plain.read_bytes()))
    else:
        with zipfile.ZipFile(packed, "w") as archive:
            archive.write(plain, "fer2013.csv")
    assert read_dataset(packed).sha256 == read_dataset(plain).sha256


def test_the_hash_is_of_the_content_not_of_the_file(tmp_path: Path) -> None:
    hashes = {
        name: read_dataset(tiny.LAYOUTS[name][0](tmp_path / str(i))).sha256
        for i, name in enumerate(["fer2013.csv", "fer2013.csv.gz", "icml_face_data.csv, spaces in the column names"])
    }
    assert len(set(hashes.values())) == 1
    data = tiny.parts(tiny.FER_PARTS)
    changed = {
        "a pixel": {**data, "Training": (data["Training"][0] ^ np.uint8(1), data["Training"][1])},
        "a label": {**data, "Training": (data["Training"][0], (data["Training"][1] + 1) % 7)},
        "the parts": dict(zip(data, reversed(data.values()), strict=True)),
    }
    for what, other in changed.items():
        path = tiny.write_csv(tmp_path / what / "fer2013.csv", other)
        assert read_dataset(path).sha256 not in hashes.values(), what


def test_csv_without_usage_is_one_pool(tmp_path: Path) -> None:
    path = tiny.write_csv(
        tmp_path / "mine.csv", {"": tiny.faces(2)}, ("emotion", "pixels"), lambda e, pixels, _: f"{e},{pixels}"
    )
    assert set(read_dataset(path).usage) == {"all"}


@pytest.mark.filterwarnings("ignore:Length of header")
def test_a_comma_at_every_line_s_end_is_harmless(tmp_path: Path) -> None:
    path = tiny.write_csv(tmp_path / "fer2013.csv", {"Training": (FACES, LABELS)}, line=lambda e, p, u: f"{e},{p},{u},")
    table = read_dataset(path)
    assert np.array_equal(table.faces, FACES) and np.array_equal(table.labels, LABELS)


def test_pictures_become_grey_faces_of_48_pixels(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    colour = rng.integers(0, 256, (96, 96, 3), dtype=np.uint8)
    for emotion in EMOTIONS:
        (tmp_path / emotion / "below").mkdir(parents=True)
        Image.fromarray(colour).save(tmp_path / emotion / "below" / "x.PNG")
        (tmp_path / emotion / "notes.txt").write_text("not a picture")
    table = read_dataset(tmp_path)
    grey = np.asarray(Image.fromarray(colour).convert("L"), float).reshape(48, 2, 48, 2).mean(axis=(1, 3))
    assert table.faces.shape == (7, 48, 48) and np.abs(table.faces - grey).max() <= 1.5


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("", "cannot be read as CSV", id="empty file"),
        pytest.param("emotion,pixels,Usage\n", "no rows", id="header alone"),
        pytest.param("a,b\n1,2\n", r"Expected the columns emotion, pixels, Usage. Received: a, b", id="other columns"),
        pytest.param(f"emotion,pixels,Usage\n7,{PIXELS},Training\n", "line 2: .*0 to 6, received '7'", id="7"),
        pytest.param(f"emotion,pixels,Usage\n-1,{PIXELS},Training\n", "line 2: .*emotion", id="negative label"),
        pytest.param(f"emotion,pixels,Usage\n,{PIXELS},Training\n", "line 2: .*emotion", id="no label"),
        pytest.param(f"emotion,pixels,Usage\nhappy,{PIXELS},Training\n", "line 2: .*emotion", id="a name as label"),
        pytest.param(f"emotion,pixels,Usage\n{'9' * 5000},{PIXELS},Training\n", "line 2: .*emotion", id="a huge label"),
        pytest.param(f"emotion,pixels,Usage\n1,{PIXELS},Train\n", "line 2: .*as Usage", id="unknown Usage"),
        pytest.param(
            f"emotion,pixels,Usage\n1,{PIXELS},Training\n1,1 2 3,Training\n", "line 3: .*2304 pixels, received 3",
            id="few pixels",
        ),
        pytest.param(f"emotion,pixels,Usage\n1,{PIXELS} 5,Training\n", "received 2305", id="one pixel too many"),
        pytest.param("emotion,pixels,Usage\n1\n", "line 2: ", id="cut row"),
        pytest.param(f"emotion,pixels,Usage\n1,{'256 ' * 2304},Training\n", "line 2: .*0 to 255", id="256"),
        pytest.param(f"emotion,pixels,Usage\n1,{'-1 ' * 2304},Training\n", "line 2: .*0 to 255", id="-1"),
        pytest.param(f"emotion,pixels,Usage\n1,{'99999999999 ' * 2304},Training\n", "line 2: .*whole", id="10^11"),
        pytest.param(f"emotion,pixels,Usage\n1,{'1.5 ' * 2304},Training\n", "line 2: .*numbers", id="fractions"),
        pytest.param(f"emotion,pixels,Usage\n1,{'x ' * 2304},Training\n", "line 2: .*numbers", id="letters"),
        pytest.param(
            f"emotion,pixels,Usage\n\n1,{PIXELS},Training\n\n9,{PIXELS},Training\n", "line 5: expected an emotion",
            id="blank lines count as lines",
        ),
        pytest.param(f"emotion,pixels,Usage\n1,{PIXELS},Training,4,5\n1,{PIXELS},Training,4,5,6\n", "line 3",
                     id="too many fields"),
        pytest.param("emotion,pixels,Usage\n" + "9,1,x\n" * 8, "line 6: [^;]* and 3 more", id="only five are named"),
    ],
)  # fmt: skip
def test_refuses_a_csv_and_names_the_lines(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "fer2013.csv"
    path.write_text(text)
    with pytest.raises(DatasetError, match=said) as caught:
        read_dataset(path)
    assert "fer2013.csv" in str(caught.value) and len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz", ".zip", ""])
@pytest.mark.parametrize("damage", ["noise", "cut", "flipped"])
def test_refuses_a_damaged_file(tmp_path: Path, suffix: str, damage: str) -> None:
    import gzip
    import io

    text = ("emotion,pixels,Usage\n" + f"1,{PIXELS},Training\n" * 3).encode()
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("fer2013.csv", text)
    packed = {
        ".gz": gzip.compress(text), ".bz2": bz2.compress(text), ".xz": lzma.compress(text), ".zip": archive.getvalue(),
        "": text,
    }[suffix]  # fmt: skip
    middle = len(packed) // 2
    content = {
        "noise": np.random.default_rng(0).bytes(5000),
        "cut": packed[:middle],
        "flipped": packed[:middle] + bytes(b ^ 0xFF for b in packed[middle : middle + 40]) + packed[middle + 40 :],
    }[damage]
    path = tmp_path / f"fer2013.csv{suffix}"
    path.write_bytes(content)
    with pytest.raises(DatasetError, match=r"fer2013\.csv"):
        read_dataset(path)


def only(*names: str) -> Callable[[Path], Path]:
    def write(root: Path) -> Path:
        for name in names:
            (root / name).mkdir(parents=True)
        return root

    return write


def broken_picture(root: Path) -> Path:
    tiny.write_folders(root, tiny.faces(1))
    (root / "happy" / "bad.jpg").write_bytes(b"\xff\xd8\xff no")
    return root


def empty_test(root: Path) -> Path:
    tiny.write_folders(root / "train", tiny.faces(3))
    (root / "test" / "happy").mkdir(parents=True)
    return root


@pytest.mark.parametrize(
    ("write", "said"),
    [
        pytest.param(lambda root: root / "nowhere", "there is no such file or folder", id="missing path"),
        pytest.param(only(), "none of the known layouts.*Received: nothing", id="empty folder"),
        pytest.param(only("cats", "dogs"), r"none of the known layouts.*Received: cats/, dogs/", id="other folders"),
        pytest.param(only("train/happy", "test/happy"), "none of the known layouts", id="folders without pictures"),
        pytest.param(lambda root: tiny.write_folders(root / "train", tiny.faces(1)).parent, "none of the known layouts",
                     id="train alone"),
        pytest.param(empty_test, r"test", id="a part without pictures"),
        pytest.param(broken_picture, r"unreadable pictures: happy.bad\.jpg: ", id="broken picture"),
    ],
)  # fmt: skip
def test_refuses_a_folder(tmp_path: Path, write: Callable[[Path], Path], said: str) -> None:
    with pytest.raises(DatasetError, match=said) as caught:
        read_dataset(write(tmp_path))
    assert len(str(caught.value).splitlines()) == 1
