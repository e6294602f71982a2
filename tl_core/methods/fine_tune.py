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

from tl_core.base.said import Said
from tl_core.methods.method import Method
from tl_core.methods.situation import Recipe
from tl_core.tasks import task

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

METHOD = Method(
    name="fine_tune",
    title=Said("Fine-tuning"),
    sentence=Said(
        "Keeps what the network has learnt from many other pictures and adapts it to yours. Best nearly always."
    ),
    paper="Kumar et al. 2022, Fine-Tuning can Distort Pretrained Features. arXiv:2202.10054",
    exact_head=task.exact_head,
    recipes=RECIPES,
)
