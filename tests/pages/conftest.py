"""What the tests of pages share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fer_core import list_models, read_card
from fer_core.bundle import bundle_folder


@pytest.fixture(scope="session")
def benchmark_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped bundles without the recommended ones, so that CNN and MobileNet are chosen at first."""
    folder = tmp_path_factory.mktemp("benchmark-models")
    for bundle in map(bundle_folder, list_models()):
        if not read_card(bundle).recommended:
            (folder / bundle.name).symlink_to(bundle, target_is_directory=True)
    return folder


@pytest.fixture(scope="module", autouse=True)
def two_models_at_first(benchmark_models: Path) -> Iterator[None]:
    """For a whole module, before its own fixtures start a page."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FER_MODELS_DIR", str(benchmark_models))
        yield
