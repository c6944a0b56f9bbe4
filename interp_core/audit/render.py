"""Injection: ``{{ claim("ID").effect }}`` in a draft becomes the report's number, so that it cannot drift."""

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from interp_core.audit import figures
from interp_core.audit.links import split_id
from interp_core.audit.study import Finding, Study
from interp_core.audit.wording import deciding, licensed
from interp_core.errors import InterpClaimsError

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment

# Only expressions that begin with claim(...) are ours: LaTeX and other templates keep their braces.
_EXPRESSION = re.compile(r"\{\{\s*(claim\([^{}\n]{1,400})\}\}")
FIELDS = (
    "effect", "low", "high", "interval", "n", "verdict", "margin", "treatment_mean", "baseline_mean", "means", "unit",
    "model", "status", "statement", "sentence", "levels",
)  # fmt: skip


def render_draft(text: str, study: Study, *, name: str) -> str:
    """The draft with every ``{{ claim(...) }}`` replaced.

    Raises
    ------
    InterpClaimsError : an id that the report does not know, a claim on several models of which none is named, a field
        that does not exist or has no value, an expression that is none.
    """

    def replaced(match: re.Match[str]) -> str:
        line = text.count("\n", 0, match.start()) + 1
        return _evaluated(match[1].strip(), study, f"{name}:{line}")

    return _EXPRESSION.sub(replaced, text)


def _evaluated(expression: str, study: Study, where: str) -> str:
    from jinja2.exceptions import SecurityError, TemplateError

    def claim(claim_id: str, model: str | None = None) -> Figures:
        return Figures(_finding(study, claim_id, model, where), where)

    try:
        return _sandbox().from_string("{{ " + expression + " }}").render(claim=claim)
    except SecurityError:
        raise InterpClaimsError(
            f"{where}: {{{{ {expression} }}}} reaches for something that a draft may not use. "
            f"Write one of the fields: {', '.join(FIELDS)}."
        ) from None
    except (TemplateError, TypeError, ValueError) as error:
        raise InterpClaimsError(
            f"{where}: {{{{ {expression} }}}} cannot be read ({error}). "
            f'Write {{{{ claim("ID").effect }}}} with one of: {", ".join(FIELDS)}.'
        ) from None


@cache
def _sandbox() -> "SandboxedEnvironment":
    from jinja2 import StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    return SandboxedEnvironment(undefined=StrictUndefined, autoescape=False)


def _finding(study: Study, claim_id: str, model: str | None, where: str) -> Finding:
    name, in_id = split_id(claim_id)
    rows = study.of(name, model or in_id)
    if len(rows) == 1:
        return rows[0]
    if rows:
        models = figures.listed([row.model for row in rows])
        raise InterpClaimsError(
            f"{where}: {name} was tested on {models}, and the draft names none of them. "
            f'Write {{{{ claim("{name}@{rows[0].model}").effect }}}}.'
        )
    close = study.close_to(name)
    hint = f" Did you mean {figures.listed(close, last='or')}?" if close else " Run it, or take it out."
    known = "has no finding on that model" if name in study.by_claim else "is not in the report"
    raise InterpClaimsError(f"{where}: the claim {name!r} {known}, so there is nothing to print.{hint}")


@dataclass(frozen=True)
class Figures:
    """What a draft may print of a claim's finding; every field is a string, with the decimals of the report."""

    _finding: Finding
    _where: str

    def __getattr__(self, field: str) -> str:
        if field not in FIELDS:
            raise InterpClaimsError(
                f"{self._where}: a claim has no field {field!r}. Write one of: {', '.join(FIELDS)}."
            )
        value = _value(self._finding, field)
        if value is None:
            raise InterpClaimsError(
                f"{self._where}: {self._finding.claim} on {self._finding.model} has no {field}: it came out "
                f"{self._finding.verdict}, {self._finding.row.get('reason', '')}. Take the number out."
            )
        return value

    def __str__(self) -> str:
        return licensed(self._finding)


def _value(finding: Finding, field: str) -> str | None:
    row = finding.row
    if field in ("effect", "low", "high", "margin"):
        return None if row[field] is None else figures.number(row[field], figures.places(row))
    if field in ("treatment_mean", "baseline_mean", "means"):
        return _means(finding, field)
    if field == "interval":
        return None if row["effect"] is None else figures.interval(row)
    if field == "levels":
        levels = (deciding(finding) or {}).get("levels") or {}
        return " × ".join(figures.plural(number, factor) for factor, number in levels.items()) or None
    values: dict[str, Any] = {
        "n": row.get("n"),
        "verdict": finding.verdict,
        "model": finding.model,
        "status": finding.status,
        "unit": row.get("unit") or "",
        "statement": row.get("statement"),
        "sentence": licensed(finding),
    }
    value = values[field]
    return None if value is None else f"{value:,}" if isinstance(value, int) else str(value)


def _means(finding: Finding, field: str) -> str | None:
    arms = (deciding(finding) or {}).get("arms") or ()
    means = {arm["role"]: arm["mean"] for arm in arms if arm["mean"] is not None}
    if len(arms) != 2 or len(means) != 2:
        return None
    treatment, baseline = (figures.number(means[role], 2) for role in ("treatment", "baseline"))
    return {"treatment_mean": treatment, "baseline_mean": baseline}.get(field, f"{treatment} against {baseline}")
