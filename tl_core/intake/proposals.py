"""The readings that are proposed for an upload, and the one of them that a person chooses."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from tl_core.base.errors import UserError
from tl_core.base.said import Said
from tl_core.intake import folders
from tl_core.intake.candidates import Candidates
from tl_core.intake.reading import Choice, Reading


@dataclass(frozen=True, slots=True)
class Proposal:
    """A reading, and how the pictures are got by it once a person has chosen."""

    reading: Reading
    build: Callable[[Choice], Candidates]


@dataclass(frozen=True, slots=True)
class Found:
    """The readings of an upload, the likeliest first, and what was not used, in sentences."""

    proposals: tuple[Proposal, ...]
    notes: tuple[str, ...] = ()

    @property
    def readings(self) -> list[Reading]:
        return [proposal.reading for proposal in self.proposals]

    def chosen(self, choice: Choice) -> Proposal:
        """Return the reading that `choice` names, by default the first.

        Raises:
            UserError: "reading" when there is no such reading; "no-classes" when nothing says
                what the pictures show and `choice` does not either.
        """
        if not choice.key:
            wanted = self.proposals[0]
        else:
            wanted = next((p for p in self.proposals if p.reading.key == choice.key), None)
            if wanted is None:
                raise UserError(
                    "reading",
                    "These pictures cannot be read that way any more.",
                    "Choose another one of the {count} ways.",
                    count=len(self.proposals),
                )
        if wanted.reading.needs_name and not choice.class_name.strip():
            raise self._nothing_said()
        return wanted

    def number(self, number: int) -> Choice:
        """Return the choice of reading `number`, counted from 1.

        Raises:
            UserError: "reading" when there is none.
        """
        if not 1 <= number <= len(self.proposals):
            raise no_such_reading(number, len(self.proposals))
        return Choice.model_validate({"key": self.proposals[number - 1].reading.key})

    def taken(self, choice: Choice) -> Candidates:
        """Return the pictures as the chosen reading says."""
        proposal = self.chosen(choice)
        built = proposal.build(choice)
        used = {*proposal.reading.tables}
        unused = [note for note in self.notes if not any(name in note for name in used)]
        return replace(built, notes=(*unused, *built.notes))

    def _nothing_said(self) -> UserError:
        refusal = folders.no_classes()
        told = refusal.message
        for note in self.notes:
            told = Said("{so_far} {more}", so_far=told, more=note)
        return UserError(refusal.code, told, refusal.hint)


def no_such_reading(number: int, count: int) -> UserError:
    """Return the error for a reading that there is not."""
    return UserError(
        "reading",
        "There is no reading {number}: there are {count}.",
        "Give a number from 1 to {count}.",
        number=number,
        count=count,
    )


def with_score(proposal: Proposal, score: float) -> Proposal:
    return replace(proposal, reading=replace(proposal.reading, score=score))
