"""`transfer`: which kind of transfer helps a data set, and which one hurts."""

from argparse import Namespace

from tl_core.base.errors import UserError
from tl_core.commands import lab_arguments, shifting, tables
from tl_core.commands.following import follow
from tl_core.commands.output import Output
from tl_core.evaluation import transfer_found
from tl_core.evaluation.transfer_found import ALL, HERE, Cell, Found

COLUMNS = (
    *("accuracy", "low", "high", "gain", "gain_low", "gain_high", "verdict"),
    *("adapting", "adapting_low", "adapting_high"),
)


def transfer(arguments: Namespace, output: Output) -> None:
    if arguments.shift:
        shifting.shift(arguments, output)
        return
    from tl_core.config import TrainConfig
    from tl_core.datasets import manifest
    from tl_core.jobs import transfer_comparer

    asked = transfer_comparer.priced(
        manifest.load(arguments.dataset),
        arguments.backbone or TrainConfig().network.backbone,
        {role: getattr(arguments, role) for role in ("source", "unlabelled", "teacher")},
        lab_arguments.renamed_of(arguments),
        _amounts(arguments.amounts),
        arguments.repeats,
        [word.strip() for word in arguments.train.split(",") if word.strip()],
        arguments.judge,
    )
    output.say(f"about {asked.seconds:.0f} s")
    for theirs, ours in asked.classes.items():
        output.say(f"  {theirs} is taken for {ours}" if ours else f"  {theirs} is passed over")
    transfer_comparer.start(asked)
    try:
        follow(
            transfer_comparer.folder_of(asked.key),
            output,
            is_over=lambda: not transfer_comparer.is_working(asked.key),
        )
    except KeyboardInterrupt:
        transfer_comparer.stop(asked.key)
        raise
    found = transfer_comparer.found(asked.key)
    if found is None:
        raise UserError("stopped", "The comparison was stopped.", "Start it again.")
    if arguments.csv is not None:
        tables.write_csv(arguments.csv, columns(found))
    result = {"dataset": arguments.dataset, "seconds_told": asked.seconds, **found.told()}
    result |= {"alarms": transfer_found.alarms(found), "verdicts": transfer_found.in_words(found)}
    output.result(result, words=_in_words(found))


def columns(found: Found) -> dict[str, list[object]]:
    """Return the table, column by column."""
    return {
        "kind": [cell.kind for cell in found.cells],
        "pictures of a class": [
            "all" if cell.amount == ALL else cell.amount for cell in found.cells
        ],
        "repeats": [cell.repeats for cell in found.cells],
        **{
            name.replace("_", " "): [getattr(cell, name) for cell in found.cells]
            for name in COLUMNS
        },
    }


def _amounts(text: str) -> tuple[int, ...]:
    words = [word.strip() for word in text.split(",")]
    if not all(word == "all" or (word.isdecimal() and int(word) > 0) for word in words):
        raise UserError(
            "amounts",
            "{text!r} does not say how many pictures of a class to learn from.",
            "Write numbers with commas, such as 5,10,20,all.",
            text=text[:80],
        )
    return tuple(ALL if word == "all" else int(word) for word in words)


def _in_words(found: Found) -> list[str]:
    wide = max(map(len, found.titles.values()))
    lines = [f"{'':{wide}} {'a class':>7}  {'right':>7}  95 % interval   above no transfer"]
    lines += [_line(found, cell, wide) for cell in found.cells]
    lines += transfer_found.in_words(found)
    lines += transfer_found.alarms(found)
    by = "test pictures" if found.judge == HERE else "labelled pictures from where it will be used"
    lines.append(f"Judged by {found.judged} {by}.")
    for role, count in found.left_out.items():
        lines.append(f"Left out of {role}: {count}, in this data set already or copies of it.")
    return lines


def _line(found: Found, cell: Cell, wide: int) -> str:
    amount = "all" if cell.amount == ALL else str(cell.amount)
    line = f"{found.titles[cell.kind]:{wide}} {amount:>7}  {cell.accuracy:7.1%}"
    line += f"  {cell.low:5.0%} to {cell.high:4.0%} "
    if cell.gain_low is None or cell.gain_high is None:
        return line.rstrip()
    return f"{line}  {100 * cell.gain:+.1f} ({100 * cell.gain_low:+.1f} to {100 * cell.gain_high:+.1f})"
