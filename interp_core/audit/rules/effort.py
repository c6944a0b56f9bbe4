"""R20: the work that went into the method against the work that went into its baselines."""

import re
from bisect import bisect_right
from collections.abc import Iterator

from interp_core.audit.finding import ERROR, WARNING, Overclaim
from interp_core.audit.lexicon import Hit
from interp_core.audit.rules.common import Text, at_hit
from interp_core.audit.statements import Statement

_NUMBER = (
    r"\d{1,6}|one|two|three|four|five|six|seven|eight|nine|ten|twelve|twenty|thirty|forty|fifty|a single|a hundred"
    r"|dozens of|hundreds of|thousands of|a handful of|a few|several|many"
)
_WORK = (
    r"configurations?|settings|layers?|coefficients?|positions?|seeds?|hyperparameters?|runs?|trials?|prompts?|attempts?"
    r"|combinations|tries|hours|days|weeks|variants|values?|steps?|epochs?|examples|samples|rounds?|candidates|templates"
    r"|iterations|rewrites?|restarts?|drafts?|queries"
)
_AMOUNT = re.compile(rf"\b({_NUMBER})\s+(?:[a-z-]+\s+){{0,2}}?({_WORK})\b", re.IGNORECASE)
_BARE = re.compile(
    rf"(?<!layer )(?<!position )(?<!of )(?<!\.)\b({_NUMBER})\s*(?=[.,;)]\s|[.,;)]?$|\s+for\b)", re.IGNORECASE
)
_PARTS = re.compile(r"[,;:]\s|\b(?:while|whereas|and|but|though|although)\b")


def unequal_effort(statement: Statement, _: Text) -> Iterator[Overclaim]:
    """R20 for one sentence."""
    if not statement.own or "R17" in statement.sections or statement.block.kind == "heading":
        return
    if statement.of("R20.equal", asserted=False) or statement.voice.question:
        return
    hits = [*statement.of("R20.poor", asserted=False), *_contrasted(statement), *_unequal_amounts(statement)]
    hits = [hit for hit in hits if not _denied(statement, hit)]
    if hits:
        yield at_hit(
            statement,
            "R20",
            hits[0],
            "The baseline was given less work than the method, so the comparison favours the method.",
            "Give both the same search, or report the method's result at the baseline's effort, and say how "
            "many configurations each was given.",
            severity=ERROR if statement.linked else WARNING,
        )


def _denied(statement: Statement, hit: Hit) -> bool:
    return statement.voice.others(hit.start) or statement.voice.opened(hit.start)


def _contrasted(statement: Statement) -> list[Hit]:
    """A sentence that tells of much work and of little, and names a baseline."""
    much, little, base = (_by_part(statement, idea) for idea in ("method", "little", "baseline"))
    poor = [part for part in little if part in base and any(other != part for other in much)]
    return [base[part] for part in poor]


def _by_part(statement: Statement, idea: str) -> dict[int, Hit]:
    """The first phrase of an idea in each part of the sentence, by the part's number."""
    borders = [border.end() for border in _PARTS.finditer(statement.text)]
    hits = statement.of(f"R20.{idea}", asserted=False)
    return {bisect_right(borders, hit.start): hit for hit in reversed(hits)}


def _unequal_amounts(statement: Statement) -> list[Hit]:
    """ "24 configurations for ours, 3 for the baseline"."""
    base = statement.of("R20.baseline", asserted=False)
    amounts: dict[str, set[str]] = {}
    for match in _AMOUNT.finditer(statement.text):
        amounts.setdefault(match[2].lower().rstrip("s"), set()).add(match[1].lower())
    bare = {match[1].lower() for match in _BARE.finditer(statement.text)}
    unequal = any(len(numbers | bare) > 1 for numbers in amounts.values())
    ours = statement.of("R20.method", asserted=False) or statement.of("R20.ours", asserted=False)
    return base if unequal and ours and not statement.ties else []
