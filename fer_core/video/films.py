"""Which films are asked for, and where the result of each goes."""

import glob
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fer_core.errors import DatasetError
from fer_core.video.reader import VIDEO_SUFFIXES


@dataclass(frozen=True)
class Film:
    """A film and its place: the path, below a job's folder, of the folder that its result gets."""

    source: Path
    place: Path

    @property
    def stem(self) -> str:
        """How the names of the result's files begin."""
        return self.source.stem


def list_films(sources: Sequence[str], leave_out: Path) -> list[Film]:
    """Every film that files, folders (searched to the bottom) and globs name, each once, in a fixed order.

    leave_out: a folder whose films are results. A file is taken whatever its ending. Its place is its name, below the
    folder or the fixed part of the glob that it was found by; files of one name get those of their folders in front.
    Raises DatasetError where there is none, or two would have one place.
    """
    named, found = [], []
    for source in sources:
        if os.path.isdir(source):
            found += [Film(path, path.relative_to(source)) for path in _below(Path(source))]
        elif os.path.exists(source) or not glob.has_magic(source):
            named.append(Path(source))
        else:
            paths = [Path(path) for path in glob.iglob(source, recursive=True) if os.path.isfile(path)]
            paths = [path for path in paths if path.suffix.lower() in VIDEO_SUFFIXES]
            fixed = Path(source.split("*")[0].split("?")[0].split("[")[0] + "x").parent
            found += [Film(path, path.relative_to(fixed)) for path in paths]
    films = {film.source.resolve(): film for film in [*_placed(named), *found]}
    results = leave_out.resolve()
    kept = sorted((f for path, f in films.items() if results not in path.parents), key=lambda film: film.place)
    if not kept:
        raise DatasetError(f"{', '.join(sources)}: no films ({', '.join(VIDEO_SUFFIXES)}) there.")
    places = Counter(film.place for film in kept)
    for film in kept:
        if places[film.place] > 1:
            one, other, *_ = (f.source for f in kept if f.place == film.place)
            raise DatasetError(f"{one} and {other} would have one result; name the folder that holds both.")
    return kept


def _below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.suffix.lower() in VIDEO_SUFFIXES and path.is_file()]


def _placed(paths: Sequence[Path]) -> list[Film]:
    paths = list({Path(os.path.abspath(path)): path for path in paths}.values())
    names = Counter(path.name for path in paths)
    clashing = [os.path.abspath(path) for path in paths if names[path.name] > 1]
    shared = os.path.commonpath([os.path.dirname(path) for path in clashing]) if clashing else ""
    return [
        Film(path, Path(os.path.relpath(path, shared)) if names[path.name] > 1 else Path(path.name)) for path in paths
    ]
