"""Sentences that remember what they were made of."""

import copy
import json
import pickle
from typing import Any

import numpy as np
import pytest
from sqlalchemy.engine.default import DefaultDialect

from pages.parts.shared import words
from tl_core.base.errors import UserError
from tl_core.base.said import Said, counted, listed, packed, unpacked
from tl_core.signals import events
from tl_core.store import schema

NESTED = Said("{one} and {other!r}", one=Said("{count} cats", count=np.int64(3)), other="{dog}'")
JSON: Any = schema.JsonText()
STORED: Any = schema.SaidText()


def test_a_sentence_is_its_english_text_and_values_are_no_templates():
    assert NESTED == '3 cats and "{dog}\'"' and f"{NESTED}" == str(NESTED)
    assert Said('Write {"epochs": 5}.') == 'Write {"epochs": 5}.'


def test_a_refusal_fills_message_and_hint_and_stays_as_it_was_without_values():
    error = UserError("x", "No {name!r}.", "Take {other:,}.", name="a{b}", other=10_000)
    assert str(error) == "No 'a{b}'. Take 10,000."
    again = pickle.loads(pickle.dumps(error))
    assert again.message.template == "No {name!r}." and again.hint.values["other"] == 10_000
    assert UserError("x", "Write {a}.").message == "Write {a}."


def test_things_one_after_the_other_stay_sentences_that_can_be_translated():
    told = listed(Said("{count} cats", count=3), "a dog", Said("{count} cows", count=2))
    assert told == "3 cats; a dog; 2 cows" and listed(NESTED) is NESTED
    assert isinstance(told, Said) and told.template == "{first}; {second}"
    assert unpacked(packed({"text": told}))["text"].values["first"].template == told.template


@pytest.mark.parametrize("through", [copy.deepcopy, lambda text: pickle.loads(pickle.dumps(text))])
def test_a_copy_remembers_as_much(through):
    assert through(NESTED).values["one"].template == "{count} cats"


def test_files_hold_the_text_and_beside_it_the_source():
    written = json.loads(json.dumps(packed({"message": NESTED, "notes": [NESTED, "plain"]})))
    assert written["message"] == str(NESTED) and written["notes"] == [str(NESTED), "plain"]
    read = unpacked(written)
    assert set(read) == {"message", "notes"}
    assert read["message"].values["one"].values == {"count": 3}
    assert read["notes"][0].template == NESTED.template and not isinstance(read["notes"][1], Said)


@pytest.mark.parametrize(
    "source",
    [
        {},
        {"template": "{gone}", "values": {}},
        {"template": "other", "values": {}},
        {"template": 5},
    ],
)
def test_a_source_that_does_not_lead_to_the_text_is_not_believed(source):
    read = unpacked({"message": "What was said.", "message_from": source})
    assert read == {"message": "What was said."} and not isinstance(read["message"], Said)


def test_events_and_the_store_give_back_what_was_said_and_read_older_rows(tmp_path):
    with events.Writer(tmp_path) as emit:
        emit("note", text=NESTED)
    [event] = events.read(tmp_path)[0]
    assert event["text"] == NESTED and event["text"].template == NESTED.template
    dialect, cases = DefaultDialect(), ((JSON, {"message": NESTED}), (STORED, NESTED))
    for kind, value in cases:
        read: Any = kind.process_result_value(kind.process_bind_param(value, dialect), dialect)
        text = read["message"] if isinstance(read, dict) else read
        assert text == NESTED and text.template == NESTED.template
    assert STORED.process_result_value("Renamed “{a}”.", dialect) == "Renamed “{a}”."


def test_a_page_translates_the_template_and_what_stands_in_it(monkeypatch):
    class German:
        def gettext(self, text):
            told = {"{one} and {other!r}": "{other} und {one}", "{count} cats": "{count} Katzen"}
            return told.get(text, text)

    monkeypatch.setattr(words, "_catalogue", lambda language: German())
    monkeypatch.setattr(words.state, "language", lambda: "de")
    assert words.t(NESTED) == "{dog}' und 3 Katzen"


@pytest.mark.parametrize(("count", "text"), [(0, "0 cats"), (1, "1 cat"), (2, "2 cats")])
def test_a_number_of_things_is_said_in_the_form_that_fits_and_keeps_both(count, text):
    said = counted("{count} cat", "{count} cats", count)
    assert said == text and said.forms == ("{count} cat", "{count} cats")
    assert words.t(said) == text
    for again in (
        copy.deepcopy(said),
        unpacked(json.loads(json.dumps(packed({"text": said}))))["text"],
        unpacked(json.loads(json.dumps(packed({"text": Said("{it}.", it=said)}))))["text"].values[
            "it"
        ],
    ):
        assert again == text and again.forms == said.forms


def test_an_older_version_of_graft_reads_what_a_newer_one_counted():
    kept = packed({"text": counted("{count} cat", "{count} cats", 1)})["text_from"]
    assert Said(kept["template"], **kept["values"]) == "1 cat"
