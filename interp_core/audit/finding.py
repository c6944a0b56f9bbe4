"""What the audit says: a rule, a place, what is wrong, the evidence, and what to write instead."""

from collections.abc import Mapping
from dataclasses import dataclass, field

ERROR, WARNING, NOTE = "error", "warning", "note"
SEVERITIES = (ERROR, WARNING, NOTE)
RULES: Mapping[str, str] = {
    "R1": "A number differs from the recomputed value",
    "R2": "Estimate, interval and p do not agree",
    "R3": "An impossible count or rate, or another n than the study's",
    "R4": "The verb is stronger than the grade of evidence",
    "R5": "The scope is wider than what was tested",
    "R6": "It cites a claim that does not hold",
    "R7": '"As predicted" of a claim that was not confirmatory',
    "R8": "A comparative without its baseline's number",
    "R9": '"No effect" without an equivalence verdict',
    "R10": '"Significant" without effect and interval, or for importance',
    "R11": "A near miss presented as a hit",
    "R12": "Examples that are not the seeded draw",
    "R13": "A registered claim that the text never mentions",
    "R14": "No statement of how much was tried",
    "R15": "An unlinked number among results",
    "R16": "A mechanism whose behavioural ground is not supported",
    "R17": "No limits, or limits that leave out what the registration implies",
    "R18": "An ablation claim without its capability cost",
    "R19": "A judge's rate without the judge's error",
    "R20": "Baselines given less effort than the method",
    "text": "A part of the file that could not be audited",
    "ignore": "An ignore mark without a reason",
}


@dataclass(frozen=True)
class Overclaim:
    """One finding of the audit.

    Attributes
    ----------
    rule : "R1" to "R20", "text" or "ignore".
    severity : "error", "warning" or "note"; what is not tied to a claim by a link is never an error.
    start, end : offsets into the write-up's text.
    message : what is wrong and why.
    evidence : what the report holds, or "".
    instead : what to write instead.
    claim : the id of the claim that it is about, or "".
    """

    rule: str
    severity: str
    start: int
    end: int
    message: str
    evidence: str
    instead: str
    claim: str = ""
    reason: str = field(default="", compare=False)

    @property
    def number(self) -> int:
        """The rule's number, for sorting; the two that have none come last."""
        return int(self.rule[1:]) if self.rule[1:].isdigit() else 99
