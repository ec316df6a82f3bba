"""Many files to analyses: in order, refusals in their place, the same on several processes."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fer_core import Analysis, EmotionModel, ImageError
from fer_core.analysis.batch import analyze_files
from fer_core.errors import DatasetError
from fer_core.image import sample_image
from tests.conftest import Run


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / name for name in ("face.png", "broken.jpg", "white.png", "nowhere.png", "again.png")]
    for path in (paths[0], paths[4]):
        path.write_bytes(sample_image())
    paths[1].write_bytes(b"\xff\xd8\xff no picture")
    Image.fromarray(np.full((80, 90, 3), 255, np.uint8)).save(paths[2])
    return paths


def told(results: list[tuple[Path, Analysis | ImageError]]) -> list[object]:
    return [(path, str(r) if isinstance(r, ImageError) else r.to_dict()) for path, r in results]


def test_in_order_with_refusals_on_one_process_and_on_two(files: list[Path], trained: Run, model: EmotionModel) -> None:
    alone = list(analyze_files(files, {trained.bundle: model}))
    assert [path for path, _ in alone] == files
    kinds = [isinstance(result, ImageError) or len(result.faces) for _, result in alone]
    assert kinds == [1, True, 0, True, 1]
    together = list(analyze_files(files, {trained.bundle: model}, workers=2))
    assert told(together) == told(alone)
    shapes = [result.image.shape for _, result in together if isinstance(result, Analysis)]
    assert shapes == [(512, 512, 0), (80, 90, 0), (512, 512, 0)], "sizes travel, pixels do not"


@pytest.mark.parametrize("workers", [1, 2])
def test_the_detector_is_chosen_by_name(files: list[Path], trained: Run, model: EmotionModel, workers: int) -> None:
    for detector, knows_eyes in (("haar", False), ("blazeface", True)):
        results = analyze_files(files[:1], {trained.bundle: model}, workers=workers, detector=detector)
        ((_, found),) = results
        assert isinstance(found, Analysis)
        assert [face.eyes is not None for face in found.faces] == [knows_eyes]


def test_the_threshold_is_kept(files: list[Path], trained: Run, model: EmotionModel) -> None:
    for threshold in (0.0, 1.01):
        ((_, found),) = analyze_files(files[:1], {trained.bundle: model}, threshold=threshold)
        assert isinstance(found, Analysis)
        assert found.faces[0].predictions["tiny"].is_uncertain == (threshold > 1)


def test_a_worker_that_dies_is_said_in_a_line(files: list[Path], model: EmotionModel, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="One of 2 worker processes died"):
        list(analyze_files(files, {tmp_path / "no-bundle-here": model}, workers=2))
