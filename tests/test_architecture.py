"""The house: rooms import downwards only, tops stay small. The order below is the architecture, in one place."""

import ast
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "fer_core"
FLOORS = (
    ("emotions", "errors", "limits", "utils"),
    ("image", "charts", "client"),
    ("bundle", "detection", "datasets"),
    ("explanation",),
    ("analysis", "evaluation"),
    ("tracking", "reporting", "labelling", "adaptation"),
    ("live", "video", "training"),
    ("benchmark", "serve"),
    ("cli",),
)
"""Ground floor first. A room may import from the floors below it, never from its own floor or one above."""
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
NO_FACADE = {"utils", "training", "labelling", "benchmark", "serve", "cli"}
"""Rooms whose modules are imported by their own names: their `__init__` would load what few of its users need."""


def room_of(path: Path) -> str:
    """The room of a file of the package: its first folder, or, for a file at the top, its own name."""
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else path.stem


def imports(path: Path) -> list[str]:
    """Every module of fer_core that a file imports, anywhere in it."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "fer_core":
            found.append(node.module)
        elif isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name.split(".")[0] == "fer_core"]
    return found


PROBES = PACKAGE / "benchmark" / "probes"
"""Scripts that run in processes of their own, as a user's would: nothing imports them."""
FILES = sorted(path for path in PACKAGE.rglob("*.py") if PROBES not in path.parents)
ROOMS = [path for path in FILES if room_of(path) not in ("__init__", "__main__")]


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_every_room_has_a_floor() -> None:
    assert {room_of(path) for path in ROOMS} == set(FLOOR)
    assert len(FLOORS) <= 9


@pytest.mark.parametrize("path", ROOMS, ids=shown)
def test_rooms_import_downwards_and_by_their_facade(path: Path) -> None:
    room = room_of(path)
    for module in imports(path):
        names = module.split(".")
        assert len(names) > 1, f"{module}: a room imports rooms, not the package that exports them"
        other = names[1]
        if other == room:
            continue
        assert FLOOR[other] < FLOOR[room], f"{module} lies on floor {FLOOR[other]}, {room} on {FLOOR[room]}"
        assert other in NO_FACADE or len(names) == 2, f"{module}: import from fer_core.{other}, which exports it"


def test_modules_form_no_circle() -> None:
    graph = defaultdict(set)
    known = {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in FILES}
    for name, path in known.items():
        # a facade imports its modules and they each other; what counts is modules, one by one
        graph[name] = {module for module in imports(path) if module in known and known[module].name != "__init__.py"}
    done: set[str] = set()

    def visit(name: str, above: tuple[str, ...]) -> None:
        assert name not in above, f"a circle: {' -> '.join((*above[above.index(name) :], name))}"
        if name not in done:
            for other in graph[name]:
                visit(other, (*above, name))
            done.add(name)

    for name in known:
        visit(name, ())


def test_the_top_is_small() -> None:
    assert sum(path.is_file() for path in PACKAGE.iterdir()) <= 8
