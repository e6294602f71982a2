"""`propose`: classes for the pictures of a data set that came without one, and accepting the surest."""

from argparse import Namespace
from typing import Any

from tl_core.base import figures
from tl_core.base.errors import UserError
from tl_core.commands import tables
from tl_core.commands.following import follow
from tl_core.commands.output import Output


def propose(arguments: Namespace, output: Output) -> None:
    """Propose classes, tell what they are worth, write them, and accept those that were asked for."""
    from tl_core.datasets import manifest
    from tl_core.evaluation.label_proposals import DOUBTS, FAIR, SURE
    from tl_core.jobs import proposer

    if arguments.accept is not None and not 0 < arguments.accept <= 1:
        raise UserError(
            "accept-share",
            "Proposals cannot be accepted from a probability of {share}.",
            "Choose a number above 0 and up to 1, such as 0.9.",
            share=f"{arguments.accept:g}",
        )
    proposer.start(arguments.dataset, arguments.backbone)
    follow(
        proposer.folder(arguments.dataset),
        output,
        is_over=lambda: proposer.status(arguments.dataset) != "working",
    )
    proposed = proposer.found(arguments.dataset)
    dataset = manifest.load(arguments.dataset)
    counts = {name: int((proposed.doubts == doubt).sum()) for doubt, name in enumerate(DOUBTS)}
    told: dict[str, Any] = {
        "dataset": arguments.dataset,
        "backbone": proposed.backbone,
        "pictures": len(proposed.names),
        "doubts": counts,
        "checked": {
            DOUBTS[kind]: {
                "right": proposed.evidence[kind].right,
                "of": proposed.evidence[kind].count,
                "low": round(proposed.evidence[kind].low, 4),
                "high": round(proposed.evidence[kind].high, 4),
            }
            for kind in (SURE, FAIR)
        },
        "ask_first": proposed.names[proposed.order].tolist(),
    }
    words = [
        f"{told['pictures']} pictures without a class, compared by {proposed.backbone}",
        *(f"  {name}: {count}" for name, count in counts.items()),
        *(_in_words(DOUBTS[kind], told["checked"][DOUBTS[kind]]) for kind in (SURE, FAIR)),
    ]
    if arguments.csv is not None:
        tables.write_csv(arguments.csv, proposer.columns(proposed, dataset.classes))
        told["csv"] = str(arguments.csv)
        words.append(f"written to {arguments.csv}")
    if arguments.accept is not None:
        accepted = _accepted(arguments.dataset, proposed, arguments.accept)
        told |= accepted
        words.append(
            f"accepted {accepted['accepted']}, left {accepted['waiting']} that belong to judging "
            f"pictures; data set: {accepted['made'] or 'unchanged'}"
        )
    output.result(told, words)


def _accepted(dataset_id: str, proposed: Any, share: float) -> dict[str, Any]:
    """Make the version with the proposals of at least this probability; nobody looked at them."""
    from tl_core.base import ids
    from tl_core.datasets import manifest
    from tl_core.home import versions
    from tl_core.jobs import proposer

    choices = proposer.surest(proposed, share)
    ready = proposer.change_of(proposed, manifest.load(dataset_id), choices)
    if ready.change is None:
        return {"made": None, "accepted": 0, "waiting": ready.waits}
    made = versions.edit(dataset_id, ready.change, ids.new())
    return {"made": made, "accepted": ready.taken, "waiting": ready.waits}


def _in_words(kind: str, checked: dict[str, Any]) -> str:
    if not checked["of"]:
        return f"  of labelled pictures none would be {kind} without its class"
    share = figures.percent_within(
        checked["right"] / checked["of"], checked["low"], checked["high"]
    )
    return f"  of {checked['of']} labelled pictures that would be {kind}, right: {share}"
