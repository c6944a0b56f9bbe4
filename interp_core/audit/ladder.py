"""The ladder of causal evidence, read off the findings that a sentence cites."""

from collections.abc import Sequence

from interp_core.audit.study import Finding

ASSOCIATIONAL, ONE_SIDED, CONTROLLED, BOTH_WAYS, NOT_FROM_ONE_TEST = range(5)
GRADES = (
    "an association",
    "an intervention in one direction without controls",
    "an intervention in one direction with controls",
    "interventions in both directions with controls",
    "more than any one test shows",
)
# What each grade lets a sentence say.
LICENSES = (
    "“is lower behind …”, “goes with …” or “is associated with …”",
    "“ablating it raises …” or “it affects …”",
    "“ablating it restores …”, “adding it induces …” or “it causes …”",
    "“mediates”",
)


def grade(findings: Sequence[Finding]) -> int:
    """The highest rung that supported findings reach on one model; several models are graded each alone."""
    models = {finding.model for finding in findings}
    return max((_grade([f for f in findings if f.model == model]) for model in models), default=ASSOCIATIONAL)


def _grade(findings: Sequence[Finding]) -> int:
    causal = [finding for finding in findings if finding.row.get("kind") == "causal" and not _is_equivalence(finding)]
    held = [finding for finding in causal if finding.supported and finding.controlled]
    if any(f.ablates for f in held) and any(f.adds for f in held):
        return BOTH_WAYS
    if held:
        return CONTROLLED
    return ONE_SIDED if causal else ASSOCIATIONAL


def _is_equivalence(finding: Finding) -> bool:
    """A finding of no effect says that the instrument is clean, not that something is caused."""
    return finding.within
