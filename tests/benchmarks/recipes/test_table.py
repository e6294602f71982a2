"""The journal outlives being cut off, and the table says what the product's own rule would do."""

import io
from dataclasses import replace

import numpy as np
import pytest

from tests.benchmarks.recipes import journal, table
from tests.benchmarks.recipes.journal import Answer, Epoch, Training
from tests.benchmarks.recipes.plan import EXACT, Cell
from tl_core.pricing import gains

VALIDATED = 40


def answer(right: int, accuracy: float, loss: float = 0.5) -> Answer:
    """Return an answer that has so many validation pictures right."""
    losses = np.full(VALIDATED, loss)
    return Answer(np.arange(VALIDATED) < right, losses, accuracy, 0.7, 0.6, 1.5)


def training(recipe: str, *epochs: Epoch, set_name: str = "photo", stages: int = 8) -> Training:
    cell = Cell(set_name, 0, 0, 0 if recipe == EXACT else stages, recipe)
    return Training("starter", cell, 17, 273, 7, 39.0, 84, 1.5, epochs)


def fine_tuned(recipe: str, *rights: int, accuracy: float, **others) -> Training:
    """Return a training whose epochs have so many right each; all reach the same on the test part."""
    epochs = [
        Epoch(
            number,
            {
                journal.LATEST: answer(right, accuracy),
                journal.AVERAGED: answer(right, accuracy),
            },
        )
        for number, right in enumerate(rights, start=1)
    ]
    return training(recipe, *epochs, **others)


@pytest.fixture
def exact() -> Training:
    """An exact head with 30 of 40 right, 80 % on the test part and 81 % once solved for again."""
    heads = {journal.PLAIN: answer(30, 0.8), journal.REFITTED: answer(30, 0.81)}
    return training(EXACT, Epoch(0, heads))


def test_a_journal_gives_back_what_was_appended(tmp_path, exact):
    file = tmp_path / "starter.0.jsonl"
    made = [exact, fine_tuned("base", 31, 36, accuracy=0.85)]
    for each in made:
        journal.append(file, each)
    assert [each.as_json() for each in journal.read([file])] == [each.as_json() for each in made]
    assert journal.made(tmp_path, "starter") == {each.cell for each in made}
    assert journal.made(tmp_path, "mobilenet_v2") == set()


def test_a_line_that_was_cut_off_is_made_again_and_spoils_no_other(tmp_path, exact):
    file = tmp_path / "starter.0.jsonl"
    journal.append(file, fine_tuned("base", 31, accuracy=0.85))
    file.write_bytes(file.read_bytes()[:-20])
    assert journal.made(tmp_path, "starter") == set()
    journal.append(file, exact)
    assert journal.made(tmp_path, "starter") == {exact.cell}


def test_logits_are_judged_on_both_parts():
    labels = np.array([0, 1, 1, 0])
    logits = np.array([[2.0, 0.0], [0.0, 2.0], [2.0, 0.0], [2.0, 0.0]])
    found = Answer.of((logits, labels), (logits[:2], labels[:2]))
    assert found.right.tolist() == [True, True, False, True]
    assert found.accuracy == 1
    assert found.judged.accuracy == 0.75
    assert found.temperature > 1 and found.scaled_log_loss > found.log_loss


def test_the_last_epoch_replaces_the_exact_head_only_beyond_doubt(exact):
    better, alike = (
        fine_tuned("base", 20, 36, accuracy=0.85),
        fine_tuned("flip", 39, 30, accuracy=0.9),
    )
    taken, left = table.results([exact, better, alike])
    assert taken.is_taken and taken.points(taken.handed_over) == pytest.approx(5)
    assert not left.is_taken and left.points(left.handed_over) == pytest.approx(1)
    assert left.validated.right.sum() == 39


def test_a_training_without_its_exact_head_or_without_epochs_is_left_out(exact):
    alone = fine_tuned("base", 36, accuracy=0.85, set_name="sketch")
    assert table.results([exact, alone, training("base")]) == []


def test_the_table_has_a_row_for_each_recipe_with_its_gain_and_what_it_adds_to_the_base(exact):
    out = io.StringIO()
    made = [
        exact,
        fine_tuned("base", 36, accuracy=0.85),
        fine_tuned("flip", 36, accuracy=0.87),
    ]
    table.print_table(made, out)
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]] for line in out.getvalue().splitlines()
    ]
    by_recipe = {row[3]: dict(zip(rows[0], row, strict=True)) for row in rows[2:]}
    assert by_recipe["flip"]["last"] == "+7.0"
    assert by_recipe["flip"]["to base"] == "+2.0"
    assert by_recipe["base"]["taken"] == "1.00"


def test_a_training_that_ran_away_is_counted_and_has_no_gain(exact):
    out = io.StringIO()
    table.print_table([exact, replace(fine_tuned("bn", 30, accuracy=0.1), ran_away=True)], out)
    assert "ran away" in out.getvalue()


def test_the_interval_of_a_mean_is_students():
    assert table.half_width([1.0, 2.0, 3.0]) == pytest.approx(4.3027 / np.sqrt(3), abs=1e-3)


def test_the_advisers_table_has_exact_heads_and_recommended_recipes(exact):
    out = io.StringIO()
    made = [
        exact,
        fine_tuned("base", 36, accuracy=0.85),
        fine_tuned("flip", 36, accuracy=0.87),
    ]
    assert table.write_gains(made, out) == 2
    head, trained = gains.gains_in(out.getvalue())
    assert (head.case.stages, trained.case.stages) == (0, 8)
    assert head.points == pytest.approx(1) and trained.points == pytest.approx(5)
