"""Where the model looked: activation maps over a few test pictures that it got wrong, and a few that it got right."""

import base64
from collections.abc import Iterator

from tl_core.base import figures
from tl_core.base.errors import UserError
from tl_core.base.said import Said
from tl_core.evaluation import activation_map, class_answers
from tl_core.evaluation.report.album import Album
from tl_core.evaluation.report.parts import Gallery, Picture
from tl_core.evaluation.report.subject import Subject
from tl_core.modalities import registry as modalities
from tl_core.models import persist
from tl_core.training import looking, results

EACH = 4
TITLE = Said("Where it looked")
HOW = Said(
    "Yellow places speak for the answer, blue ones against it (class activation map): wrong answers first, then right "
    "ones. Places beside what is to be told may mean that it learnt the background."
)
NOT_READY = Said(
    "To see where it looked, ask “Why?” of one picture on the page of results, then write this report again."
)


def gallery(subject: Subject, album: Album) -> Gallery | None:
    """Return pictures with their maps; None where nothing can be seen of such answers.

    Nothing is converted for it, so a model that was not looked into yet has a sentence in their place.
    """
    model = subject.folder / results.MODEL_DIR
    if not subject.task.one_class_each or not (model / persist.DESCRIPTION).is_file():
        return None
    try:
        described = persist.describe(model)
        if not modalities.of(described).shows_places:
            return None
        if not looking.is_ready(model):
            return Gallery(TITLE, [], NOT_READY)
        shown = [each for each in _pictures(subject, album) if each.source]
    except (UserError, OSError):  # damaged, or of a backbone that is not here any more
        return None
    return Gallery(TITLE, shown, HOW) if shown else None


def _pictures(subject: Subject, album: Album) -> Iterator[Picture]:
    answers = class_answers.of_run(subject.folder)
    names = subject.task.outputs(subject.dataset)
    model = looking.opened(subject.folder / results.MODEL_DIR)
    modality, entry = modalities.of(model.description), model.description.entry
    for row in [*answers.wrong[:EACH], *answers.right[:EACH]]:
        try:
            decoded = modality.decode([str(answers.pictures[row])], entry)[0]
        except (UserError, OSError):  # collected since
            continue
        direction = subject.task.speaks_for(int(answers.predicted[row]), len(names))
        looked = model.look(decoded[None])
        places = activation_map.contributions(model.head, looked.map, direction)[0]
        said, truth = names[answers.predicted[row]], names[answers.truth[row]]
        share = figures.percent(float(answers.probability[row]))
        told = {"answer": said, "share": share, "truth": truth}
        is_right = said == truth
        caption = (
            Said("said “{answer}”, {share} sure: right", **told)
            if is_right
            else Said("said “{answer}”, {share} sure; is “{truth}”", **told)
        )
        yield Picture(album.fitted(_uri(modality.overlaid(decoded, places))), caption)


def _uri(picture: bytes) -> str:
    return "data:image/webp;base64," + base64.b64encode(picture).decode("ascii")
