"""Fine-tuning: the head is solved for exactly, then head and deeper stages learn from there.

What the last epoch brings beside the exact head, in points of test accuracy with 95 % intervals, for the
starter on five picture sets in 1 to 3 divisions (`tests/benchmarks/recipes` tells how, and what of others; –
was tried once or never):

    recipe                                    all pictures            16 pictures of a class
                                           half the   all stages      half the    all stages
    cosine from 3e-4, 12 epochs           +3.7 ± 1.5  +3.5 ± 1.7    +1.2 ± 2.7    0.0 ± 3.3
    the same with changed copies          +3.2 ± 2.3  +4.1 ± 1.7    +1.6 ± 3.9   +1.4 ± 4.8
    constant, head 1e-3, stages 1e-4      +2.1 ± 1.9  +3.2 ± 2.0             –            –
    Keras's guide, head 1e-3, all 1e-5             –  +1.4 ± 1.5             –   +1.5 ± 2.0
    one cycle, normalisation learns                –  +2.9 ± 2.1             –   -5.2 ± 6.6
"""

import math
from collections.abc import Sequence

from tl_core.base.said import Said, counted
from tl_core.config import TrainConfig, stored
from tl_core.measures import intervals
from tl_core.methods.method import Ended, Method
from tl_core.methods.situation import Recipe
from tl_core.tasks import registry, task

_STUDY = "assets/studies/fine_tuning_gains.csv; tests/benchmarks/recipes tells how it was measured."

RECIPES = (
    Recipe(
        name="the new head alone",
        source="Exactly solved for at the start, so that little is left to learn: as usual.",
        stages=(0, 0),
    ),
    Recipe(
        name="stages of the backbone learn",
        # In points of test accuracy against the exact head, with half the stages: +3.7 with the
        # starter, where a constant rate, ten times higher for the head than for the stages, brought +2.1.
        source="From the exact head (Kumar et al. 2022, arXiv:2202.10054) at one gentle rate that rises, "
        "then falls to nothing; what stands at its end is judged. " + _STUDY,
        stages=(1, 64),
        values={
            "schedule": "cosine",
            "warmup": 0.1,
            "learning_rate": 3e-4,
            "tail_rate": 1.0,
            "stage_decay": 1.0,
            "epochs": 12,
            "patience": 0,
        },
    ),
    Recipe(
        name="few pictures of a class",
        # With MobileNetV2 +1.0, +0.5 and +0.6 points. How strong the shrinkage is decides nothing here: over
        # two decades accuracy stays within 0.3 points.
        source="The exact head learns from changed copies, too: with 5, 10 and 20 pictures of a class +0.9, "
        "+0.5 and +0.8 points with the starter, +3.0, +1.0 and +1.1 with EfficientNet-Lite0. "
        "tests/benchmarks/test_few_pictures.py tells how it was measured.",
        share=(0, 0.39),
        per_class=(0, 20),
        values={
            "crop": 0.2,
            "zoom": 0.2,
            "rotate": 10.0,
            "brightness": 0.2,
            "contrast": 0.2,
            "views": 3,
        },
    ),
    Recipe(
        name="few stages learn, more than a few pictures of a class",
        source="Three of them bear, and need, three times the rate: +3.1 instead of +1.1 points. "
        + _STUDY,
        stages=(1, 3),
        per_class=(25, math.inf),
        values={"tail_rate": 3.0},
    ),
    Recipe(
        name="half of the stages or more, few pictures of a class",
        source="Changed copies: +1.6 instead of +1.2 points with half the stages, +1.4 instead of 0.0 "
        "with all of them. " + _STUDY,
        share=(0.4, 1),
        per_class=(0, 25),
        values={"flip": True, "shift": 0.1, "brightness": 0.2, "contrast": 0.2, "views": 4},
    ),
)


def _probes_first(stages: int, start: str, hidden: Sequence[int]) -> bool:
    return bool(stages) and start == "closed_form" and not hidden


def explains(config: TrainConfig) -> Sequence[str]:
    """Return what learns from where with these settings."""
    learning, start = config.network.trainable_stages, config.course.start
    if not learning:
        told = Said(
            "Here all stages stay frozen: the head w is solved for exactly, and little is left to learn."
        )
    elif _probes_first(learning, start, config.head.hidden_units):
        told = counted(
            "Here that is LP-FT: first the head w₀ is solved for exactly on frozen features (linear probing), then {count} stage and the head learn from there for {epochs} epochs (fine-tuning).",
            "Here that is LP-FT: first the head w₀ is solved for exactly on frozen features (linear probing), then {count} stages and the head learn from there for {epochs} epochs (fine-tuning).",
            learning,
            epochs=config.course.epochs,
        )
    else:
        told = counted(
            "Here {count} stage learns under a head that begins at random, whose first errors may spoil what the stage knew.",
            "Here {count} stages learn under a head that begins at random, whose first errors may spoil what they knew.",
            learning,
        )
    pulled = config.steps.toward_pretrained
    pull = Said(
        "L2-SP holds the stages that learn near their pretrained weights θ₀ with the strength α = {strength} (Li et al. 2018, arXiv:1802.01483; “Pull towards pretrained weights” among the expert choices).",
        strength=f"{pulled:g}",
    )
    hurts = Said(
        "It hurts with few pictures of a class and many stages, which then learn these by heart; the exact head is kept where training does not beat it beyond doubt."
    )
    stays = Said(
        "It falls short where the pictures look like nothing that the network has learnt from: then frozen features say too little, and stages have to learn."
    )
    return [told, pull, hurts] if learning else [told, stays]


def adds(run: Ended, others: Sequence[Ended]) -> Sequence[str]:
    """Return what the head alone reached, and what fine-tuning from there did."""
    learning = int(stored(run.config, "trainable_stages", 0) or 0)
    begun = stored(run.config, "start", "closed_form"), stored(run.config, "hidden_units", ())
    metrics, count = run.metrics, (run.metrics.get("test") or {}).get("count")
    before, after = metrics.get("closed_form_accuracy"), metrics.get("test_accuracy")
    is_kept = metrics.get("handed_over") == "trained" and bool(metrics.get("best_epoch"))
    if not (is_kept and _probes_first(learning, str(begun[0]), begun[1] or ())):
        return ()
    if before is None or after is None or not count:
        return ()
    if not registry.of_metrics(metrics).one_class_each:
        return ()
    return [
        counted(
            "Linear probing, then fine-tuning (LP-FT, Kumar et al. 2022): the exact head alone was right on {before} of the test pictures; after {count} stage had learnt from there, {after}.",
            "Linear probing, then fine-tuning (LP-FT, Kumar et al. 2022): the exact head alone was right on {before} of the test pictures; after {count} stages had learnt from there, {after}.",
            learning,
            before=_share(before, count),
            after=_share(after, count),
        )
    ]


def _share(share: float, count: int) -> str:
    """Return a share of so many pictures with its interval, in percent."""
    within = intervals.wilson(share * count, count, 0.95)
    return f"{100 * share:.1f}\u202f% ({100 * within.low:.1f} to {100 * within.high:.1f})"


METHOD = Method(
    name="fine_tune",
    title=Said("Fine-tuning"),
    sentence=Said(
        "Keeps what the network has learnt from many other pictures and adapts it to yours. Best nearly always."
    ),
    paper="Kumar et al. 2022, Fine-Tuning can Distort Pretrained Features. arXiv:2202.10054",
    exact_head=task.exact_head,
    recipes=RECIPES,
    drawing="kind-models",
    formula="\n".join(
        (
            r"w_0 = \arg\min_w L(w;\, \theta_0)",
            r"(\theta, w) \leftarrow (\theta, w) - \eta\, \nabla F \;\text{ from }\; (\theta_0, w_0)",
            r"F = L(w;\, \theta) + \tfrac{\alpha}{2} \lVert \theta - \theta_0 \rVert^2",
        )
    ),
    explains=explains,
    adds=adds,
)
