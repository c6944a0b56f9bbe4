"""R13, R14, R17, R18 and R19: what a whole write-up owes its reader."""

import re
from collections.abc import Iterator
from itertools import takewhile

from interp_core.audit.figures import listed
from interp_core.audit.finding import ERROR, WARNING, Overclaim
from interp_core.audit.known import known
from interp_core.audit.links import find_links
from interp_core.audit.quantities import Quantity
from interp_core.audit.rules.common import Text, at
from interp_core.audit.rules.values import is_result
from interp_core.audit.statements import Statement
from interp_core.audit.study import Finding
from interp_core.audit.wording import held, licensed

_RUN_IN = re.compile(
    r"[ \t>]*(?:\*\*|__|\\paragraph\{|\\textbf\{|#+ *)?[ \t]*(?:limits|limitations|caveats"
    r"|threats to validity)\b\s*[.:*}_]",
    re.IGNORECASE,
)
_NUMBER = (
    r"(?:\d{1,5}|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh"
    r"|nine)teen|twenty"
    r"|thirty|forty|fifty|dozens|hundreds)"
)
_THINGS = (
    r"(?:claims|hypotheses|layers|sites|positions|configurations|settings|coefficients|directions|variants|combinations"
    r"|candidates|hyperparameters)"
)
_WORDS = (
    r"(?:(?!(?:under|with|for|in|by|on|when|against|behind)\b)[a-z-]+\s+){0,2}?"  # "of 128 under random directions"
)
# "Of 14 claims", "one of 12 layers", "fourteen claims, 12 layers", "claims: 14".
_TRIES = re.compile(
    rf"\b(?:of|from|among|between|all|over)\s+(?:the\s+|our\s+)?{_NUMBER}\s+{_WORDS}{_THINGS}\b"
    rf"|(?<![\w.,]){_NUMBER}\s+{_WORDS}{_THINGS}\s*"
    r"(?:,|\.|;|:|\)|and\b|by\b|×|in all|in total|altogether|of which|on\b|over\b|across\b|(?:were|was|have been)\b"
    r"(?!\s+(?:skipped|dropped|left|excluded|removed))|went\b"
    r"|later\b|entered\b|came\b|made\b)"
    rf"|\bof the {_NUMBER}\s+(?:that\s+)?(?:we|i)\s+(?:tried|tested|looked|ran|compared|considered|scanned|swept)\b"
    rf"|\b{_THINGS}\s*:\s*{_NUMBER}\b"
    rf"|\b(?:layer|position|dose|strength|coefficient|norm|site)\s*\(?\d+\s+(?:out\s+)?of\s+(?:the\s+)?\d+"
    rf"|\b(?:chosen|picked|selected|searched|best)\b[^.;]{{0,20}}\b(?:among|from|out\s+of|of)\s+(?:the\s+)?{_NUMBER}\b(?!\s?%)"
    rf"|\b(?:evaluates?|tests?|holds?|covers?|comprises?|counts?|contains?|lists?|reports?|runs?|tried|tries)\s+{_NUMBER}"
    rf"\s+{_WORDS}{_THINGS}\b",
    re.IGNORECASE,
)


def unmentioned(text: Text) -> Iterator[Overclaim]:
    """R13: registered claims, and refutations above all, that no sentence is about."""
    said = {tie.claim for statement in text.statements for tie in statement.ties}
    said |= {link.claim for link in find_links(text.writeup.linked)}  # an item may be a link and no more
    said |= {claim for claim in text.study.by_claim if _is_named(claim, text.writeup.text)}
    for claim, rows in text.study.by_claim.items():
        refuted = any(row.verdict == "REFUTED" for row in rows)
        if claim not in said and (refuted or any(row.registered for row in rows)):
            yield _missing(text, claim, rows[0], refuted)
    for claim, why in text.study.not_run.items():
        if claim not in said and claim not in text.study.by_claim:
            yield _not_run(text, claim, why)


def _is_named(claim: str, text: str) -> bool:
    """Whether a text writes a claim's id out, as a list of the suite does."""
    return claim in text and re.search(rf"(?<![\w@:]){re.escape(claim)}(?![\w\[])", text) is not None


def _not_run(text: Text, claim: str, why: str) -> Overclaim:
    message = f"{claim} was registered and not run, and the text never mentions it: {why.rstrip('.')}."
    return Overclaim(
        "R13", WARNING, *_top(text), message, "", f"Say that it was not run, and why [@claim:{claim}].", claim
    )


def _missing(text: Text, claim: str, row: Finding, refuted: bool) -> Overclaim:
    registered = "registered" if row.registered else "tested"
    return Overclaim(
        "R13", ERROR if refuted else WARNING, *_top(text),
        f"{claim} was {registered} and came out {row.verdict}, and the text never mentions it; a reader takes "
f"the rest for all that was tried.",
        held([row]), f"Report it: “{licensed(row)}” [@claim:{claim}]", claim,
    )  # fmt: skip


def silent_on_tries(text: Text) -> Iterator[Overclaim]:
    """R14: nowhere does the text say how many claims, layers or configurations were tried."""
    if not text.statements or any(_counts_tries(s) for s in text.statements if s.block.kind != "heading"):
        return
    claims = len(text.study.by_claim)
    yield Overclaim(
        "R14", WARNING, *_top(text),
        "The text does not say how many claims, layers or configurations were tried; the best of many looks "
"better than it is.",
        f"{claims} claims in the report", f"Add a sentence: “We tested {claims} claims; all are reported.” "
        "Add the layers, positions and "
f"settings that were searched.",
    )  # fmt: skip


def _counts_tries(statement: Statement) -> bool:
    return bool(statement.of("R14.tried", asserted=False) or _TRIES.search(statement.text))


def without_limits(text: Text) -> Iterator[Overclaim]:
    """R17: no section on limits, or one that leaves out what the tested scope implies."""
    if not text.statements:
        return
    section = [s for s in text.statements if "R17" in s.sections and s.block.kind != "heading"]
    section = section or _run_in(text)
    if not section:
        yield Overclaim(
            "R17",
            WARNING,
            *_top(text),
            f"The text has no section on its limits; what was tested is {_scope(text)}.",
            "",
            f"Add a section “Limits”: {_scope(text)}; nothing was shown beyond these.",
        )
        return
    missing = [name for idea, name in _implied(text) if not any(s.of(idea, asserted=False) for s in section)]
    if missing:
        span = (section[0].start, section[-1].end if len(section) == 1 else section[0].end)
        yield Overclaim(
            "R17",
            WARNING,
            *span,
            f"The limits leave out {listed(missing)}, which the claims hold fixed.",
            "",
            f"Add that nothing was shown beyond {_scope(text)}.",
        )


def _run_in(text: Text) -> list[Statement]:
    """A paragraph that "Limits." opens, where no heading does."""
    opened = {b.start for b in text.writeup.blocks if _RUN_IN.match(text.writeup.linked, b.start)}
    return [s for s in text.statements if s.block.start in opened]


def _implied(text: Text) -> list[tuple[str, str]]:
    judged = [("R17.judge", "the judge")] if any(f.judged for f in text.study.findings) else []
    return [("R17.model", "the models"), *judged, ("R17.prompts", "the prompts and frames")]


def _scope(text: Text) -> str:
    judged = ["one judge"] if any(f.judged for f in text.study.findings) else []
    return listed([listed(list(text.study.models)) or "no model", "the tested requests and frames", *judged])


def costless_ablation(text: Text) -> Iterator[Overclaim]:
    """R18: the first claim about an ablation, where the text nowhere says what the ablation costs."""
    costs = (_tells(s, "R18.cost") and not _is_bare_heading(s, text) for s in text.statements)
    if any(costs) or any(_is_cost(f) for s in text.statements for f in s.findings):
        return
    for statement in text.statements:
        if (
            statement.own
            and any(f.ablates for f in statement.findings)
            and not statement.voice.question
            and statement.block.kind != "heading"
        ):
            controls = [
                c for f in statement.findings for c in f.controls if c.get("noun") not in ("compliance", "refusal")
            ]
            cost = f" The report holds it: {controls[0]['noun']} {controls[0]['phrase']}." if controls else ""
            yield at(
                statement,
                "R18",
                (statement.start, statement.end),
                f"An ablation can damage the model, and the text nowhere says what this one costs.{cost}",
                "Add what it costs on harmless prompts: KL, perplexity or a capability set, with its interval.",
                severity=ERROR,
            )
            return


def _tells(statement: Statement, idea: str) -> bool:
    """Whether a sentence tells of something, and not that it was left unmeasured."""
    return bool(statement.of(idea, asserted=False)) and not statement.of("R18.unmeasured", asserted=False)


def _is_bare_heading(statement: Statement, text: Text) -> bool:
    """A heading such as "Side effects" under which no number stands, and nothing that is told of them."""
    if statement.block.kind != "heading":
        return False
    place = text.places[statement]
    below = takewhile(lambda one: one.block.kind != "heading", text.statements[place + 1 :])
    return not any(one.quantities and not one.of("R18.unmeasured", asserted=False) for one in below)


def _is_cost(finding: Finding) -> bool:
    return finding.ablates and finding.within


def faultless_judge(text: Text) -> Iterator[Overclaim]:
    """R19: the first rate that a judge gave, where the text nowhere says how often it errs, or that this is unknown."""
    if any(_tells(s, "R19.error") or s.of("R19.unknown", asserted=False) for s in text.statements):
        return
    for statement in text.statements:
        if statement.own and statement.linked and any(f.judged for f in statement.findings):
            rates = [q for q in statement.quantities if _is_rate(statement, q)]
            if rates or statement.injected - {"n", "verdict", "status"}:
                span = (rates[0].start, rates[0].end) if rates else (statement.start, statement.end)
                yield at(
                    statement,
                    "R19",
                    span,
                    "A judge gave this rate, and the text nowhere says how often the judge errs.",
                    "Add the judge's measured error against human labels: “the judge agrees with … of … labels”.",
                    severity=ERROR,
                )
                return


def _is_rate(statement: Statement, quantity: Quantity) -> bool:
    counts = [round(value.value) for value in known(statement.findings) if value.kind == "count"]
    counted = quantity.part == "count" or (quantity.whole and quantity.value in counts)  # "of 128 it answers 124"
    return counted or (is_result(statement, quantity) and not quantity.bound)


def _top(text: Text) -> tuple[int, int]:
    """The title, or the first sentence: where a reader is told about the whole."""
    first = text.statements[0] if text.statements else None
    return (first.start, first.end) if first else (0, 0)
