"""A trained model for other programs: `load` in Python, and the same over HTTP."""
