"""Which recipes are compared, in which cells, and which of them is recommended where. Pure data.

A cell is one training: a picture set, all of its pictures or a few of each class, a division, how many
stages learn, and a recipe. Cells come in an order in which a run that is cut short has still compared
the main recipes on every set.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

FEW = 20
"""Pictures of a class where they are few, those for validation included."""
ALL = 0
EXACT = "exact"
"""The exact head alone: what every recipe is held against."""
REFERENCE = "base"
"""The recipe that others differ from in one respect."""


@dataclass(frozen=True, slots=True)
class Phase:
    """Epochs of Adam with one course of the rate.

    Attributes:
        epochs: passes over the training part.
        head_rate: the highest rate of the head.
        tail_rate: the highest rate of the stages that learn; 0 leaves them as they are.
        warmup: the share of the phase in which the rate rises.
        is_cosine: whether the rate then falls to nothing along a cosine; else it is constant throughout.
    """

    epochs: int = 12
    head_rate: float = 3e-4
    tail_rate: float = 3e-4
    warmup: float = 0.1
    is_cosine: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """One way of fine-tuning.

    Attributes:
        name: its key in `RECIPES`.
        title: for the table.
        phases: one after the other.
        starts_from_exact_head: else the head begins as zeros.
        flip: whether half of the pictures are mirrored.
        move: the largest shift and zoom, as shares of the side.
        colour: the largest change of brightness and contrast.
        label_smoothing: share of each answer that is spread over all classes.
        stage_decay: what the rate of each stage is, of that of the stage above.
        weight_decay: AdamW's, for kernels.
        pull: times the squared distance from the pretrained weights joins the loss (L2-SP).
        trains_norm: whether batch normalisation learns and updates its statistics.
        look_every: epochs between two judgements.
    """

    name: str
    title: str
    phases: tuple[Phase, ...] = (Phase(),)
    starts_from_exact_head: bool = True
    flip: bool = False
    move: float = 0.0
    colour: float = 0.0
    label_smoothing: float = 0.0
    stage_decay: float = 1.0
    weight_decay: float = 0.0
    pull: float = 0.0
    trains_norm: bool = False
    look_every: int = 1

    @property
    def epochs(self) -> int:
        return sum(phase.epochs for phase in self.phases)

    @property
    def comes_to_rest(self) -> bool:
        """Whether the rate has fallen to nothing at the end."""
        return bool(self.phases) and self.phases[-1].is_cosine


_BASE = Recipe(name=REFERENCE, title="12 epochs, cosine, rates 3e-4")
_GUIDE = (Phase(10, 1e-3, 0.0, is_cosine=False), Phase(10, 1e-5, 1e-5, is_cosine=False))
_CYCLE = (Phase(1, 2e-3, 0.0, warmup=0.3), Phase(10, 1e-3, 1e-3, warmup=0.3))


def _rates(head: float, tail: float) -> tuple[Phase, ...]:
    return (Phase(head_rate=head, tail_rate=tail),)


RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe(name=EXACT, title="the exact head alone", phases=()),
        _BASE,
        Recipe(
            name="today",
            title="10 epochs, constant, head 1e-3, stages 1e-4",
            phases=(Phase(10, 1e-3, 1e-4, is_cosine=False),),
        ),
        replace(_BASE, name="tail1e-4", title="stages 1e-4", phases=_rates(3e-4, 1e-4)),
        replace(_BASE, name="tail1e-3", title="stages 1e-3", phases=_rates(3e-4, 1e-3)),
        replace(_BASE, name="head1e-3", title="head 1e-3", phases=_rates(1e-3, 3e-4)),
        replace(_BASE, name="head3e-5", title="head 3e-5", phases=_rates(3e-5, 3e-4)),
        replace(_BASE, name="flip", title="mirrored copies", flip=True),
        replace(
            _BASE,
            name="views",
            title="copies mirrored, moved, dyed",
            flip=True,
            move=0.1,
            colour=0.2,
        ),
        replace(_BASE, name="ls", title="label smoothing 0.1", label_smoothing=0.1),
        replace(_BASE, name="decay", title="rates x 0.8 from stage to stage", stage_decay=0.8),
        replace(_BASE, name="wd", title="weight decay 0.05", weight_decay=0.05),
        replace(_BASE, name="l2sp", title="pulled back, L2-SP 0.01", pull=0.01),
        replace(_BASE, name="long", title="24 epochs", phases=(Phase(24),), look_every=2),
        replace(_BASE, name="bn", title="batch normalisation learns", trains_norm=True),
        Recipe(
            name="guide",
            title="Keras guide: head 1e-3, then all 1e-5",
            phases=_GUIDE,
            starts_from_exact_head=False,
            flip=True,
            look_every=10,
        ),
        Recipe(
            name="cycle",
            title="one cycle, rates x 0.77, norm learns",
            phases=_CYCLE,
            starts_from_exact_head=False,
            stage_decay=0.77,
            trains_norm=True,
            weight_decay=0.01,
            flip=True,
            look_every=10,
        ),
    )
}


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """One training to be made.

    Attributes:
        set: name of the picture set.
        per_class: pictures of each class to learn from, validation included; `ALL` takes all.
        division: its number.
        stages: how many learn, counted from the output.
        recipe: key in `RECIPES`.
    """

    set: str
    per_class: int
    division: int
    stages: int
    recipe: str


def cells(sets: Sequence[str], total_stages: int, divisions: int) -> Iterator[Cell]:
    """Yield all cells of a backbone, those of the first division first.

    Args:
        sets: names of the picture sets.
        total_stages: of the backbone.
        divisions: how many.
    """
    compared = tuple(_compared(total_stages))
    for division in range(divisions):
        for per_class in (ALL, FEW):
            for name in sets:
                yield Cell(name, per_class, division, 0, EXACT)
                for stages, recipe in compared:
                    yield Cell(name, per_class, division, stages, recipe)


def _compared(total: int) -> Iterator[tuple[int, str]]:
    """Yield how many stages learn, and how."""
    half = total // 2
    for recipe in ("base", "tail1e-3", "views", "tail1e-4"):
        yield from ((stages, recipe) for stages in (total, half, 3))
    yield from ((6, "base"), (1, "base"), (6, "tail1e-3"), (1, "tail1e-3"))
    for recipe in ("ls", "head1e-3", "today"):
        yield from ((stages, recipe) for stages in (total, half, 3))
    for recipe in ("flip", "head3e-5", "decay", "wd", "l2sp", "long", "bn"):
        yield from ((stages, recipe) for stages in (total, half))
    yield from ((total, "guide"), (total, "cycle"))


def recommended(stages: int, per_class: int) -> str:
    """Return the recipe that Graft recommends, whose gains its adviser learns from.

    Args:
        stages: how many learn, counted from the output.
        per_class: as in `Cell`.
    """
    if stages == 0:
        return EXACT
    if stages <= 3:
        return "base" if per_class else "tail1e-3"
    return "views" if per_class and stages > 6 else "base"
