"""`audition` as it is typed: backbones, then the depths of one, heard on real pictures and told in words."""

import json

import pytest

from tests.evaluation import test_audition as made
from tl_core.__main__ import main
from tl_core.backbones import stages
from tl_core.commands import auditioning
from tl_core.evaluation import audition


def ranking(*strengths: float) -> audition.Audition:
    """Return an audition of features in which the classes show so much, called by letters."""
    stage = audition.stage(made.dataset())
    labels = stage.sample.labels
    heard = [
        stage.hear("abcdef"[number], made.features(labels, apart, seed=number))
        for number, apart in enumerate(strengths)
    ]
    return stage.ranked(heard)


@pytest.mark.parametrize(
    ("strengths", "told"),
    [
        ((1.2, 0.05), "The first is better than all others beyond chance."),
        ((1.2, 1.2, 0.05), "cannot be told apart by these pictures"),
        ((1.2, 1.2, 1.2, 1.2), "The first 4 cannot be told apart by these pictures"),
    ],
)
def test_who_cannot_be_told_apart_is_named(strengths, told):
    lines = auditioning._in_words(ranking(*strengths))
    (line,) = [each for each in lines if told in each]
    if len(strengths) == 3:
        assert line.startswith(("a and b ", "b and a "))


@pytest.mark.slow
def test_backbones_and_depths_are_heard_by_command(home, picture_folder, capsys):
    assert main(["ingest", str(picture_folder(classes=2, each=20)), "--json"]) == 0
    dataset = json.loads(capsys.readouterr().out.splitlines()[-1])["dataset"]
    assert main(["audition", dataset, "--backbones", "starter", "--json"]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert [place["heard"]["name"] for place in found["places"]] == found["tied"] == ["starter"]
    assert "mobilenet_v3_small" in found["to_fetch"] and found["seconds_told"] > 0
    assert main(["audition", dataset, "--depths", "starter", "--json"]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    depths = [int(place["heard"]["name"]) for place in found["places"]]
    assert 0 in depths and len(depths) > 2 and max(depths) < len(stages.of("starter"))
    assert found["to_fetch"] == [] and found["higher_is_better"]
