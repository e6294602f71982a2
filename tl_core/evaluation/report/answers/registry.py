"""What a report tells of every task, by the task's name. A new task adds its module and one line here."""

from collections.abc import Mapping
from typing import Protocol

from tl_core.evaluation.report.album import Album
from tl_core.evaluation.report.answers.classify import ClassReport
from tl_core.evaluation.report.answers.multilabel import LabelReport
from tl_core.evaluation.report.answers.regress import NumberReport
from tl_core.evaluation.report.charts import Lines
from tl_core.evaluation.report.parts import Result
from tl_core.evaluation.report.subject import Subject
from tl_core.tasks import classify, multilabel, regress


class TaskReport(Protocol):
    """What a task has to tell of a run."""

    def curve(self, subject: Subject) -> Lines:
        """Return how its measure went over the epochs."""
        ...

    def result(self, subject: Subject, album: Album) -> Result:
        """Return what is told of the answers to test pictures, of which there are some."""
        ...


REPORTS: Mapping[str, TaskReport] = {
    classify.TASK.kind: ClassReport(),
    regress.TASK.kind: NumberReport(),
    multilabel.TASK.kind: LabelReport(),
}


def of(subject: Subject) -> TaskReport:
    """Return what the task of a run's data set tells."""
    return REPORTS[subject.task.kind]
