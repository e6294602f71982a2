"""The program of a training as a notebook: its cells are those that the program's comments mark."""


def of(script: str) -> str:
    """Return a notebook in JSON. Imports jupytext."""
    import jupytext

    return jupytext.writes(jupytext.reads(script, "py:percent"), "ipynb")
