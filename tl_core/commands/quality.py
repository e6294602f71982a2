"""`quality`: what is wrong with a data set, and what could be done about it."""

from argparse import Namespace

from tl_core.base.errors import UserError
from tl_core.commands.following import follow
from tl_core.commands.output import Output
from tl_core.quality.findings import Finding, Report


def quality(arguments: Namespace, output: Output) -> None:
    found = look_through(arguments.dataset, output)
    output.result(
        found.model_dump(mode="json", exclude_defaults=True),
        [_line(finding) for finding in found.findings],
    )


def look_through(dataset_id: str, output: Output) -> Report:
    """Have a data set looked through, telling progress, and return the report.

    It takes its turn after trainings and imports, as on the page.

    Raises:
        UserError: "dataset" if there is no such data set, or why it could not be looked through.
    """
    from tl_core.datasets import manifest
    from tl_core.jobs import looking_through
    from tl_core.quality import findings

    manifest.load(dataset_id)
    looking_through.ask(dataset_id)
    follow(
        looking_through.folder(dataset_id),
        output,
        is_over=lambda: looking_through.state(dataset_id).status in ("done", "failed", "none"),
    )
    ended = looking_through.state(dataset_id)
    if ended.status == "failed" and (told := ended.view.ending) is not None:
        raise UserError(told["code"], told["message"], told["hint"])
    report = findings.load(dataset_id)
    if report is None:
        raise looking_through.DIED
    return report


def _line(finding: Finding) -> str:
    told = f"[{finding.severity}] {finding.text}"
    if finding.remedy is None:
        return told
    return f"{told}\n  remedy: {finding.remedy.title.lower()} ({len(finding.remedy.rows)})"
