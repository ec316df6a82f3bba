"""What may be imported where: the app never loads TensorFlow, the core never Streamlit, the pages no engine."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, Run

HEAVY = ("tensorflow", "keras", "streamlit")
CLASSIFY = """
import json, sys
sys.path.insert(0, sys.argv[1])
import fer_core
loaded = lambda: [name for name in sys.argv[3:] if name in sys.modules]
at_import = loaded()
from fer_core.image import sample_image
analysis = fer_core.analyze(sample_image(), models=[sys.argv[2]])
analysis.annotated(), analysis.to_dict(), analysis.to_rows()
print(json.dumps([at_import, loaded(), len(analysis.faces)]))
"""


def test_importing_and_classifying_load_nothing_heavy(trained: Run) -> None:
    command = [sys.executable, "-c", CLASSIFY, str(ROOT), str(trained.bundle), *HEAVY]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    at_import, after, faces = json.loads(done.stdout)
    assert (at_import, after, faces) == ([], [], 1)


def imported(path: Path) -> set[str]:
    """First names of every module that a file imports, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.split(".")[0])
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def sources(*patterns: str) -> list[Path]:
    return sorted(path for pattern in patterns for path in ROOT.glob(pattern))


def test_the_reader_of_imports_sees_them_all(tmp_path: Path) -> None:
    code = "import a.b, c as d\nfrom e.f import g\ndef h():\n    from i import j\n    import k\nfrom . import l\n"
    (tmp_path / "x.py").write_text(code)
    assert imported(tmp_path / "x.py") == {"a", "c", "e", "e.f.g", "i", "i.j", "k"}


PROBES = ROOT / "fer_core" / "benchmark" / "probes"
"""Scripts that run in processes of their own and drive the app: nothing imports them."""
CORE = [path for path in sources("fer_core/**/*.py") if PROBES not in path.parents]
PAGES = sources("pages/**/*.py", "streamlit_app.py")
TRAINING = ROOT / "fer_core" / "training"


@pytest.mark.parametrize("path", CORE, ids=lambda path: str(path.relative_to(ROOT)))
def test_core_never_imports_streamlit_and_only_training_keras(path: Path) -> None:
    forbidden = {"streamlit", "streamlit_webrtc"}
    if TRAINING not in path.parents:
        forbidden |= {"keras", "tensorflow"}
    elif path.name not in ("backend.py", "convert.py", "distribution.py", "float_ends.py", "layers.py"):
        forbidden |= {"tensorflow"}  # the others need what keras does not offer
    assert not imported(path) & forbidden


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_pages_import_no_engine(path: Path) -> None:
    names = imported(path)
    assert not names & {"cv2", "keras", "tensorflow", "ai_edge_litert"}
    assert not any(name.startswith("fer_core.training") for name in names)


def test_there_is_something_to_check() -> None:
    assert len(CORE) > 15 and ROOT / "streamlit_app.py" in PAGES
