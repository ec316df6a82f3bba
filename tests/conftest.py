"""Fixtures that several test files share: one tiny trained bundle, and what lies beside the repository."""

import contextlib
import importlib
import importlib.util
import io
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from types import ModuleType

import pylibsrtp  # noqa: F401 - before TensorFlow: after it, in one process, its start ends in a segmentation fault
import pytest

from fer_core import EmotionModel, list_models, load_model
from fer_core.utils.files import atomic_write
from tests.support import tiny
from tests.support.browser import until

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"

MAIN = sys.modules["__main__"]

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def own_main_module() -> Iterator[None]:
    """AppTest leaves its page behind as `__main__`, which the processes that later tests spawn would run."""
    yield
    sys.modules["__main__"] = MAIN


@pytest.fixture(scope="session", autouse=True)
def components_looked_for_once() -> Iterator[None]:
    """Every AppTest looks through all installed packages for components, half a second each time."""
    from streamlit.components.v2 import manifest_scanner

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


@dataclass(frozen=True)
class Run:
    """A finished run of a training script: where its dataset, bundles and checkpoints are, and what it printed."""

    data: Path
    models_dir: Path
    name: str
    code: int
    output: str

    @property
    def bundle(self) -> Path:
        return self.models_dir / self.name


@pytest.fixture(scope="session")
def train() -> Callable[..., int]:
    """Call a training script's main as its `__main__` does: train("train_cnn", "--data", ...) -> exit code."""

    def call(script: str, *arguments: object) -> int:
        import keras

        from fer_core.training.run import run_main

        keras.utils.clear_session(free_memory=False)  # layer names as in a fresh process
        given, sys.argv = sys.argv, [f"{script}.py", *map(str, arguments)]
        spec, MAIN.__spec__ = MAIN.__spec__, None  # of `python -m pytest`, which a card's command would name
        try:
            return run_main(importlib.import_module(script).train)
        finally:
            sys.argv, MAIN.__spec__ = given, spec
            keras.config.set_dtype_policy("float32")

    return call


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, train: Callable[..., int]) -> Run:
    """train_cnn.py, the compact network, 3 epochs on the tiny challenge file, all that it decides by itself.

    It is trained once for all of xdist's workers; nothing writes into it.
    """
    base = tmp_path_factory.getbasetemp()
    root = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "trained"
    said = root / "said.txt"
    try:
        root.mkdir()
    except FileExistsError:  # another worker is at it
        until(said.exists, "the other worker to train", patience=600)
    else:
        with atomic_write(said) as unfinished:
            unfinished.write_text(train_tiny(root, train), encoding="utf-8")
    return Run(root / "fer2013.csv", root / "models", "tiny", 0, said.read_text(encoding="utf-8"))


def train_tiny(root: Path, train: Callable[..., int]) -> str:
    """Train the bundle "tiny" in root/models on root/fer2013.csv -> what the script printed."""
    from fer_core.training.architectures import cnns

    data, said = tiny.fer_csv(root), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(said):
        # its usual averages are those of hundreds of steps; here are 27
        quick = partial(cnns.FusedBatchNormalization, momentum=0.7)
        patch.setattr(cnns, "FusedBatchNormalization", quick)
        options = ("--name", "tiny", "--models-dir", root / "models", "--epochs", 3, "--batch-size", 8)
        code = train("train_cnn", "--data", data, *options)
    assert code == 0, said.getvalue()
    return said.getvalue()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scripts train a small network in the place of theirs."""
    from tests.support.small_network import put_small_networks

    put_small_networks(monkeypatch)


@pytest.fixture(scope="session")
def model(trained: Run) -> EmotionModel:
    return load_model(trained.bundle)


@pytest.fixture
def bundle(trained: Run, tmp_path: Path) -> Path:
    """A copy of the tiny bundle that a test may damage: tmp_path/models/tiny."""
    return Path(shutil.copytree(trained.bundle, tmp_path / "models" / "tiny"))


@pytest.fixture
def call(bundle: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    """Run the command line on the folder of the tiny bundle -> exit code, stdout, stderr."""

    def run(*arguments: object) -> tuple[int, str, str]:
        from fer_core.cli.parser import main

        code = main([*map(str, arguments), "--models-dir", str(bundle.parent)])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


@pytest.fixture
def models_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that the app takes for models/."""
    folder = tmp_path / "models"
    folder.mkdir()
    monkeypatch.setenv("FER_MODELS_DIR", str(folder))
    return folder


@pytest.fixture
def real(models_dir: Path, trained: Run) -> Path:
    """models_dir with the tiny trained bundle, twice."""
    for name in ("tiny", "twin"):
        shutil.copytree(trained.bundle, models_dir / name)
    return models_dir


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """../shared/data, beside the repository; not everywhere."""
    if not (SHARED / "data").is_dir():
        pytest.skip("needs FER-2013 in ../shared/data, which is not beside this checkout")
    return SHARED / "data"


@pytest.fixture(scope="session")
def fer2013_tool() -> ModuleType:
    """../shared/tools/fer2013.py, which unpacks what is in ../shared/data."""
    path = SHARED / "tools" / "fer2013.py"
    if not path.is_file():
        pytest.skip("needs ../shared/tools/fer2013.py, which is not beside this checkout")
    spec = importlib.util.spec_from_file_location("shared_fer2013", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test with an argument `shipped` runs for every bundle in models/, and is skipped where there is none."""
    if "shipped" in metafunc.fixturenames:
        metafunc.parametrize("shipped", list_models() or [NO_BUNDLE], scope="session")


NO_BUNDLE = pytest.param("", marks=pytest.mark.skip(reason="models/ holds no bundle"))
