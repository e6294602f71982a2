"""The program of a training as a notebook: its cells are those that the program's comments mark."""


def of(script: str) -> str:
    """Return a notebook in JSON. Imports jupytext."""
    import jupytext

    found = jupytext.reads(script, "py:percent")
    found.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    return jupytext.writes(found, "ipynb")
