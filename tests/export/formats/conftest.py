"""A model whose answers differ, made once for all formats."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def lively_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a model that is there to be read; who changes it takes a copy."""
    from tests.export.formats.test_litert import lively_model

    folder = tmp_path_factory.mktemp("lively") / "model"
    lively_model(folder)
    return folder
