"""What pages say of examples, by each modality."""

from dataclasses import fields

import pytest

from tl_core.base.said import Said
from tl_core.modalities import registry
from tl_core.modalities.phrases import OF_EXAMPLES, Phrases

VALUES = {"examples": "3", "time": "1 s", "prepared": "2 s", "encoded": "4 s"}
NAMES = [field.name for field in fields(Phrases)]


def said(phrases: Phrases, name: str, count: int = 3) -> Said:
    phrase = getattr(phrases, name)
    return phrase if isinstance(phrase, Said) else phrase(count, **VALUES)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_said_of_any_example_speaks_of_no_picture(name):
    assert "picture" not in said(OF_EXAMPLES, name).casefold()


@pytest.mark.parametrize("member", registry.MODALITIES, ids=lambda member: member.name)
@pytest.mark.parametrize("name", NAMES)
def test_a_member_says_it_in_its_own_words_and_names_the_same_things(member, name):
    own, general = said(member.phrases, name), said(OF_EXAMPLES, name)
    assert own != general and "example" not in own.casefold()
    assert all(value in own for value in VALUES.values() if value in general)
    assert ("{size}" in own) == ("{size}" in general)


@pytest.mark.parametrize("name", ["passing", "prepared_first"])
def test_of_one_and_of_several_different_forms_are_kept_for_translators(name):
    one, several = (said(registry.USUAL.phrases, name, count) for count in (1, 3))
    assert one != several and one.forms == several.forms
