"""The parts of a job on disk: which pictures are done, and parts that appear whole or not at all."""

import hashlib
import json
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from fer_core.bundle import EmotionModel
from fer_core.errors import DatasetError
from fer_core.labelling.rows import STATUSES, schema
from fer_core.utils.files import UNFINISHED, atomic_write


def job_name(models: Sequence[EmotionModel], *settings: Any) -> str:
    """The folder of a job under --out: other models, weights, calibration or settings, JSON-ready, make another job."""
    said = json.dumps([*([model.name, model.version] for model in models), *settings])
    return f"{'-'.join(model.name for model in models)}-{hashlib.sha256(said.encode()).hexdigest()[:12]}"


class Parts:
    """The folder of one job. One process writes to it at a time: the one that holds its lock."""

    def __init__(self, folder: Path, models: Sequence[str]) -> None:
        self.folder = folder
        self.schema = schema(models)
        self.models = tuple(models)

    def paths(self) -> list[Path]:
        """The whole parts, oldest first."""
        return sorted(self.folder.glob("part-*.parquet"))

    def done(self) -> dict[str, str | None]:
        """Source -> content hash, for every picture that has its rows; None where it could not be read."""
        found: dict[str, str | None] = {}
        for path in self.paths():
            try:
                table = pq.read_table(path, columns=["source", "content_hash"])
            except (OSError, pa.ArrowException) as error:
                advice = "Move it away, and its pictures are done again"
                raise DatasetError(f"{path} is damaged ({error}). {advice}.") from None
            found.update(zip(table["source"].to_pylist(), table["content_hash"].to_pylist(), strict=True))
        return found

    def write(self, rows: Sequence[dict[str, Any]]) -> None:
        """Write one part with these rows; none where there are no rows. Readers never see an unfinished part."""
        if not rows:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        number = 1 + max((int(path.stem.split("-")[1]) for path in self.paths()), default=-1)
        with atomic_write(self.folder / f"part-{number:06d}.parquet") as unfinished:
            pq.write_table(pa.Table.from_pylist(list(rows), self.schema), unfinished, compression="zstd")
            with open(unfinished, "rb") as file:
                os.fsync(file.fileno())

    def tidy(self) -> None:
        """Remove the unfinished files of a run that was killed."""
        for path in self.folder.glob(f"{UNFINISHED}*"):
            path.unlink(missing_ok=True)

    def summary(self) -> dict[str, Any]:
        """Counts over all parts: pictures by status, faces, and by model the labels and how many are uncertain.

        Of a picture that was labelled again, because it had changed or could not be read before, its newest rows count.
        """
        pictures, faces, uncertain = Counter[str](), 0, Counter[str]()
        labels = {model: Counter[str]() for model in self.models}
        newest: dict[str, Path] = {}
        for path in self.paths():
            newest |= dict.fromkeys(pq.read_table(path, columns=["source"])["source"].to_pylist(), path)
        for path in self.paths():
            table = pq.read_table(path)
            table = table.filter([newest[source] == path for source in table["source"].to_pylist()])
            numbers = table["face"].to_pylist()
            faces += sum(number is not None for number in numbers)
            # a picture's rows stand together, and its first face stands for it
            pictures.update(s for s, n in zip(table["status"].to_pylist(), numbers, strict=True) if n in (None, 1))
            for model in self.models:
                labels[model].update(label for label in table[f"{model}_label"].to_pylist() if label)
                uncertain[model] += sum(bool(value) for value in table[f"{model}_uncertain"].to_pylist())
        return {
            "pictures": {"all": pictures.total(), **{status: pictures[status] for status in STATUSES}},
            "faces": faces,
            "models": {
                model: {"labels": dict(labels[model].most_common()), "uncertain": uncertain[model]}
                for model in self.models
            },
        }
