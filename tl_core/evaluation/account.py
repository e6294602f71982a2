"""The account of one answer: which places spoke for it, and what is left of it when they are hidden.

Hiding is a check that asks nothing of the map: if the named part mattered, the answer falls, and
hiding as much elsewhere (the control) changes little.

Reference:
    Zeiler and Fergus 2014, Visualizing and Understanding Convolutional Networks. arXiv:1311.2901.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tl_core.evaluation import activation_map
from tl_core.modalities import registry as modalities
from tl_core.tasks import registry as tasks
from tl_core.training import answering
from tl_core.training.answering import Judged
from tl_core.training.light import LightModel

MOST_OUTPUTS = 3


@dataclass(frozen=True, slots=True)
class Spoken:
    """What spoke for one output of a model.

    Attributes:
        name: of the class, label or number.
        value: what the model answers: a probability, or a number in its own unit.
        hidden: the same with the part hidden that adds most to it.
        elsewhere: the same with a part of that size hidden that adds least.
        picture: the example with each place's share laid over it, as `Modality.overlaid` gives it;
            empty where places cannot be seen, and no part was hidden then.
    """

    name: str
    value: float
    hidden: float
    elsewhere: float
    picture: bytes


@dataclass(frozen=True, slots=True, eq=False)
class Account:
    """One example explained.

    Attributes:
        prediction: fields of a `jobs.predictor.Prediction`.
        spoken: for each output that was asked about, the answer's own first.
        plain: the example as the network saw it, to compare with; empty as above.
        features: float32 (channels,), see `LightModel.features`.
    """

    prediction: dict[str, Any]
    spoken: tuple[Spoken, ...]
    plain: bytes
    features: np.ndarray


def of(model: LightModel, decoded: np.ndarray, also: Sequence[str] = ()) -> Account:
    """Return what spoke for an answer, and for others.

    Args:
        model: with all that `look` needs.
        decoded: one example, (*input_shape).
        also: further outputs by name; those that the model does not know are left out.
    """
    described = model.description
    modality, task = modalities.of(described), tasks.get(described.task)
    looked = model.look(decoded[None])
    prediction = answering.reply(described, Judged(looked.answers))
    names = asked(prediction, described.classes, also)
    if not modality.shows_places:
        told = tuple(_untouched(name, value_of(prediction, name)) for name in names)
        return Account(prediction, told, b"", looked.features[0])
    spoken = []
    for name in names:
        direction = task.speaks_for(described.classes.index(name), len(described.classes))
        places = activation_map.contributions(model.head, looked.map, direction)[0]
        covered = [part.covers(*decoded.shape[:2]) for part in activation_map.parts(places)]
        without = np.stack([modality.hidden(decoded, each) for each in covered])
        found = Judged(model.answer(without))
        rows = [answering.reply(described, found, place) for place in range(len(without))]
        before, hidden, elsewhere = (value_of(row, name) for row in (prediction, *rows))
        shown = modality.overlaid(decoded, places)
        spoken.append(Spoken(name, before, hidden, elsewhere, shown))
    plain = modality.overlaid(decoded, np.zeros_like(looked.map[0, ..., 0]))
    return Account(prediction, tuple(spoken), plain, looked.features[0])


def asked(
    prediction: Mapping[str, Any], outputs: Sequence[str], also: Sequence[str] = ()
) -> tuple[str, ...]:
    """Return the outputs to explain: those of the answer, then what else was asked for.

    Where nothing else was, the runner-up stands beside a single class.
    """
    shares = prediction.get("probabilities") or {}
    ranked = sorted(shares, key=lambda name: -shares[name])
    own = list(prediction.get("labels") or ())
    own = own or [prediction["label"] or (ranked[0] if ranked else outputs[0])]
    own = sorted(own, key=lambda name: -shares.get(name, 0.0))[: MOST_OUTPUTS - 1]
    others = [name for name in also if name in outputs] or ranked[:2] or list(outputs)
    return tuple(dict.fromkeys([*own, *others]))[:MOST_OUTPUTS]


def value_of(prediction: Mapping[str, Any], name: str) -> float:
    """Return what an answer says of one output: its probability, or the number."""
    return float({**prediction.get("probabilities", {}), **prediction.get("numbers", {})}[name])


def _untouched(name: str, value: float) -> Spoken:
    return Spoken(name, value, value, value, b"")
