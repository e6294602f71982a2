"""Many answers in brief: counted, put in order, filtered, and read whole only where they are shown."""

import csv

import pytest

from tl_core.base.said import Said
from tl_core.jobs import answer_list, answer_table, tried
from tl_core.jobs.answer_list import ORDERS, Brief, Only
from tl_core.jobs.predictor import Prediction, Reply
from tl_core.jobs.tried import Asked
from tl_core.measures.conformal import Promise
from tl_core.tasks.task import Rules

GIVEN = {"a": 0, "b": 1, "c": 2, "d": 3, "e": 4}
BRIEFS = [
    Brief("a", "10.png", (0, 1), ("cup",), 0.1),
    Brief("b", "9.png", (0, 1), ("plate",), 0.4),
    Brief("c", "2.png", (0, 1), ("cup",), 0.2, is_unknown=True),
    Brief("d", "1.png", (0, 1), is_refused=True),
    Brief("e", "Z.png", (0, 1), ("cup", "plate"), 0.4),
]


def answer(label: str, share: float, **more) -> Reply:
    shares = (
        {"cup": share, "plate": 1 - share} if label == "cup" else {"cup": 1 - share, label: share}
    )
    return Reply(Prediction(label, shares, task="classify", **more))


@pytest.fixture
def folder(tmp_path):
    """A trial of four pictures, one of which could not be opened."""
    names = ("=a.png", "b.png", "c.png", "d.png")
    tried.ask(tmp_path, [Asked(str(n), name, "x") for n, name in enumerate(names)])
    with tried.Writer(tmp_path) as writer:
        writer.add("1", answer("plate", 0.75), 0.25)
        writer.add("0", answer("cup", 0.9, unknown=0.0, is_unknown=True), 0.1)
        writer.add("3", Reply(reason=Said("It is {how}.", how="damaged"), hint="Copy it again."))
    return tmp_path


@pytest.mark.parametrize(
    ("order", "keys"),
    [("doubt", "cbead"), ("answer", "caebd"), ("file", "dcbae"), ("given", "abcde")],
)
def test_every_order_is_what_it_says(order, keys):
    listed = answer_list.arranged(BRIEFS, order, Only(), GIVEN)
    assert "".join(one.key for one in listed) == keys
    assert order in ORDERS


@pytest.mark.parametrize(
    ("only", "keys"),
    [
        (Only("answer", "cup"), "ace"),
        (Only("answer", "none of ours"), ""),
        (Only("unknown"), "c"),
        (Only("refused"), "d"),
    ],
)
def test_only_what_is_wanted_is_listed(only, keys):
    listed = answer_list.arranged(BRIEFS, "given", only, GIVEN)
    assert "".join(one.key for one in listed) == keys


def test_every_picture_is_counted_and_each_of_its_labels():
    counts = answer_list.counts(BRIEFS)
    assert counts.answers == (("cup", 3), ("plate", 2))
    assert (counts.answered, counts.unknown, counts.refused) == (4, 1, 1)


def test_what_was_added_since_is_read_and_a_line_that_is_being_written_waits(folder):
    assert [one.key for one in answer_list.briefs(folder)] == ["1", "0", "3"]
    whole = (folder / tried.REPLIES).read_bytes()
    with tried.Writer(folder) as writer:
        writer.add("2", answer("cup", 0.6), 0.4)
    line = (folder / tried.REPLIES).read_bytes()[len(whole) :]
    (folder / tried.REPLIES).write_bytes(whole + line[:-9])
    assert len(answer_list.briefs(folder)) == 3
    with (folder / tried.REPLIES).open("ab") as file:
        file.write(line[-9:])
    last = answer_list.briefs(folder)[-1]
    assert (last.key, last.name, last.answers, last.doubt) == ("2", "c.png", ("cup",), 0.4)


def test_some_replies_are_read_whole_in_the_order_asked_for(folder):
    found = {one.key: one for one in answer_list.briefs(folder)}
    assert found["0"].is_unknown and found["3"].is_refused
    refused, sure = answer_list.whole(folder, [found["3"], found["0"]])
    assert refused.reason == "It is damaged." and isinstance(refused.reason, Said)
    assert sure.name == "=a.png" and sure.prediction is not None
    assert sure.prediction.probabilities["cup"] == 0.9


def test_the_table_has_every_answer_every_promise_and_every_reason(folder):
    promises = (Promise(coverage=0.8, limits=(0.5,)), Promise(coverage=0.9, limits=(0.2,)))
    assert answer_table.write(folder, Rules(promises=promises)) == 3
    text = (folder / answer_table.FILE).read_text("utf-8-sig")
    head, *rows = csv.reader(text.splitlines())
    assert [row[0] for row in rows] == ["'=a.png", "b.png", "d.png"]
    told = [dict(zip(head, row, strict=True)) for row in rows]
    assert told[0]["answer"] == "cup" and told[0]["none of these"] == "yes"
    assert told[1]["one of (80%)"] == "plate" and told[1]["one of (90%)"] == "plate; cup"
    assert told[1]["probability of plate"] == "0.75" and told[1]["why not"] == ""
    assert told[2]["why not"] == "It is damaged. Copy it again." and not told[2]["answer"]


def test_a_table_without_any_answer_still_says_why(tmp_path):
    tried.ask(tmp_path, [Asked("0", "a.png", "x")])
    with tried.Writer(tmp_path) as writer:
        writer.add("0", Reply(reason="It is damaged."))
    answer_table.write(tmp_path, Rules())
    lines = (tmp_path / answer_table.FILE).read_text("utf-8-sig").splitlines()
    assert lines == ["file,why not", "a.png,It is damaged."]
