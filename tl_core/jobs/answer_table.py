"""All answers of a trial as a table to take away, written by the job that gave them, piece by piece."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from tl_core.base.files import whole
from tl_core.export import answers, spreadsheet
from tl_core.jobs import answer_list, tried
from tl_core.jobs.answer_list import Only
from tl_core.jobs.tried import Told
from tl_core.tasks import registry
from tl_core.tasks.task import Rules

FILE = "answers.csv"
AT_ONCE = 500
WHY_NOT = "why not"


def write(folder: Path, rules: Rules) -> int:
    """Write the answers so far, in the order in which the pictures were given; return how many.

    Where the model promises how often the truth is among its answers, all that each picture may be stands
    beside it, for every promise; where pictures got no answer, the reason.
    """
    given = {one.key: place for place, one in enumerate(tried.asked(folder))}
    listed = answer_list.arranged(answer_list.briefs(folder), "given", Only(), given)
    has_refused = any(one.is_refused for one in listed)
    columns: list[str] = []
    with (
        whole(folder / FILE) as path,
        path.open("w", encoding="utf-8", newline="", errors="replace") as out,
    ):
        out.write(spreadsheet.BYTE_ORDER_MARK)
        for first in listed:  # what the columns are is known from the first answer
            if not first.is_refused:
                columns = list(_columns(answer_list.whole(folder, [first]), rules))
                break
        names = columns or ["file"]
        names = [*names, WHY_NOT] if has_refused else names
        spreadsheet.write_rows(out, [names])
        for begin in range(0, len(listed), AT_ONCE):
            some = listed[begin : begin + AT_ONCE]
            spreadsheet.write_rows(out, _rows(answer_list.whole(folder, some), rules, names))
    return len(listed)


def _rows(told: Sequence[Told], rules: Rules, names: Sequence[str]) -> Iterator[list[object]]:
    """Yield one row for each reply; what a column says of none of them is left empty."""
    answered = _columns([one for one in told if one.prediction is not None], rules)
    rows = zip(*(answered.get(name, [""] * len(answered["file"])) for name in names), strict=True)
    for one in told:
        if one.prediction is not None:
            yield list(next(rows))
        else:
            known = {"file": one.name, WHY_NOT: f"{one.reason} {one.hint}".strip()}
            yield [known.get(name, "") for name in names]


def _columns(told: Sequence[Told], rules: Rules) -> dict[str, list[object]]:
    found = [one.prediction for one in told if one.prediction is not None]
    table = answers.columns([one.name for one in told], found)
    for promise in rules.promises if found else ():
        task = registry.of_reply(found[0])
        table |= answers.of_promised([task.promised(one, rules, promise) for one in found])
    return table
