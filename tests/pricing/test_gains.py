"""The table of what trainings brought: read with care, added to in one place."""

from dataclasses import replace

from tests.pricing.made_gains import table
from tl_core.pricing import gains

HEAD = ",".join(gains.COLUMNS)
ROW = "leaves,200,4,50,starter,3,7,0.80,0.84,100,0,test"


def test_the_studys_table_is_there_and_every_row_of_it_can_be_read():
    lines = gains.STUDY.read_text("utf-8").splitlines()
    assert len(gains.gains_in("\n".join(lines))) == len(lines) - 1
    assert set(gains.COLUMNS) - {"judged_on"} <= set(lines[0].split(","))


def test_a_row_tells_the_points_that_a_training_brought():
    (gain,) = gains.gains_in(f"{HEAD}\n{ROW}\n")
    assert round(gain.points, 9) == 4.0
    assert (gain.case.set, gain.case.stages, gain.judged_on) == ("leaves", 3, "test")


def test_rows_that_cannot_be_true_are_left_out():
    damaged = (
        ROW.replace("starter", "unheard_of"),
        ROW.replace("0.84", "84"),
        ROW.replace("0.84", "nan"),
        ROW.replace(",3,7,", ",8,7,"),
        ROW.replace("200", "0"),
        ROW.replace("200", "many"),
        "leaves,200",
    )
    assert len(gains.gains_in("\n".join([HEAD, *damaged, ROW]))) == 1


def test_what_this_machine_learnt_joins_the_study_and_stays(home):
    before = gains.known()
    first, second = table(2)[:2]
    gains.keep(first)
    gains.keep(replace(second, judged_on="validation"))
    kept = gains.known()[len(before) :]
    assert [gain.case for gain in kept] == [first.case, second.case]
    assert [gain.judged_on for gain in kept] == ["test", "validation"]
    assert abs(kept[0].points - first.points) < 1e-3


def test_only_the_newest_are_remembered(home, monkeypatch):
    monkeypatch.setattr(gains, "KEPT", 3)
    for gain in table(2)[:5]:
        gains.keep(gain)
    own = gains.gains_in(gains.own_file().read_text("utf-8"))
    assert [gain.case for gain in own] == [gain.case for gain in table(2)[2:5]]
