"""Sentences about examples where a person meets them first: the overview, the price, the progress.

A member says each as a whole, so that a language may bend its word for examples as that sentence
needs it; no sentence is put together from a word and a frame.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tl_core.base.said import Said, counted

Passing = Callable[..., Said]
"""Of how many examples is spoken, and what else the sentence names, as keywords."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """What pages say of the examples of one modality.

    Attributes:
        several: a heading above their number.
        learnt_from: what the training part is for.
        chosen_by: what the validation part is for.
        reported_on: what the test part is for.
        passing: that {examples} pass once through the frozen part, which takes {time}.
        prepared_first: the same, after {prepared} of preparing it; they take {encoded}.
        all_known: that none of them has to pass.
        too_few: that preparing would not pay for so few.
        being_read: that they are read in the background.
        whole_network: what it means that nothing is frozen.
        kept_nothing: that there is no room to keep anything.
        kept_examples: what is kept where examples are.
        kept_rows: what is kept where outputs of the frozen part are.
        kept_either: what is kept in either case.
        to_encode: what those are that have yet to pass.
        all_once: what encoding is.
        one_epoch: what an epoch is.
        with_size: {size}, where what is kept are examples.
        encoding: the name of that part of a run.
    """

    several: Said
    learnt_from: Said
    chosen_by: Said
    reported_on: Said
    passing: Passing
    prepared_first: Passing
    all_known: Said
    too_few: Said
    being_read: Said
    whole_network: Said
    kept_nothing: Said
    kept_examples: Said
    kept_rows: Said
    kept_either: Said
    to_encode: Said
    all_once: Said
    one_epoch: Said
    with_size: Said
    encoding: Said


OF_EXAMPLES = Phrases(
    several=Said("Examples"),
    learnt_from=Said("The model adjusts itself to these examples."),
    chosen_by=Said("These examples decide when to stop and which weights to keep."),
    reported_on=Said("These examples are looked at once, at the end, for the honest number."),
    passing=lambda count, **named: counted(
        "First, {examples} example passes once through the frozen part: {time}.",
        "First, {examples} examples pass once through the frozen part: {time}.",
        count,
        **named,
    ),
    prepared_first=lambda count, **named: counted(
        "First, the frozen part is prepared for speed, once for this computer: {prepared}. Then {examples} example passes once through it: {encoded}.",
        "First, the frozen part is prepared for speed, once for this computer: {prepared}. Then {examples} examples pass once through it: {encoded}.",
        count,
        **named,
    ),
    all_known=Said("The frozen part knows all these examples already, so training starts at once."),
    too_few=Said("So few examples are encoded sooner without preparing anything."),
    being_read=Said(
        "Your examples are being read in the background, so that training is done sooner. You can start at any time."
    ),
    whole_network=Said("Nothing is frozen: the whole network sees every example in every epoch."),
    kept_nothing=Said("There is no room to keep anything of the examples."),
    kept_examples=Said("The examples at the size that the network sees."),
    kept_rows=Said(
        "What the frozen part sees in each example, so that it is worked out only once."
    ),
    kept_either=Said(
        "What the frozen part sees in each example, or the examples where that takes less."
    ),
    to_encode=Said("Examples and changed copies that have yet to pass through the frozen part."),
    all_once=Said("All examples through the frozen part, once."),
    one_epoch=Said("One pass over the training examples."),
    with_size=Said("{size}, examples"),
    encoding=Said("Encoding examples"),
)
"""What is said of a modality that has no words of its own."""
