"""Backbones that were models before: kept whole or not at all, named by their weights, like any other to ask for."""

import shutil

import pytest
from pydantic import ValidationError

from tests.backbones.made_own import card_for, kept
from tl_core.backbones import catalogue, own, stages, weights
from tl_core.backbones.card import LONGEST_TITLE, is_plain, plain
from tl_core.base.errors import UserError

BAD_TITLES = (
    "",
    " ",
    "*bold*",
    "[a](b)",
    "www.example.com",
    "a:b",
    "<b>",
    "_x_",
    "$x$",
    "x" * 61,
    ".5",
)


def unused(_name: str) -> None:
    """Say that no run stands on it."""


def test_one_is_found_by_its_name_like_a_published_one(home, tmp_path):
    card = kept(tmp_path)
    record = catalogue.get(card.name)
    assert (record.name, record.title, record.architecture) == (card.name, card.title, "starter")
    assert not record.embedded
    assert record.default_size_px == 64
    assert record.preprocessing == "tf"
    assert weights.present(card.name)
    assert weights.locate(card.name) == own.weights_file(card.name)
    assert weights.fingerprint(card.name) == card.fingerprint
    assert record in catalogue.of_modality("picture")
    assert catalogue.owned() == [record]
    assert catalogue.architecture(card.name) == "starter"


def test_it_has_the_stages_of_its_shape(home, tmp_path):
    name = kept(tmp_path).name
    assert [stage.name for stage in stages.of(name)] == [
        stage.name for stage in stages.of("starter")
    ]
    assert stages.cut_for(name, 2).node_index == stages.cut_for("starter", 2).node_index
    assert stages.cut_for(name, 0).node_index == stages.output_index("starter")
    assert stages.of(name)[-1].output_shape == stages.of("starter")[-1].shape_at(64)


def test_the_published_ones_stay_as_they_are(home, tmp_path):
    before = catalogue.get("starter")
    kept(tmp_path)
    assert catalogue.get("starter") is before
    assert before.embedded
    assert before.architecture == "starter"


@pytest.mark.parametrize("name", ["own-0123456789abcdef", "own-../../etc", "own-", "own-*"])
def test_one_that_is_not_here_is_named_with_a_way_out(home, name):
    with pytest.raises(UserError) as refusal:
        catalogue.get(name)
    assert refusal.value.code == "backbone"
    assert name in refusal.value.message
    assert "use it as a backbone again" in refusal.value.hint
    assert catalogue.known(name) is None
    assert catalogue.architecture(name) == name


def test_damaged_weights_are_never_used(home, tmp_path):
    card = kept(tmp_path)
    own.weights_file(card.name).write_bytes(b"x" * card.weights_bytes)
    with pytest.raises(UserError) as refusal:
        weights.locate(card.name)
    assert refusal.value.code == "weights-damaged"
    assert card.title in refusal.value.message


def test_missing_weights_are_told_of(home, tmp_path):
    card = kept(tmp_path)
    own.weights_file(card.name).unlink()
    assert not weights.present(card.name)
    for ask in (weights.locate, weights.download):
        with pytest.raises(UserError) as refusal:
            ask(card.name)
        assert refusal.value.code == "backbone"


def test_a_damaged_card_is_passed_over(home, tmp_path):
    first, second = kept(tmp_path), kept(tmp_path, "Other", seed=1)
    (own.folder() / second.name / own.CARD).write_text("{")
    assert own.cards() == [first]
    assert own.find(second.name) is None


def test_a_card_with_the_name_of_other_weights_is_none(home, tmp_path):
    first = kept(tmp_path)
    shutil.copytree(own.folder() / first.name, own.folder() / "own-0000000000000000")
    assert own.cards() == [first]


def test_the_same_weights_again_are_there_once(home, tmp_path):
    kept(tmp_path)
    again = kept(tmp_path, "Another name")
    assert [card.title for card in own.cards()] == ["Another name"]
    assert own.find(again.name) == again


def test_two_cannot_have_one_title(home, tmp_path):
    card = kept(tmp_path, "Leaves")
    with pytest.raises(UserError) as refusal:
        own.require_title("LEAVES")
    assert "already" in refusal.value.message
    assert own.require_title(" Leaves ", card.name) == "Leaves"
    assert own.free_title("Leaves") == "Leaves 2"
    assert own.free_title("Trees") == "Trees"


@pytest.mark.parametrize("title", BAD_TITLES)
def test_a_title_is_never_mark_up(home, title):
    assert not is_plain(title)
    with pytest.raises(UserError, match="cannot be called"):
        own.require_title(title)
    assert plain(title) == "" or is_plain(plain(title))


@pytest.mark.parametrize(
    "title", ["Leaves (Starter)", "Blätter, 2", "पत्ते", "木の葉", "MobileNet 0.25"]
)
def test_titles_of_all_languages_are_taken(title):
    assert is_plain(title)
    assert plain(title) == title


def test_a_title_is_made_plain():
    assert plain("**Leaves** <b>[x](http://y)") == "Leaves b x (http y)"
    assert len(plain("a " * 100)) <= LONGEST_TITLE


def test_it_is_renamed(home, tmp_path):
    card = kept(tmp_path)
    assert own.rename(card.name, "Trees").title == "Trees"
    assert catalogue.get(card.name).title == "Trees"


def test_removing_can_be_undone_until_the_next(home, tmp_path):
    first, second = kept(tmp_path, "First"), kept(tmp_path, "Second", seed=1)
    own.remove(first.name, unused)
    assert own.cards() == [second]
    own.bring_back(first.name)
    assert weights.locate(first.name).is_file()
    own.remove(first.name, unused)
    own.remove(second.name, unused)
    with pytest.raises(UserError, match="is not on this computer"):
        own.bring_back(first.name)
    own.bring_back(second.name)
    assert own.cards() == [second]


def test_a_full_disk_leaves_nothing_half_kept(home, tmp_path, monkeypatch):
    def full(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(UserError) as refusal:
        kept(tmp_path)
    assert refusal.value.code == "disk-full"
    assert [path.name for path in own.folder().iterdir() if path.is_dir()] == []


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "[x](y)"},
        {"weights_sha256": "0" * 63},
        {"weights_bytes": 0},
        {"lessons": ()},
        {"size": 0},
        {"surprise": 1},
        {"made_at": float("nan")},
    ],
    ids=str,
)
def test_a_card_out_of_bounds_is_refused(tmp_path, changes):
    (tmp_path / "w").write_bytes(b"w")
    with pytest.raises(ValidationError):
        card_for(tmp_path / "w", **changes)


def test_a_shape_that_is_not_known_is_refused(home, tmp_path):
    (tmp_path / "w").write_bytes(b"w")
    with pytest.raises(UserError, match="not known here"):
        catalogue.of_card(card_for(tmp_path / "w", architecture="of tomorrow"))
