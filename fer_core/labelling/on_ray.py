"""The engine for many machines: Ray Data, with the Labeller that the local engine runs."""

import json
import math
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from fer_core.bundle import CARD_NAME, HEAD_NAME, MODEL_NAME, find_base, read_card
from fer_core.errors import DatasetError
from fer_core.labelling.rows import Labeller, Rows, Settings, Task, died, read_task
from fer_core.utils.files import PACKAGE

# Shares of a core. Readers mostly wait, and one labeller for each core must leave them room, or nothing is ever read.
_READER: Final = {"num_cpus": 0.1}
_LABELLER: Final = {"num_cpus": 0.75}
_RETRIES: Final = 3  # of a batch whose process or machine dies
_READ: Final = pa.schema([("source", pa.string()), ("content", pa.binary()), ("reason", pa.string())])


def run_ray(
    tasks: Sequence[Task], settings: Settings, workers: int, batch_size: int, address: str | None
) -> Iterator[tuple[int, Rows]]:
    """(pictures worked through, their rows), batch after batch, in any order; as `run_local` in all else.

    Pictures are read where they are labelled, so every machine must reach them under the same name. A batch that is
    lost with its machine is done again elsewhere; what is lost _RETRIES times is done again picture by picture.
    address: of a running cluster; None starts Ray on this machine. Raises DatasetError where Ray is missing.
    """
    try:
        import ray
    except ImportError as error:
        raise DatasetError("--engine ray needs Ray: pip install -r requirements-ray.txt") from error
    started = not ray.is_initialized()
    if started:
        package = str(PACKAGE)
        ray.init(address, runtime_env={"py_modules": [package]}, logging_level="error", log_to_driver=False)
    try:
        labelling = {"bundles": ray.put(_packed(settings.folders)), "settings": settings}
        left = dict(tasks)
        for size in (batch_size, 1):
            # NOTE: a picture that ends its process takes its batch with it. The second time it is alone.
            for sources, rows in _through(left, size, workers, labelling) if left else ():
                for source in sources:
                    left.pop(source)
                yield len(sources), rows
        for source in left:
            yield 1, died(source)
    finally:
        if started:
            ray.shutdown()


def _packed(folders: Sequence[Path]) -> dict[str, dict[str, bytes]]:
    """Name of a bundle -> the files it runs on; of adapted bundles the bases too."""
    cards = {folder: read_card(folder) for folder in folders}
    cards |= {(base := find_base(folder, card)): read_card(base) for folder, card in cards.items() if card.base}
    files = {folder: (CARD_NAME, HEAD_NAME if card.base else MODEL_NAME) for folder, card in cards.items()}
    return {folder.name: {name: (folder / name).read_bytes() for name in names} for folder, names in files.items()}


def _through(
    tasks: Mapping[str, str | None], size: int, workers: int, labelling: Mapping[str, Any]
) -> Iterator[tuple[list[str], Rows]]:
    import ray

    context = ray.data.DataContext.get_current()
    context.max_errored_blocks = -1  # what is lost for good is found missing, and done again
    context.enable_progress_bars = False
    found = (
        ray.data.from_items(
            [{"source": source, "before": before} for source, before in tasks.items()],
            override_num_blocks=math.ceil(len(tasks) / size),
        )
        .map_batches(_read, batch_size=None, batch_format="pyarrow", max_retries=_RETRIES, **_READER)
        .map_batches(
            _RayLabeller,
            fn_constructor_kwargs=labelling,
            batch_size=None,
            batch_format="pyarrow",
            compute=ray.data.ActorPoolStrategy(size=workers),
            max_restarts=-1,
            max_task_retries=_RETRIES,
            **_LABELLER,
        )
    )
    for batch in found.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=1):
        for answer in batch["answer"].to_pylist():
            said = json.loads(answer)
            yield said["sources"], said["rows"]


def _read(batch: pa.Table) -> pa.Table:
    """Tasks -> their pictures. reason: "" where read, null where the picture was done before."""
    rows = []
    for task in batch.to_pylist():
        content, reason = read_task((task["source"], task["before"])) or (None, None)
        rows.append({"source": task["source"], "content": content, "reason": reason})
    return pa.Table.from_pylist(rows, _READ)


class _RayLabeller:
    """One for each actor. Pictures -> a row with the batch's sources and its rows, as JSON."""

    def __init__(self, bundles: Any, settings: Settings) -> None:
        import ray

        packed: Mapping[str, Mapping[str, bytes]] = ray.get(bundles)
        with tempfile.TemporaryDirectory() as folder:
            for model, files in packed.items():
                (Path(folder) / model).mkdir()
                for name, content in files.items():
                    (Path(folder) / model / name).write_bytes(content)
            unpacked = tuple(Path(folder) / model.name for model in settings.folders)
            self._labeller = Labeller(replace(settings, folders=unpacked))

    def __call__(self, batch: pa.Table) -> pa.Table:
        rows: Rows = []
        for picture in batch.to_pylist():
            if picture["reason"] is not None:
                rows += self._labeller.rows(picture["source"], picture["content"], picture["reason"])
        return pa.table({"answer": [json.dumps({"sources": batch["source"].to_pylist(), "rows": rows})]})
