"""Fine-tuning: the head is solved for exactly, then head and deeper stages learn from there."""

from tl_core.base.said import Said
from tl_core.methods.method import Method
from tl_core.tasks import task

METHOD = Method(
    name="fine_tune",
    title=Said("Fine-tuning"),
    sentence=Said(
        "Keeps what the network has learnt from many other pictures and adapts it to yours. Best nearly always."
    ),
    paper="Kumar et al. 2022, Fine-Tuning can Distort Pretrained Features. arXiv:2202.10054",
    exact_head=task.exact_head,
)
