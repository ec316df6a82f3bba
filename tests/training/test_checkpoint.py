"""A training run that was interrupted goes on as if it had not been; one that differs is refused."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from fer_core import list_models, read_card
from fer_core.training import checkpoint
from tests.support import tiny
from tests.support.small_network import put_small_networks, saved_checkpoint, snapshot, without_seconds

PLATEAU = ("--arch", "compact", "--epochs", "7", "--learning-rate", "0.5", "--batch-size", "16", "--patience", "4")
COSINE = ("--arch", "seresnet-small", "--epochs", "5", "--learning-rate", "0.01", "--batch-size", "16")
MEAN = (*COSINE, "--average-epochs", "4")
MODES = {"plateau, adam": PLATEAU, "cosine, adamw, averaged weights": COSINE, "constant, mean of epochs": MEAN}


class Interrupt:
    """KeyboardInterrupt at the given batch of the given epoch, as Ctrl-C would."""

    def __init__(self, patch: pytest.MonkeyPatch, epoch: int, batch: int) -> None:
        at, now = (epoch, batch), [0]

        def on_epoch_begin(
            this: Any, epoch: int, logs: Any = None, original: Any = checkpoint.Checkpoint.on_epoch_begin
        ):
            now[0] = epoch
            original(this, epoch, logs)

        def on_train_batch_end(this: Any, batch: int, logs: Any = None) -> None:
            if (now[0], batch) == at:
                raise KeyboardInterrupt

        patch.setattr(checkpoint.Checkpoint, "on_epoch_begin", on_epoch_begin)
        patch.setattr(checkpoint.Checkpoint, "on_train_batch_end", on_train_batch_end, raising=False)


def assert_same_run(one: Path, two: Path, name: str) -> None:
    (header, arrays), (other_header, others) = saved_checkpoint(one, name), saved_checkpoint(two, name)
    assert header == other_header
    assert arrays.keys() == others.keys() and len(arrays) > 15
    for key, array in arrays.items():
        assert np.abs(array.astype(float) - others[key].astype(float)).max(initial=0) < 1e-6, key
    networks = [keras.saving.load_model(root / "models" / name / "model.keras") for root in (one, two)]
    for a, b in zip(*(network.get_weights() for network in networks), strict=True):
        assert np.abs(a - b).max() < 1e-6


@pytest.fixture(scope="module")
def whole_runs(tmp_path_factory: pytest.TempPathFactory, train: Callable[..., int]) -> Iterator[dict[str, Path]]:
    """mode -> where an uninterrupted run of it lies."""
    roots = {}
    with pytest.MonkeyPatch.context() as patch:
        put_small_networks(patch)
        for mode, options in MODES.items():
            roots[mode] = tmp_path_factory.mktemp("whole")
            data = tiny.fer_csv(roots[mode])
            assert train("train_cnn", "--data", data, *common(roots[mode]), *options) == 0
        yield roots


def common(root: Path) -> tuple[Any, ...]:
    return "--models-dir", root / "models", "--name", "run", "--precision", "float32", "--seed", 3


@pytest.mark.parametrize(("mode", "epoch"), [*zip(MODES, (3, 1, 2), strict=True)])
def test_a_resumed_run_equals_an_uninterrupted_one(
    mode: str,
    epoch: int,
    tmp_path: Path,
    train: Callable[..., int],
    quick: None,
    whole_runs: dict[str, Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    data = tiny.fer_csv(tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        Interrupt(patch, epoch, 2)
        assert train("train_cnn", "--data", data, *common(tmp_path), *MODES[mode]) == 130
    assert "--resume" in capsys.readouterr().err
    assert not list_models(tmp_path / "models")
    header, _ = saved_checkpoint(tmp_path, "run")
    assert len(header["history"]) == epoch and not header["finished"]
    assert train("train_cnn", "--data", data, *common(tmp_path), *MODES[mode], "--resume") == 0
    assert_same_run(whole_runs[mode], tmp_path, "run")
    card, expected = (read_card(root / "models" / "run") for root in (tmp_path, whole_runs[mode]))
    assert without_seconds(card.history) == without_seconds(expected.history)
    assert [record["epoch"] for record in card.history] == list(range(1, len(card.history) + 1))


def test_the_compared_runs_have_states_to_lose(whole_runs: dict[str, Path]) -> None:
    plateau, _ = saved_checkpoint(whole_runs["plateau, adam"], "run")
    rates = [record["learning_rate"] for record in plateau["history"]]
    assert len(set(rates)) > 1 and any(entry.get("wait") for entry in plateau["callbacks"])
    cosine, _ = saved_checkpoint(whole_runs["cosine, adamw, averaged weights"], "run")
    rates = [record["learning_rate"] for record in cosine["history"]]
    assert len(set(rates)) == len(rates) and cosine["history"][-1]["loss"] < cosine["history"][0]["loss"]


def test_out_of_time_writes_what_there_is_and_goes_on_later(
    tmp_path: Path, train: Callable[..., int], quick: None, whole_runs: dict[str, Path]
) -> None:
    data = tiny.fer_csv(tmp_path)
    run = ("train_cnn", "--data", data, *common(tmp_path), *PLATEAU)
    with pytest.MonkeyPatch.context() as patch:
        # a clock on which every epoch takes a minute
        patch.setattr(checkpoint.time, "monotonic", iter(range(0, 10**6, 60)).__next__)
        assert train(*run, "--max-minutes", 2.5) == 0
    assert len(read_card(tmp_path / "models" / "run").history) == 2
    assert train(*run, "--resume") == 0
    assert_same_run(whole_runs["plateau, adam"], tmp_path, "run")


@pytest.mark.parametrize("failure", ["no space left", "killed before the swap"])
def test_a_failed_save_keeps_the_last_checkpoint(
    failure: str,
    tmp_path: Path,
    train: Callable[..., int],
    quick: None,
    whole_runs: dict[str, Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    data = tiny.fer_csv(tmp_path)
    run = ("train_cnn", "--data", data, *common(tmp_path), *PLATEAU)
    saves, write, swap = [0], np.savez, checkpoint.os.replace
    with pytest.MonkeyPatch.context() as patch:

        def savez(file: Any, **arrays: Any) -> None:
            saves[0] += 1
            if saves[0] == 3 and failure == "no space left":
                file.write(b"half of it")
                raise OSError(28, "No space left on device")
            write(file, **arrays)

        def replace_(source: Any, target: Any) -> None:
            if saves[0] == 3 and failure == "killed before the swap":
                raise KeyboardInterrupt
            swap(source, target)

        patch.setattr(checkpoint.np, "savez", savez)
        patch.setattr(checkpoint.os, "replace", replace_)
        assert train(*run) == {"no space left": 2, "killed before the swap": 130}[failure]
    said = capsys.readouterr().err
    assert "Traceback" not in said and ("No space left on device" in said or "--resume" in said)
    assert [p.name for p in (tmp_path / "runs" / "run").iterdir()] == ["training.npz"]
    assert len(saved_checkpoint(tmp_path, "run")[0]["history"]) == 2
    assert train(*run, "--resume") == 0
    assert_same_run(whole_runs["plateau, adam"], tmp_path, "run")


@pytest.fixture
def copied(tmp_path: Path, whole_runs: dict[str, Path]) -> Path:
    """A copy of the uninterrupted plateau run that a test may go on from."""
    return Path(shutil.copytree(whole_runs["plateau, adam"], tmp_path / "run"))


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        (("--epochs", 8), "epochs"),
        (("--batch-size", 32), "batch_size"),
        (("--learning-rate", 0.001), "learning_rate"),
        (("--patience", 1), "patience"),
        (("--class-weights",), "class_weights"),
        (("--seed", 4), "seed"),
        (("--split", "72/8/20"), "faces, split"),
        (("--limit", 60), "faces"),
        (("--dropout", 0.5), "layers"),
        (("--mixed-precision",), "layers"),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, tuple) else None,
)
def test_resume_with_other_settings_is_refused(
    changes: tuple[Any, ...],
    named: str,
    copied: Path,
    train: Callable[..., int],
    quick: None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = snapshot(copied)
    run = ("train_cnn", "--data", copied / "fer2013.csv", *common(copied), *PLATEAU)
    assert train(*run, "--resume", *changes) == 2
    assert f"belongs to another run: these differ: {named}. Give the same" in capsys.readouterr().err
    assert snapshot(copied) == before


def test_a_checkpoint_older_than_a_setting_counts_as_its_default(
    copied: Path, train: Callable[..., int], quick: None
) -> None:
    checkpoint_file = copied / "runs" / "run" / "training.npz"
    with np.load(checkpoint_file) as saved:
        arrays = {key: saved[key] for key in saved.files}
    header = json.loads(bytes(arrays["header"]).decode())
    del header["identity"]["class_weights"]
    arrays["header"] = np.frombuffer(json.dumps(header).encode(), np.uint8)
    np.savez(checkpoint_file, **arrays)
    run = ("train_cnn", "--data", copied / "fer2013.csv", *common(copied), *PLATEAU, "--resume")
    assert train(*run, "--class-weights") == 2
    assert train(*run) == 0


def test_resume_with_other_data_is_refused(copied: Path, train: Callable[..., int], quick: None) -> None:
    data = tiny.write_csv(copied / "fer2013.csv", tiny.parts(tiny.FER_PARTS, seed=9))
    before = snapshot(copied)
    assert train("train_cnn", "--data", data, *common(copied), *PLATEAU, "--resume") == 2
    assert snapshot(copied) == before


@pytest.mark.parametrize("keep", [0.0, 0.5, 0.99])
def test_a_damaged_checkpoint_is_refused_in_a_line(
    keep: float, copied: Path, train: Callable[..., int], quick: None, capsys: pytest.CaptureFixture[str]
) -> None:
    file = copied / "runs" / "run" / "training.npz"
    file.write_bytes(file.read_bytes()[: int(keep * file.stat().st_size)])
    before = snapshot(copied)
    assert train("train_cnn", "--data", copied / "fer2013.csv", *common(copied), *PLATEAU, "--resume") == 2
    error = capsys.readouterr().err
    assert "training.npz is damaged; omit --resume" in error and len(error.splitlines()) == 1
    assert snapshot(copied) == before


def test_resuming_a_finished_run_trains_no_more(
    copied: Path, train: Callable[..., int], quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keras.Model, "fit", lambda *_, **__: pytest.fail("trained"))
    before = read_card(copied / "models" / "run")
    shutil.rmtree(copied / "models")
    run = ("train_cnn", "--data", copied / "fer2013.csv", *common(copied), *PLATEAU)
    assert train(*run, "--resume") == 0
    after = read_card(copied / "models" / "run")
    assert (after.files, after.history, after.evaluation) == (before.files, before.history, before.evaluation)


def test_without_resume_a_run_starts_anew(copied: Path, train: Callable[..., int], quick: None) -> None:
    run = ("train_cnn", "--data", copied / "fer2013.csv", *common(copied), *PLATEAU)
    assert train(*run, "--epochs", 1) == 0
    assert len(saved_checkpoint(copied, "run")[0]["history"]) == 1


def test_a_network_that_answers_nan_is_not_exported(
    tmp_path: Path, train: Callable[..., int], quick: None, copied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = snapshot(copied / "models")
    options = ("--arch", "compact", "--epochs", 1, "--learning-rate", 1e38)
    assert train("train_cnn", "--data", copied / "fer2013.csv", *common(copied), *options) == 2
    assert "Expected finite logits" in capsys.readouterr().err
    assert snapshot(copied / "models") == before
