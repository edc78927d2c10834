"""The embedded model, converted once for all tests of a session; and models of two layers."""

from collections.abc import Callable
from pathlib import Path

import pytest

from models.library import BaseModel, resolve_base
from models.torch_base import base_folder
from tests.models.tiny_models import save_tiny_model

TinyFolder = Callable[[str, Path], Path]


@pytest.fixture(scope="session")
def cache_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Shared with tests/engine, so that a session dequantises the embedded model once."""
    return tmp_path_factory.getbasetemp() / "model-cache"


@pytest.fixture(scope="session")
def embedded() -> BaseModel:
    return resolve_base("embedded")


@pytest.fixture(scope="session")
def embedded_folder(embedded: BaseModel, cache_dir: Path) -> Path:
    """The embedded model as a Hugging Face folder."""
    folder = base_folder(embedded, cache_dir)
    assert folder is not None
    return folder


@pytest.fixture(scope="session")
def tiny_folder(embedded_folder: Path) -> TinyFolder:
    """Write a random model of two layers of a family; see `save_tiny_model`."""

    def write(family: str, folder: Path) -> Path:
        save_tiny_model(family, folder, embedded_folder)
        return folder

    return write
