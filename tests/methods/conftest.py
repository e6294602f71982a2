"""The methods that there are, with one more that only tests know: one line in the registry."""

import pytest

from tests.methods import sure_of_itself
from tl_core.methods import registry
from tl_core.methods.method import Method


@pytest.fixture
def one_more(monkeypatch: pytest.MonkeyPatch) -> Method:
    monkeypatch.setattr(registry, "METHODS", (*registry.METHODS, sure_of_itself.METHOD))
    return sure_of_itself.METHOD
