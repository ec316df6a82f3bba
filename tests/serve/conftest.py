"""One running service for all tests of this folder in a process."""

from collections.abc import Iterator

import pytest

from fer_core.bundle import list_models
from fer_core.client import Client
from tests.support.service import Service, serving

pytest.importorskip("fastapi", reason="needs the extra `serve`")
MODELS = ("cnn", "everyday")


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    if not set(MODELS) <= set(list_models()):
        pytest.skip("needs the bundles in models/")
    options = [option for name in MODELS for option in ("--model", name)]
    with serving(tmp_path_factory.mktemp("service"), *options) as running:
        yield running


@pytest.fixture
def client(service: Service) -> Iterator[Client]:
    with service.client() as open_client:
        yield open_client
