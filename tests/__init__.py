"""The tests, and what holds for all processes that they start.

Two of these share two cores, so that more threads would only wait for one another. What is compiled
is kept, or each of some hundred processes would compile Graft anew: half a second.
"""

import os
import sys

os.environ.setdefault(
    "OPENBLAS_NUM_THREADS", "1"
)  # as workers have it, see tl_core/base/environment
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
