"""What pages say of pictures."""

from tl_core.base.said import Said, counted
from tl_core.modalities.phrases import Phrases

PHRASES = Phrases(
    several=Said("Pictures"),
    learnt_from=Said("The model adjusts itself to these pictures."),
    chosen_by=Said("These pictures decide when to stop and which weights to keep."),
    reported_on=Said("These pictures are looked at once, at the end, for the honest number."),
    passing=lambda count, **named: counted(
        "First, {examples} picture passes once through the frozen part: {time}.",
        "First, {examples} pictures pass once through the frozen part: {time}.",
        count,
        **named,
    ),
    prepared_first=lambda count, **named: counted(
        "First, the frozen part is prepared for speed, once for this computer: {prepared}. Then {examples} picture passes once through it: {encoded}.",
        "First, the frozen part is prepared for speed, once for this computer: {prepared}. Then {examples} pictures pass once through it: {encoded}.",
        count,
        **named,
    ),
    all_known=Said("The frozen part knows all these pictures already, so training starts at once."),
    too_few=Said("So few pictures are encoded sooner without preparing anything."),
    being_read=Said(
        "Your pictures are being read in the background, so that training is done sooner. You can start at any time."
    ),
    whole_network=Said("Nothing is frozen: the whole network sees every picture in every epoch."),
    kept_nothing=Said("There is no room to keep anything of the pictures."),
    kept_examples=Said("The pictures at the size that the network sees."),
    kept_rows=Said(
        "What the frozen part sees in each picture, so that it is worked out only once."
    ),
    kept_either=Said(
        "What the frozen part sees in each picture, or the pictures where that takes less."
    ),
    to_encode=Said("Pictures and changed copies that have yet to pass through the frozen part."),
    all_once=Said("All pictures through the frozen part, once."),
    one_epoch=Said("One pass over the training pictures."),
    with_size=Said("{size}, pictures"),
    encoding=Said("Encoding pictures"),
)
