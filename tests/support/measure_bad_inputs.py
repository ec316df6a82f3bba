"""Seconds and megabytes of each of the 65 bad inputs on the upload page: `python -m tests.support.measure_bad_inputs`.

The goal is 2 s and 300 MB (500 MB for more than 25 megapixels). An upload is the whole run of the page, charts
included; of a model, it is the attempt to load it. Printed, not asserted: a machine may be busy.
"""

import contextlib
import logging
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
logging.disable(logging.CRITICAL)


def measured(work: Any) -> tuple[float, float]:
    from tests.support.memory import Growth

    with Growth() as growth:
        before = time.perf_counter()
        work()
        seconds = time.perf_counter() - before
    return seconds, growth.mb or 0.0


def main() -> None:
    from fer_core import ModelError, list_models, load_model
    from fer_core.bundle.registry import bundle_folder
    from tests.support.bad_inputs import CASES, good
    from tests.test_bad_inputs import Visitor

    visitor, worst = Visitor(), [0.0, 0.0]
    visitor.upload([("good.png", good())])
    for case in CASES:
        if case.damage is None:
            files = case.files()
            figures = measured(lambda files=files: visitor.upload(files))
            visitor.upload([(f"{case.number}.png", good())])
        else:
            with tempfile.TemporaryDirectory() as folder:
                bundle = Path(shutil.copytree(bundle_folder(list_models()[0]), Path(folder) / "tiny"))
                case.damage(bundle)

                def load(folder: str = folder) -> None:
                    with contextlib.suppress(ModelError):
                        load_model("tiny", Path(folder))

                figures = measured(load)
        worst = [max(pair) for pair in zip(worst, figures, strict=True)]
        print(f"{case!s:<40} {figures[0]:6.2f} s {figures[1]:7.1f} MB", flush=True)
    print(f"{'at worst':<40} {worst[0]:6.2f} s {worst[1]:7.1f} MB")


if __name__ == "__main__":
    main()
