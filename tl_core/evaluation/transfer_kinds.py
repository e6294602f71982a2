"""Kinds of transfer that can stand side by side: what each needs, learns from, and what holding it there measures.

Some are an exact head on features that are there already. Those that train stages follow from the registry of
methods, each with the settings recommended for it, and from `VARIANTS`, where a setting makes another kind.

What judges decides what a method of domain adaptation can show. By the test part of the data set (`HERE`) it
can only be the source that has classes and the data set that is adapted to: so it learns from the labelled
pictures from elsewhere, and looks at those of the data set without their classes. Adapting to a third place
would be judged by pictures that are not of it. Where classes of pictures from the place of use are known, these
can judge (`THERE`): then the data set teaches, that place is adapted to without its classes, and learning from the
data set without adapting is what no transfer is.

Two methods cannot take part with stages that learn: those that learn from a teacher ask it within a run
(`training.pipeline`), and a training here has none. The exact head on a teacher's answers can.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from types import MappingProxyType
from typing import Any

from tl_core.base.errors import UserError
from tl_core.base.said import Said
from tl_core.evaluation.transfer_found import HERE, NO_TRANSFER, THERE, Judge
from tl_core.methods import registry
from tl_core.methods.method import SOURCE, Method, Role, Settings

UNLABELLED: Role = "unlabelled"
TEACHER: Role = "teacher"
NOT_ADAPTED = "elsewhere"
"""The kind that what adapts to the data set is held against, beside no transfer."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of transfer.

    Attributes:
        name: names it in files.
        title: what a person calls it.
        method: whose exact head or training it is.
        own: settings of the method, where they are not the usual ones.
        settings: of a training, by field name, where they are not the recommended ones.
        needs: what has to be there beside the target's data set, by role.
        learns_elsewhere: whether the examples that it learns from are those of the source, and the
            target's are but looked at.
        trains: whether stages of the backbone learn or adapt, a training for each draw; see
            `trained_transfer`. The others are an exact head on features that are there already.
        is_control: whether it is there to hold others against, so that being worse is no harm.
        advice: what to do where it hurts beyond doubt, and of a control where it is better; None where
            that calls for nothing.
        paper, formula: where they are not those of the method.
    """

    name: str
    title: str
    method: Method
    own: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    settings: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    needs: tuple[Role, ...] = ()
    learns_elsewhere: bool = False
    trains: bool = False
    is_control: bool = False
    advice: Said | None = None
    paper: str = ""
    formula: str = ""

    @property
    def of_method(self) -> Settings:
        """Return all settings of the method."""
        return self.method.settings.model_validate(self.own)

    @property
    def explained(self) -> tuple[str, ...]:
        """Return the formula in short lines, in LaTeX, and last the paper."""
        formula = self.formula or self.method.formula
        return (*formula.splitlines(), self.paper or self.method.paper)

    @property
    def adapts(self) -> bool:
        """Whether it is brought into line with examples whose classes it does not see."""
        return self.method.judges is not None

    @property
    def measures(self) -> Said:
        """Return in a sentence what it learns from, and what is measured so."""
        if self.learns_elsewhere and self.is_control:
            return Said(
                "Learns from the classes of the pictures from elsewhere alone, and is asked about yours as it stands: what adapting brings lies above it."
            )
        if self.learns_elsewhere:
            return Said(
                "Learns from the classes of the pictures from elsewhere, and looks at the drawn ones of yours without their classes. That measures how far it comes where nobody labelled yours; beside the classes of many of yours it can hardly win."
            )
        if self.adapts:
            return Said(
                "Learns from the drawn pictures of yours, and looks at those from where it will be used without their classes. Those whose classes are known judge it, so that what is measured is what adapting brings there."
            )
        if self.is_control:
            return Said(
                "Learns from the drawn pictures of yours with nothing brought along. That measures what the pretrained weights are worth: it is expected to be worse."
            )
        if SOURCE in self.needs:
            return Said(
                "Learns from the drawn pictures of yours together with those from elsewhere. That measures what theirs add."
            )
        if TEACHER in self.needs:
            return Said(
                "Learns from the drawn pictures of yours together with what the teacher says of pictures without a class. That measures what the teacher adds."
            )
        if self.trains:
            return Said(
                "Learns from the drawn pictures of yours, from the exact head on. That measures what it brings that stages of the network learn, too."
            )
        return Said(
            "Learns from the drawn pictures of yours, described in another way. That measures what the other description brings."
        )


@dataclass(frozen=True, slots=True)
class Variant:
    """A kind that settings make of a method.

    Attributes:
        name, title, method: as of `Kind`.
        settings: of the training, by field name.
        paper, formula: as of `Kind`.
    """

    name: str
    title: Said
    method: Method
    settings: Mapping[str, Any] = field(hash=False)
    paper: str
    formula: str


VARIANTS: tuple[Variant, ...] = (
    Variant(
        "l2_sp",
        Said("Fine-tuning held to the pretrained weights (L2-SP)"),
        registry.USUAL,
        MappingProxyType({"toward_pretrained": 0.01}),
        "Li et al. 2018, Explicit Inductive Bias for Transfer Learning with Convolutional Networks. "
        "arXiv:1802.01483",
        r"F = L(w;\, \theta) + 0.01\, \lVert \theta - \theta_0 \rVert^2",
    ),
)
NONE = Kind(NO_TRANSFER, Said("No transfer"), registry.USUAL)
_OF_SOURCE = Said(
    "Train without these pictures, or look whether their classes mean the same and whether they look like yours."
)
_OF_TEACHER = Said(
    "Train without this teacher, or take one with better answers; look whether the pictures without a class show your classes."
)
_OF_STAGES = Said(
    "Let fewer stages learn or take the usual exact head, or bring more pictures of each class."
)
_OF_LEARNING_ELSEWHERE = Said(
    "Learn from your own pictures, or look whether the classes come in other shares elsewhere, or mean something else."
)
_OF_ADAPTING = Said(
    "Do not adapt, or look whether the classes come in other shares there, or mean something else."
)
_OF_CONTROL = Said(
    "What the network knows does not suit your pictures: take another backbone, or let all of its stages learn."
)


@cache
def heads(judge: Judge = HERE) -> tuple[Kind, ...]:
    """Return the kinds that are an exact head on features, in the order in which they are told."""
    instances, alignment = registry.get("instances"), registry.get("alignment")
    alike = MappingProxyType({"weighs": "all"})
    of_source = (
        Kind(
            "pooled",
            Said("Pictures from elsewhere, all alike"),
            instances,
            alike,
            needs=(SOURCE,),
            advice=_OF_SOURCE,
        ),
        Kind(
            "instances",
            Said("Pictures from elsewhere, weighed"),
            instances,
            needs=(SOURCE,),
            advice=_OF_SOURCE,
        ),
    )
    directions = Kind(
        "main_directions",
        Said("Main directions of your features"),
        registry.get("main_directions"),
        advice=Said(
            "Take the usual exact head, which looks at everything, or keep more directions."
        ),
    )
    if judge == THERE:
        # A teacher may have learnt from the very pictures that judge.
        return (*of_source, directions, _adapting(alignment, judge))
    unadapted = Kind(
        NOT_ADAPTED,
        Said("Learnt elsewhere, not adapted"),
        registry.USUAL,
        needs=(SOURCE,),
        learns_elsewhere=True,
        is_control=True,
        paper="Kornblith et al. 2019, Do Better ImageNet Models Transfer Better? arXiv:1805.08974",
        formula=r"w = \arg\min_w L_S(w;\, \theta_0)",
    )
    teacher = Kind(
        "distillation",
        Said("Answers of a teacher"),
        registry.get("distillation"),
        needs=(TEACHER, UNLABELLED),
        advice=_OF_TEACHER,
    )
    return (*of_source, directions, unadapted, _adapting(alignment, judge), teacher)


@cache
def trained(judge: Judge = HERE) -> tuple[Kind, ...]:
    """Return the kinds that train stages: those of all methods that can here, and `VARIANTS`."""
    taken = {kind.name for kind in heads(judge)}
    kinds: list[Kind] = []
    for method in registry.METHODS:
        if _can_train(method):
            kinds.append(_trained(method, judge, taken))
            kinds += [_varied(variant) for variant in VARIANTS if variant.method is method]
    return tuple(kinds)


def heads_for(roles: set[str], judge: Judge = HERE) -> tuple[Kind, ...]:
    """Return the kinds without training that have all that they need."""
    return tuple(kind for kind in heads(judge) if set(kind.needs) <= roles)


def of(name: str, judge: Judge) -> Kind | None:
    """Return the kind of a name, None where an earlier version knew it alone."""
    every = (NONE, *heads(judge), *trained(judge))
    return next((kind for kind in every if kind.name == name), None)


def require_known(names: Sequence[str], judge: Judge) -> None:
    """Refuse names of kinds that train which nobody bears.

    Raises:
        UserError: "side-by-side-kind".
    """
    known = [kind.name for kind in trained(judge)]
    if strange := [name for name in names if name not in known]:
        raise UserError(
            "side-by-side-kind",
            "No kind of transfer that trains is called {name!r}.",
            "Choose from: {names}.",
            name=strange[0][:80],
            names=", ".join(known),
        )


def _can_train(method: Method) -> bool:
    """Say whether stages can learn or adapt by it, with nobody to be asked meanwhile."""
    asks = any(need.role == TEACHER for need in method.needs)
    return not asks and (method.needs_stages or not method.is_solved)


def _trained(method: Method, judge: Judge, taken: set[str]) -> Kind:
    if method.judges is not None:
        return _adapting(method, judge, trains=True)
    name, title = method.name, method.title
    needs: tuple[Role, ...] = tuple(need.role for need in method.needs if not need.is_optional)
    advice = _OF_SOURCE if SOURCE in needs else _OF_STAGES
    if name in taken:
        name, title = f"{name}_trained", Said("{method}, stages learn", method=method.title)
    is_control = method is registry.CONTROL
    return Kind(
        name,
        title,
        method,
        needs=needs,
        trains=True,
        is_control=is_control,
        advice=_OF_CONTROL if is_control else advice,
    )


def _varied(variant: Variant) -> Kind:
    return Kind(
        variant.name,
        variant.title,
        variant.method,
        settings=variant.settings,
        trains=True,
        advice=_OF_STAGES,
        paper=variant.paper,
        formula=variant.formula,
    )


def _adapting(method: Method, judge: Judge, *, trains: bool = False) -> Kind:
    """Return a method of domain adaptation as what judges lets it be shown, see above."""
    of_there = Kind(method.name, method.title, method, needs=(UNLABELLED,), trains=trains)
    if judge == THERE:
        return replace(of_there, advice=_OF_ADAPTING)
    title = Said("Learnt elsewhere: {method}", method=method.title)
    elsewhere = replace(of_there, title=title, needs=(SOURCE,), learns_elsewhere=True)
    return replace(elsewhere, advice=_OF_LEARNING_ELSEWHERE)
