"""`audition`: which backbone, or which depth of one, suits a data set."""

from argparse import Namespace
from collections.abc import Sequence

from tl_core.backbones import catalogue
from tl_core.base.errors import UserError
from tl_core.commands.following import follow
from tl_core.commands.output import Output
from tl_core.evaluation.audition import Audition, Place

MOST_NAMED = 3


def audition(arguments: Namespace, output: Output) -> None:
    from tl_core.datasets import manifest
    from tl_core.jobs import auditioner

    dataset = manifest.load(arguments.dataset)
    if arguments.depths:
        asked = auditioner.of_depths(dataset, arguments.depths)
    else:
        asked = auditioner.of_backbones(dataset, arguments.backbones)
    output.say(f"about {asked.total_s:.0f} s for {asked.pictures} pictures")
    auditioner.start(asked)
    try:
        follow(
            auditioner.folder_of(asked.key),
            output,
            is_over=lambda: not auditioner.is_working(asked.key),
        )
    except KeyboardInterrupt:
        auditioner.stop(asked.key)
        raise
    if (failed := auditioner.failure(asked.key)) is not None:
        raise failed
    found = auditioner.so_far(asked.key)
    if found is None:
        raise UserError("stopped", "The audition was stopped.", "Start it again.")
    others = [] if asked.depths else auditioner.to_fetch(dataset.modality)
    result = {"dataset": dataset.id, "seconds_told": asked.total_s, **found.told()}
    result |= {"tied": [place.heard.name for place in found.tied], "to_fetch": list(others)}
    output.result(result, words=[*_in_words(found), *_missing(others)])


def _in_words(found: Audition) -> list[str]:
    what = found.measure if found.higher_is_better else "error beside guessing's"
    head = f"{'':24} {what:>24}  {'k-NN':>7} {'LogME':>7} {'H':>7} {'TransRate':>9} {'LEEP':>7} {'ms':>6}"
    tied = len(found.tied)
    told = "The first is better than all others beyond chance."
    if tied > 1:
        names = [place.heard.name for place in found.tied]
        which = (
            f"{', '.join(names[:-1])} and {names[-1]}"
            if tied <= MOST_NAMED
            else f"The first {tied}"
        )
        told = (
            f"{which} cannot be told apart by these pictures; take the quickest, or the smallest."
        )
    drawn = f"{found.pictures} of {found.of_pictures} pictures, none of the test part"
    return [head, *map(_line, found.places), told, f"Heard on {drawn}."]


def _line(place: Place) -> str:
    heard = place.heard
    within = f"{heard.score:.1%} ({heard.low:.0%} to {heard.high:.0%})"
    scores = [heard.log_me, heard.h_score, heard.trans_rate, heard.leep]
    log_me, h_score, rate, leep = ("-" if each is None else f"{each:.3g}" for each in scores)
    ms = "-" if heard.ms_each is None else f"{heard.ms_each:.1f}"
    mark = "=" if place.is_tied else " "
    return f"{mark} {heard.name:22} {within:>24}  {heard.neighbours:7.1%} {log_me:>7} {h_score:>7} {rate:>9} {leep:>7} {ms:>6}"


def _missing(names: Sequence[str]) -> list[str]:
    if not names:
        return []
    sizes = [f"{name} ({catalogue.get(name).download_bytes / 1e6:.0f} MB)" for name in names]
    return [f"Not on this computer: {', '.join(sizes)}; fetch one by `weights NAME`."]
