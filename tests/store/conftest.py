"""Stores made as the app makes them."""

import pytest


@pytest.fixture
def new_stores_are_copies() -> None:
    """Make no copies here: how a store comes about is what these tests are about."""
