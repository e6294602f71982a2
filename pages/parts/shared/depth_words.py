"""What a freeze depth is called within a sentence."""

from pages.parts.shared.words import t, tn


def named(depth: int, total: int) -> str:
    """Return "the new head alone", "the last 3 stages" or "all stages"."""
    if depth == 0:
        return t("the new head alone")
    if depth == total:
        return t("all stages")
    return tn("the last stage", "the last {count} stages", depth)
