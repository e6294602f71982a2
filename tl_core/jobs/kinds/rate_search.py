"""Finds a learning rate by trying a growing row of them: its subject names what was asked.

Its folder is like a run's. What was found once is there at once when it is asked for again.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tl_core.base import about_run, ids, settings
from tl_core.base.about_run import AboutRun
from tl_core.base.said import Said
from tl_core.jobs.admission import GIB, Needs
from tl_core.jobs.job import Arguments, Context, JobKind, Outcome, died, inside_graft
from tl_core.training import pipeline


class SearchArguments(Arguments):
    """A data set, and the settings that matter to the search."""

    dataset: str
    config: dict[str, Any]


def folder(key: str) -> Path:
    """Return the folder of a search, which need not exist."""
    return settings.current().home / "rates" / key


def _search(context: Context) -> Outcome:
    asked: SearchArguments = context.arguments
    place = context.folder
    (place / "config.json").write_text(
        json.dumps(asked.config, ensure_ascii=False), encoding="utf-8"
    )
    about_run.write(place, AboutRun(ids.checked(asked.dataset)))
    swept = pipeline.find_rate(place, context.emit.emit)
    return Outcome(told={"metrics": asdict(swept) | {"suggested": swept.suggested}})


FIND_RATE = JobKind(
    name="find_rate",
    title=Said("Finding a learning rate"),
    arguments=SearchArguments,
    folder=folder,
    run=_search,
    needs=Needs(2 * GIB, 2),
    explain=inside_graft,
    died=died(
        "The search ended without a word; most often the machine ran out of memory.",
        "Try smaller pictures, a smaller batch or fewer stages.",
    ),
    begins_afresh=True,
)
