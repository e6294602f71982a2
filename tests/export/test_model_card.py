"""The card and the README beside a model: what is known is told, what people wrote is not obeyed."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.export import made
from tests.export.test_run_report import run  # noqa: F401
from tl_core.export import model_card, parity, readme, run_report
from tl_core.export.formats import beside, keras_zip
from tl_core.export.formats.format import Handover, Subject
from tl_core.models import persist

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def handover(tmp_path: Path) -> Handover:
    """A model whose classes have names like attacks, and nothing else that is known."""
    described = persist.describe(made.described_only(tmp_path / "m", (HOSTILE, "# b|c", "d"), 3))
    return Handover(
        format=keras_zip.FORMAT,
        subject=Subject("0" * 24, "graft-leaves", tmp_path),
        described=described,
        file=tmp_path / "model.keras",
        holds={"model.keras": "the model"},
        certificate=parity.Certificate(12, 1.0, 3e-6, 1e-4, True, awkward=50),
    )


def test_a_card_of_a_model_alone_tells_what_is_known_and_says_what_is_not(handover: Handover):
    told = model_card.text(handover)
    assert HOSTILE not in told and "\n# b" not in told
    assert "3 names: \\<img" in told
    assert "stayed where it was trained" in told
    assert "Yes. It gave the same answers to 12 pictures" in told
    assert "must not be used for" in told and "Apache-2.0" in told
    assert told.count("\n## ") == 8


def test_a_card_of_a_run_tells_its_data_its_settings_and_its_limits(handover, run):  # noqa: F811
    told = model_card.text(replace(handover, report=run_report.subject(run)))
    assert "“made \\<b\\>”" in told or "made" in told
    assert "| Learnt | Training | Validation | Test |" in told
    assert "no honest number" in told
    assert "Epochs" in told and "config.json" in told
    assert beside.SETTINGS.text(replace(handover, report=run_report.subject(run))).startswith("{")


def test_the_readme_runs_the_model_in_three_steps_and_lists_what_lies_there(handover: Handover):
    told = readme.text(replace(handover, files=(beside.LABELS,)))
    steps = [
        "1. Unpack",
        "2. Install",
        'pip install "keras>=3.10"',
        "3. Run it",
        "use_model.py photo",
    ]
    places = [told.index(step) for step in steps]
    assert places == sorted(places)
    assert (
        "`labels.txt`" in told
        and "`model.keras`" in told
        and "certificate" not in told[places[-1] :]
    )


def test_labels_are_one_a_line_whatever_a_name_holds(handover: Handover):
    described = handover.described.model_copy(update={"classes": ("a\nb", "c")})
    assert beside.LABELS.text(replace(handover, described=described)) == "a b\nc\n"


def test_a_format_that_brings_its_own_text_has_it_in_the_place_of_the_shared_one():
    own = beside.LABELS
    assert [each.name for each in beside.every((own,))].count(own.name) == 1
    assert {each.name for each in beside.every(())} == {each.name for each in beside.SHARED}


def test_the_card_of_a_coarse_model_does_not_claim_the_same_answers(handover: Handover):
    assert handover.certificate is not None
    coarse = replace(handover.certificate, tolerance=None, largest_difference=0.2)
    told = model_card.text(replace(handover, certificate=coarse))
    assert "answers nearly as the app does" in told and "same answers" not in told
