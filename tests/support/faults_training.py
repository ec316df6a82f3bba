"""Training killed with SIGKILL, at random moments and inside saves, then resumed.

`python -m tests.support.faults_training`.

    --kills N     how many times (default 20); every fourth lands inside a save, at its first half, before or after the
                  swap of files in turn
    --seed N      of the moments

One run is left alone; the other is killed again and again and goes on with --resume. In the end both must agree: the
same history but for seconds, learning rates and early stopping as they were, weights within 1e-6. Then the disk fills
up during a save (RLIMIT_FSIZE): the error is one line and the last state still loads. Exit code 0 if all that holds.
"""

import argparse
import dataclasses
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from fer_core.utils.files import UNFINISHED

ROOT = Path(__file__).resolve().parents[2]
EPOCHS_A_KILL = 4
PLACES = ("half of a save", "before the swap", "after the swap")
SETTINGS = ("--batch-size", 16, "--patience", 1000, "--seed", 3, "--precision", "float32")
BATCH_SECONDS = 0.03  # at least: so that an epoch takes long enough to be killed in
State = tuple[dict[str, Any], dict[str, np.ndarray[Any, Any]]]


def child(arguments: list[str], fault: str, epoch: int, largest: int) -> int:
    """Run train_cnn.py with a small network; `fault` at the end of epoch `epoch`, or no file beyond `largest` bytes."""
    import train_cnn
    from fer_core.training import checkpoint
    from fer_core.training.recipes import RECIPES
    from fer_core.training.run import run_main
    from tests.support.small_network import small

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    RECIPES["compact"] = dataclasses.replace(RECIPES["compact"], build=small)
    write, swap, saves = np.savez, os.replace, [0]

    def savez(file: Any, **arrays: Any) -> None:
        header = json.loads(bytes(arrays["header"]).decode())
        saves[0] = len(header["history"])
        if fault == PLACES[0] and saves[0] == epoch:
            file.write(os.urandom(20_000))
            file.flush()
            die()
        if largest and saves[0] == epoch:
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))
        write(file, **arrays)

    def replace(source: Any, target: Any) -> None:
        if fault == PLACES[1] and saves[0] == epoch:
            die()
        swap(source, target)
        if fault == PLACES[2] and saves[0] == epoch:
            die()

    def on_train_batch_end(this: Any, batch: int, logs: Any = None) -> None:
        this.path.with_name("begun").touch()
        time.sleep(BATCH_SECONDS)

    checkpoint.np.savez, os.replace = savez, replace  # type: ignore[assignment]
    checkpoint.Checkpoint.on_train_batch_end = on_train_batch_end
    sys.argv = ["train_cnn.py", *arguments]
    return run_main(train_cnn.train)


def started(root: Path, *options: object, fault: str = "", epoch: int = 0, largest: int = 0) -> subprocess.Popen[str]:
    own = ["--data", root.parent / "fer2013.csv", "--models-dir", root / "models", "--name", "run", *SETTINGS, *options]
    hidden = ["--child", fault, str(epoch), str(largest)]
    command = [sys.executable, "-m", "tests.support.faults_training", *hidden, *map(str, own)]
    quiet = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=quiet)


def saved(root: Path) -> State | None:
    """The state on disk, without seconds; None before the first save."""
    path = root / "runs" / "run" / "training.npz"
    if not path.exists():
        return None
    with np.load(path, allow_pickle=False) as content:
        header = json.loads(bytes(content["header"]).decode())
        for record in header["history"]:
            record.pop("seconds")
        return header, {name: content[name] for name in content.files if name != "header"}


def epochs(root: Path) -> int:
    state = saved(root)
    return len(state[0]["history"]) if state else 0


def kill(root: Path, number: int, chance: random.Random, kills: int) -> str:
    """Start or go on, and be killed -> where that was."""
    done = epochs(root)
    resume = ["--epochs", str(kills_epochs(kills)), *(["--resume"] if done else [])]
    reach = max(1, (kills_epochs(kills) - 4 - done) // (kills - number))
    begun = root / "runs" / "run" / "begun"
    begun.unlink(missing_ok=True)
    if number % 4 == 1:
        place = PLACES[(number // 4) % len(PLACES)]
        process = started(root, *resume, fault=place, epoch=done + reach)
        process.communicate()
    else:
        place, process = "a random moment", started(root, *resume)
        aim = done + chance.randint(0, reach - 1)
        while not (begun.exists() and epochs(root) >= aim) and process.poll() is None:
            time.sleep(0.01)
        time.sleep(chance.random() * 0.3)
        process.kill()
        process.communicate()
    assert process.returncode == -signal.SIGKILL, (place, process.returncode)
    return f"{place}, after {epochs(root)} epochs"


def kills_epochs(kills: int) -> int:
    return 8 + EPOCHS_A_KILL * kills


def differences(one: State, two: State) -> list[str]:
    """What two states differ in beyond 1e-6."""
    (header, arrays), (other_header, others) = one, two
    found = [key for key in header if header[key] != other_header[key]]
    found += ["names of arrays"] if arrays.keys() != others.keys() else []
    for name, array in arrays.items():
        apart = np.abs(array.astype(float) - others[name].astype(float)).max(initial=0)
        found += [f"{name} by {apart}"] if not apart < 1e-6 else []
    return found


def survived(folder: Path, kills: int, seed: int) -> list[str]:
    """Run it all -> what was wrong, nothing where all held."""
    from tests.support import tiny

    tiny.fer_csv(folder)
    whole, broken = folder / "whole", folder / "broken"
    chance = random.Random(seed)
    length = ("--epochs", kills_epochs(kills))
    untouched = started(whole, *length)
    for number in range(kills):
        before = saved(broken)
        print(f"kill {number + 1} of {kills}: {kill(broken, number, chance, kills)}", flush=True)
        after = saved(broken)
        if before and (not after or after[0]["history"][: len(before[0]["history"])] != before[0]["history"]):
            return [f"kill {number + 1} lost a finished epoch"]
    done = epochs(broken)
    state = broken / "runs" / "run" / "training.npz"
    full = started(broken, *length, "--resume", epoch=done + 1, largest=state.stat().st_size // 2)
    said = full.communicate()[0]
    last = said.strip().splitlines()[-1]
    print(f"disk full: exit code {full.returncode}, {last!r}")
    clear = full.returncode == 2 and "Traceback" not in said
    wrong = [] if clear else [f"a full disk led to {full.returncode}: {said}"]
    wrong += [] if epochs(broken) == done else ["a full disk lost the last state"]
    wrong += [f"left behind: {p.name}" for p in state.parent.glob(f"{UNFINISHED}*")]
    for name, process in (("resumed", started(broken, *length, "--resume")), ("uninterrupted", untouched)):
        said = process.communicate()[0]
        wrong += [] if process.returncode == 0 else [f"the {name} run ended with {process.returncode}: {said[-2000:]}"]
    one, two = saved(whole), saved(broken)
    if not wrong and one and two:
        wrong += differences(one, two)
        numbers = [record["epoch"] for record in two[0]["history"]]
        wrong += [] if numbers == list(range(1, kills_epochs(kills) + 1)) else [f"epochs: {numbers}"]
    return wrong


def main() -> int:
    if sys.argv[1:2] == ["--child"]:
        return child(sys.argv[5:], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fer-faults-") as folder:
        wrong = survived(Path(folder), args.kills, args.seed)
    print(*(wrong or [f"{args.kills} kills and a full disk survived"]), sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
