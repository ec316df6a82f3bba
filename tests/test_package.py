"""The package: what its wheel holds, and that it works where nothing else of this project is."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from email.parser import Parser
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from fer_core.bundle import list_models
from fer_core.utils.files import DATA
from tests.conftest import ROOT
from tests.support.browser import PATIENCE, free_port, healthy, until

CHECKOUT_VARIABLES = {"PYTHONPATH", "FER_MODELS_DIR"}
"""They could lead an installed package to files of this checkout."""
OPEN_THE_APP = """
import importlib.util
from pathlib import Path
import fer_core
from streamlit.testing.v1 import AppTest

assert importlib.util.find_spec("tensorflow") is None and importlib.util.find_spec("keras") is None
app = AppTest.from_file(Path(fer_core.__file__).parent / "app" / "streamlit_app.py", default_timeout=300).run()
next(button for button in app.button if button.label == "Photo").click().run()
assert not app.exception, app.exception
print(fer_core.__file__, *(text.value for text in app.header), *(found.proto.body for found in app.get("html")))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built as `pip install .` builds it, by a pip that stands in another folder."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run(command, cwd=folder, check=True, timeout=600)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def content(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


def test_the_wheel_holds_the_core_the_bundles_and_the_app(content: set[str]) -> None:
    bundled = {"card.json", "model.tflite", "predictions.npz"}
    models = {f"fer_core/models/{name}/{file}" for name in list_models(ROOT / "models") for file in bundled}
    app = {f"fer_core/app/{name}" for name in ("streamlit_app.py", ".streamlit/config.toml")}
    app |= {f"fer_core/app/{path.relative_to(ROOT)}" for path in ROOT.glob("pages/**/*.*") if path.suffix != ".pyc"}
    assert any(name.endswith(".js") for name in app)
    core = {
        str(path.relative_to(ROOT))
        for path in ROOT.glob("fer_core/**/*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert "fer_core/py.typed" in core and len(models) >= 6
    assert content == core | models | app


def test_only_the_extras_ask_for_what_only_training_needs(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = Parser().parsestr(archive.read(name).decode())
    assert metadata["Version"] == "0.2.0"
    asked = [Requirement(text) for text in metadata.get_all("Requires-Dist", [])]

    def of(extra: str) -> set[str]:
        return {needed.name for needed in asked if needed.marker is None or needed.marker.evaluate({"extra": extra})}

    training = {"tensorflow", "keras", "optuna"}
    assert "streamlit" in of("") and not of("") & training
    assert of("train") - of("") == training
    assert of("ray") - of("") == {"ray"}
    assert of("serve") - of("") == {"fastapi", "uvicorn", "prometheus-client"}
    assert of("dev") >= of("train") | {"pytest"}


def needed_by(wheel: Path) -> dict[str, Distribution]:
    """Of the installed distributions those that the wheel asks for without extras, and what they ask for in turn."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        lines = Parser().parsestr(archive.read(name).decode()).get_all("Requires-Dist", [])
    found: dict[str, Distribution] = {}
    asked = [(Requirement(line), "") for line in lines]
    seen = set[tuple[str, str]]()
    while asked:
        needed, extra = asked.pop()
        if needed.marker is not None and not needed.marker.evaluate({"extra": extra}):
            continue
        found[needed.name] = found.get(needed.name) or distribution(needed.name)
        for own in {"", *needed.extras}:
            if (needed.name, own) not in seen:
                seen.add((needed.name, own))
                asked += [(Requirement(line), own) for line in found[needed.name].requires or ()]
    return found


@pytest.fixture
def environment(wheel: Path, tmp_path: Path) -> Path:
    """A fresh virtual environment with the wheel, and links to what it asks for: to install that takes a minute."""
    folder = tmp_path / "environment"
    venv.create(folder)
    packages = Path(sysconfig.get_path("purelib", "venv", {"base": str(folder), "platbase": str(folder)}))
    for needed in needed_by(wheel).values():
        for name in {file.parts[0] for file in needed.files or () if file.parts[0] not in ("..", "__pycache__")}:
            link, source = packages / name, Path(str(needed.locate_file(name)))
            if not link.exists():
                try:
                    link.symlink_to(source, target_is_directory=source.is_dir())
                except OSError:
                    pytest.skip("needs the right to make links")
    command = [sys.executable, "-m", "pip", "--python", str(folder), "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*command, str(wheel)], check=True, timeout=600)
    return folder


def test_an_installed_package_classifies_and_opens_the_app_from_an_empty_folder(
    environment: Path, tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    variables = {name: value for name, value in os.environ.items() if name not in CHECKOUT_VARIABLES}
    variables["XDG_DATA_HOME"] = str(tmp_path / "data")  # a user without models of their own

    def run(*command: object) -> str:
        done = subprocess.run(
            [*map(str, command)], cwd=empty, env=variables, capture_output=True, text=True, timeout=900, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    scripts = environment / ("Scripts" if os.name == "nt" else "bin")
    picture = tmp_path / "portrait.png"
    picture.write_bytes((DATA / "astronaut.png").read_bytes())
    table = run(scripts / "facial-emotions", "classify", picture, "--model", "cnn", "--format", "csv")
    row = table.splitlines()[1].split(",")
    assert row[0] == str(picture) and row[7:9] == ["cnn", "happy"]

    opened = run(scripts / "python", "-c", OPEN_THE_APP)
    assert str(environment) in opened and "astronaut.png" in opened and "Face 1" in opened

    port = free_port()
    command = [str(scripts / "facial-emotions"), "app", "--server.headless=true", f"--server.port={port}"]
    with (tmp_path / "log.txt").open("w") as log:
        server = subprocess.Popen(command, cwd=empty, env=variables, stdout=log, stderr=log)
    try:
        until(lambda: healthy(f"http://localhost:{port}"), "the installed app to respond")
    finally:
        server.terminate()
        server.wait(PATIENCE)
    assert list(empty.iterdir()) == []
