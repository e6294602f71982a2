"""The texts of the Learn page."""

from dataclasses import dataclass

from pages.parts.shared.words import t


@dataclass(frozen=True, slots=True)
class Lesson:
    """One idea: a drawing, what everybody should know, and what the curious may open."""

    title: str
    drawing: str
    paragraphs: tuple[str, ...]
    more: tuple[str, ...] = ()


def all_lessons() -> tuple[Lesson, ...]:
    """Return the lessons in the order of the journey."""
    return (_transfer(), _split(), _freeze(), _epochs(), _overfitting(), _sure(), _kinds())


def _transfer() -> Lesson:
    return Lesson(
        t("Why a few pictures are enough"),
        "learn-transfer",
        (
            t(
                "A network that starts from nothing needs millions of pictures to find out what an edge, a texture or an eye is. A **backbone** has been through that already."
            ),
            t(
                "Graft keeps what it knows and grafts a new **head** onto it: the part that knows your classes. That is called transfer learning. Twenty pictures a class can be enough."
            ),
            t(
                "It works best when your pictures look like photographs. Drawings, X-rays or pictures from space are further from what the backbone has seen; then let some of its stages learn too."
            ),
        ),
        (
            t(
                "The backbone turns a picture into a list of some hundred to two thousand numbers, its features. The head is a linear map from these to one number for each class, made into probabilities by the softmax $p_k = e^{z_k} / \\sum_j e^{z_j}$."
            ),
            t(
                "Because the head is linear, the best one for given features can be computed instead of learnt step by step. This “exact solution” is the first number that Graft shows, and the start of everything that is learnt after it."
            ),
        ),
    )


def _split() -> Lesson:
    return Lesson(
        t("Three piles of pictures"),
        "learn-split",
        (
            t(
                "From the **training** pictures the model learns. The **validation** pictures tell when it is best and when to stop. The **test** pictures are looked at once, at the end, and give the honest number."
            ),
            t(
                "Somebody who has seen the exam questions gets a good mark and has learnt nothing. The same holds for a model; so no picture may be in two piles, and no copy of it either."
            ),
        ),
    )


def _freeze() -> Lesson:
    return Lesson(
        t("Freezing"),
        "learn-freeze",
        (
            t(
                "The first stages of a network see edges and colours, the middle ones textures and parts, the last ones whole things. The first are useful for any picture; the last are about what the backbone was taught."
            ),
            t(
                "A **frozen** stage stays as it is. Freeze everything when you have few pictures: little can go wrong, and it is quick. With some hundred pictures a class, or pictures unlike photographs, let the last stages learn."
            ),
            t(
                "What is frozen gives the same answer each time, so Graft works it out once for each picture and keeps it. That is why training with a frozen backbone takes seconds."
            ),
        ),
        (
            t(
                "How well features carry over from each depth was measured by Yosinski and others in 2014 (arXiv 1411.1792). Starting from a good head before letting the backbone learn keeps its features from being spoilt by the first large corrections (Kumar and others 2022, arXiv 2202.10054)."
            ),
        ),
    )


def _epochs() -> Lesson:
    return Lesson(
        t("Epochs, loss and accuracy"),
        "learn-epochs",
        (
            t(
                "In one **epoch** the model looks at every training picture once and corrects itself a little after each handful. The **loss** says how far its answers are from the truth, doubts included; the **accuracy** says how many are right."
            ),
            t(
                "The dotted curve is about pictures it learns from, the solid one about pictures it does not. Only the solid one tells how good it is. Graft keeps the weights of the best epoch, wherever you stop."
            ),
            t(
                "The **learning rate** is the size of each correction. Too small and nothing happens; too large and the curve jumps about."
            ),
        ),
    )


def _overfitting() -> Lesson:
    return Lesson(
        t("Learning by heart"),
        "learn-overfit",
        (
            t(
                "If training gets better and better while validation gets worse, the model is learning your pictures by heart instead of what they have in common. This is **overfitting**."
            ),
            t(
                "What helps, in this order: more pictures; changed copies of them (flipped, turned, zoomed); fewer stages that learn; stopping early; dropout."
            ),
        ),
    )


def _sure() -> Lesson:
    return Lesson(
        t("How sure is 81 %"),
        "",
        (
            t(
                "If 81 of 100 test pictures were right, another hundred might give 77 or 86. The **interval** beside each number says where the true share lies with 95 % certainty. Four times as many test pictures make it half as wide."
            ),
            t(
                "A number means little alone. If nine pictures of ten are cats, always answering “cat” is right 90 % of the time. So Graft shows what guessing would give."
            ),
            t(
                "A model always answers with one of its classes. Shown something it has never seen, it will still say one of them, sometimes with great confidence."
            ),
        ),
        (
            t(
                "The interval is Wilson's (1927). It stays between 0 and 100 % and stays wide when all of a few pictures are right: 10 of 10 is 72 to 100 %."
            ),
            t(
                "Pictures of one burst or person, and copies, are often right or wrong together: thirty of them may tell no more than three. Where test pictures belong together, Graft measures how alike their results are and uses the number of pictures on their own that would tell as much."
            ),
        ),
    )


def _kinds() -> Lesson:
    return Lesson(
        t("Four kinds of transfer"),
        "learn-kinds",
        (
            t(
                "Knowledge can be carried over in four ways. **Examples**: old pictures are used again, and those that resemble yours count more. **Features**: a way of describing pictures is shared. **Weights**: a network is taken over and goes on learning; this is what Graft does when stages are not frozen. **Relations**: what is near to what is carried over, not the things themselves."
            ),
        ),
        (t("This division comes from Pan and Yang 2010, A Survey on Transfer Learning."),),
    )
