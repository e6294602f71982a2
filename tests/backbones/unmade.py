"""Networks that have shapes and names, but no weights: half the time of building one goes into those."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_weights() -> Iterator[None]:
    """Networks that are built inside are there to be looked at; they cannot be asked anything."""
    import keras

    try:
        with keras.StatelessScope(initialize_variables=False):
            yield
    finally:
        keras.backend.clear_session()  # or the weights would be made up for at the next occasion
