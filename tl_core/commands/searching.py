"""`search`: try settings on a data set for some minutes, and tell or train the best."""

from argparse import Namespace
from typing import Any

from tl_core.backbones import catalogue
from tl_core.base import ids
from tl_core.base.errors import UserError
from tl_core.commands import lab_arguments
from tl_core.commands.following import follow
from tl_core.commands.output import Output
from tl_core.evaluation.search import words
from tl_core.evaluation.search.tried import Standing
from tl_core.jobs.searcher import Asked, Board

OPTIMISTIC = (
    "The best of many looks better than it is: what a run with these settings reaches on the test "
    "part, which was not looked at, is the honest number."
)


def search(arguments: Namespace, output: Output) -> None:
    from tl_core.commands import training
    from tl_core.datasets import manifest
    from tl_core.jobs import searcher

    dataset = manifest.load(arguments.dataset)
    named, renamed = training.read_inputs(arguments), lab_arguments.renamed_of(arguments)
    asked = searcher.priced(dataset, arguments.minutes, named, renamed)
    output.say(_price(asked))
    searcher.start(asked)
    try:
        follow(
            searcher.folder_of(asked.key),
            output,
            is_over=lambda: not searcher.is_working(asked.key),
        )
    except KeyboardInterrupt:
        searcher.stop(asked.key)
        raise
    if (failed := searcher.failure(asked.key)) is not None:
        raise failed
    found = searcher.board(asked.key)
    if found is None or found.chosen is None:
        raise UserError(
            "search-nothing", "Nothing could be tried.", "Give it more minutes, or start it again."
        )
    result = _told(asked, found) | {"dataset": dataset.id, "search": asked.key}
    result["settings"] = searcher.settings(asked.key).model_dump(mode="json")
    lines = _in_words(found)
    if arguments.train:
        result["trained"] = training.followed_run(searcher.train(asked.key, ids.new()), output)
        lines += training.result_in_words(result["trained"])
    output.result(result, words=lines)


def _price(asked: Asked) -> str:
    heads = len(asked.heads.backbones)
    longest = asked.arguments.longest_s / 60
    return (
        f"stops after {asked.arguments.budget_s / 60:g} min; begins with the exact heads of {heads} backbones, "
        f"about {asked.heads_s:.0f} s; tries {', '.join(asked.methods)}; judges by {asked.judged} validation pictures; "
        f"training the best takes {longest:g} min more at most"
    )


def _told(asked: Asked, found: Board) -> dict[str, Any]:
    chosen = found.chosen
    return {
        "minutes": asked.arguments.budget_s / 60,
        "used_s": found.used_s,
        "trials": len(found.trials),
        "tried": [one.told() for one in found.standings],
        "failed": [one.told() for one in found.trials if one.has_failed],
        "left_out": list(found.left_out),
        "why_first": found.why_first,
        "chosen": None if chosen is None else chosen.told(),
        "training_s": found.whole_s,
    }


def _in_words(found: Board) -> list[str]:
    lines = [f"{'right on validation':>24}  {'expected':>8}  {'tried so far':24} what"]
    lines += [_line(found, one) for one in found.standings]
    lines += [
        f"could not be tried: {words.of_candidate(one.candidate)}: {one.fault}"
        for one in found.trials
        if one.has_failed
    ]
    if found.left_out:
        titles = ", ".join(catalogue.title(name) for name in found.left_out)
        lines.append(f"there was no time to try: {titles}")
    if found.why_first:
        lines.append(found.why_first)
    lines.append(f"{len(found.trials)} trials in {found.used_s:.0f} s. {OPTIMISTIC}")
    return lines


def _line(found: Board, one: Standing) -> str:
    best, mark = one.best, "*" if one is found.chosen else " "
    within = f"{best.level:.1%} ({best.low:.0%} to {best.high:.0%})"
    return f"{mark} {within:>22}  {one.value:8.1%}  {words.of_effort(best):<24} {words.of_candidate(one.candidate)}"
