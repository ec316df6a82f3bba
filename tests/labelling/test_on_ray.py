"""`label --engine ray`: the same rows as local; of a cluster's two nodes one is killed. Needs requirements-ray.txt."""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fer_core.labelling.rows import DIED, FACE, NO_FACE, REFUSED
from tests.conftest import Run
from tests.labelling.test_job import Label, each_once, job, label, many, pictures, rows  # noqa: F401

pytest.importorskip("ray", reason="needs requirements-ray.txt")


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Two nodes of one core each, as processes of this machine. The driver belongs to the first."""
    from ray.cluster_utils import Cluster

    monkeypatch.setenv("RAY_health_check_period_ms", "500")  # how soon a node that is gone is missed
    found = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "object_store_memory": 100 * 2**20})
    try:
        yield found
    finally:
        found.shutdown()


def comparable(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(found, key=lambda row: (row["source"], row["face"] or 0))


def test_the_same_rows_as_local_and_again_only_what_is_new(
    pictures: Path,
    label: Label,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert label(pictures, "--out", tmp_path / "local") == 1
    assert label(pictures, "--engine", "ray", "--batch-size", 2) == 1
    (local,) = (tmp_path / "local").iterdir()
    assert comparable(rows(job(tmp_path))) == comparable(rows(local))
    (pictures / "empty.png").unlink()
    many(pictures / "more", 1)
    label(pictures, "--engine", "ray")
    assert len(rows(job(tmp_path))) == len(rows(local)) + 1
    assert json.loads((job(tmp_path) / "summary.json").read_text())["last_run"]["engine"] == "ray"


def test_a_node_is_killed_and_every_picture_is_there_once(
    label: Label,
    tmp_path: Path,
    trained: Run,
    cluster: Any,
) -> None:
    second = cluster.add_node(num_cpus=1, object_store_memory=100 * 2**20)
    cluster.wait_for_nodes()
    folder, killed = many(tmp_path / "many", 400), []

    def kill() -> None:
        time.sleep(15)  # both are at work by then
        assert second.any_processes_alive()
        cluster.remove_node(second, allow_graceful=False)
        killed.append(time.monotonic())

    killer = threading.Thread(target=kill)
    killer.start()
    code = label(folder, "--engine", "ray", "--address", cluster.address, "--workers", 2, "--batch-size", 4)
    ended = time.monotonic()
    killer.join()
    assert code == 0 and killed and killed[0] < ended, "the node was to be killed in the middle of the job"
    assert each_once(job(tmp_path), 400)


POISON = b"this picture ends its process"
SITE = f"""
import hashlib, os
plain = hashlib.sha256
def sha256(content=b"", **options):
    if isinstance(content, bytes) and content.endswith({POISON!r}):
        os._exit(1)
    return plain(content, **options)
hashlib.sha256 = sha256
"""


def test_a_picture_that_ends_its_process_costs_no_other(
    label: Label, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ray's workers are started with a hashlib that dies of one picture, as a decoder with a hole would."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(SITE, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
    folder = many(tmp_path / "many", 7)
    good = sorted(folder.iterdir())
    bad = folder / "poison.png"
    bad.write_bytes(good[0].read_bytes() + POISON)
    assert label(folder, "--engine", "ray", "--batch-size", 4) == 1
    found = {Path(row["source"]).name: (row["status"], row["reason"]) for row in rows(job(tmp_path))}
    assert found.pop(bad.name) == (REFUSED, DIED)
    assert len(found) == len(good) and {status for status, _ in found.values()} <= {FACE, NO_FACE}
