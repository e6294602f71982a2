"""Fine-tuning: the head is solved for exactly, then head and deeper stages learn from there."""

from tl_core.base.said import Said
from tl_core.methods.method import Method
from tl_core.methods.situation import Recipe
from tl_core.tasks import task

RECIPES = (
    Recipe(
        name="the new head alone",
        source="Exactly solved for at the start, so that little is left to learn: as usual.",
        stages=(0, 0),
    ),
    Recipe(
        name="stages of the backbone learn",
        source="Howard and Ruder 2018, arXiv:1801.06146: gentler from stage to stage, after a warm-up; "
        "Kumar et al. 2022, arXiv:2202.10054: gentle, so that what was learnt before is not distorted.",
        stages=(1, 64),
        values={
            "schedule": "cosine",
            "warmup": 0.1,
            "learning_rate": 1e-3,
            "tail_rate": 0.1,
            "stage_decay": 0.9,
            "epochs": 10,
            "patience": 5,
        },
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
