"""The evidence that a write-up is held against: a report's rows or a ledger's findings, by claim and model."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from interp_core.spec.prediction import WITHIN

CONFIRMATORY = ("confirmatory", "replication")
REGISTERED = (*CONFIRMATORY, "amended")
_WORD = re.compile(r"[A-Za-z]+")
_VERSION = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, eq=False)
class Finding:
    """One claim on one model: a row of the report, or what a ledger's line says of it."""

    row: Mapping[str, Any]
    stale: bool = False

    @property
    def claim(self) -> str:
        """The claim's id."""
        return str(self.row["id"])

    @property
    def model(self) -> str:
        """The model's name."""
        return str(self.row["model"]["name"])

    @property
    def verdict(self) -> str:
        """The verdict on record."""
        return str(self.row["verdict"])

    @property
    def status(self) -> str:
        """How the claim stands to its registration; "exploratory" where nothing says otherwise."""
        return str(self.row.get("status") or "exploratory")

    @property
    def supported(self) -> bool:
        """Whether the claim holds and the finding is not stale."""
        return self.verdict == "SUPPORTED" and not self.stale

    @property
    def predictions(self) -> Sequence[Mapping[str, Any]]:
        """The comparisons behind the row, or the row itself where a ledger keeps no more."""
        return self.row.get("predictions") or ([self.row] if self.row.get("effect") is not None else [])

    @property
    def controls(self) -> Sequence[Mapping[str, Any]]:
        """The comparisons that say whether the instrument held."""
        return self.row.get("controls") or []

    @property
    def beyond_zero(self) -> int:
        """1 where the interval lies above zero, -1 below, 0 where it holds zero or there is none."""
        low, high = self.row.get("low"), self.row.get("high")
        if low is None or high is None:
            return 0
        return int(low > 0) - int(high < 0)

    @property
    def predicted_sign(self) -> int:
        """1 where the claim says higher, -1 lower, 0 where it says that a difference is small, or unknown."""
        return {"higher": 1, "lower": -1}.get(str(self.row.get("relation")), 0)

    @property
    def within(self) -> bool:
        """Whether the claim says that a difference is small: an equivalence or a non-inferiority."""
        return self.row.get("relation") in WITHIN

    @property
    def smaller(self) -> bool:
        """Whether it was found SMALLER THAN CLAIMED with an interval that excludes zero in the predicted direction."""
        return self.verdict == "REFUTED" and self.beyond_zero == self.predicted_sign != 0

    @property
    def reversed(self) -> bool:
        """Whether it was found on the other side of zero."""
        return self.verdict == "REFUTED" and self.beyond_zero == -self.predicted_sign != 0

    @property
    def registration(self) -> Mapping[str, Any]:
        """What was said before the data; empty where the row has none."""
        return self.row.get("registration") or {}

    @property
    def registered(self) -> bool:
        """Whether the claim was registered, or is a headline."""
        return self.status in REGISTERED or bool(self.registration.get("headline"))

    @property
    def judged(self) -> bool:
        """Whether a judge that can err stands between the outputs and the numbers."""
        judges = [evidence["judge"] for evidence in self.predictions if evidence.get("judge")]
        if judges:
            return not all(judge["exact"] for judge in judges)
        return "judge" in (self.row.get("scope") or {}).get("fixed", [])

    @property
    def ablates(self) -> bool:
        """Whether an ablation is its treatment."""
        return any("ablation" in label for label in self.treatments)

    @property
    def adds(self) -> bool:
        """Whether an activation is added in its treatment."""
        return any(re.search(r"\badding\b|\baddition\b", label) for label in self.treatments)

    @property
    def treatments(self) -> list[str]:
        """The labels of what was done."""
        return [str(evidence.get("treatment", "")) for evidence in self.predictions]

    @property
    def controlled(self) -> bool:
        """Whether the intervention is set against a sham, or has controls, all of which hold."""
        sham = any("random directions" in str(evidence.get("baseline", "")) for evidence in self.predictions)
        held = all(control["verdict"] == "SUPPORTED" for control in self.controls)
        return held and (sham or bool(self.controls))


@dataclass(frozen=True)
class Study:
    """Every finding, what has none, and how the suite's claims are called."""

    findings: tuple[Finding, ...]
    not_evaluated: Mapping[str, str]
    not_run: Mapping[str, str]  # of those, the registered ones

    @cached_property
    def by_claim(self) -> Mapping[str, tuple[Finding, ...]]:
        """The findings of each claim, one for each model."""
        found: dict[str, list[Finding]] = {}
        for finding in self.findings:
            found.setdefault(finding.claim, []).append(finding)
        return {claim: tuple(rows) for claim, rows in found.items()}

    @cached_property
    def models(self) -> tuple[str, ...]:
        """The models' names, in the order of the report."""
        return tuple(dict.fromkeys(finding.model for finding in self.findings))

    def known(self, claim: str) -> bool:
        """Whether the suite has a claim of this id."""
        return claim in self.by_claim or claim in self.not_evaluated

    def close_to(self, claim: str) -> list[str]:
        """Ids that look like a mistyped one, the likeliest first."""
        ids = [*self.by_claim, *self.not_evaluated]
        family = [known for known in ids if known.partition("[")[0] == claim]
        return family or difflib.get_close_matches(claim, ids, n=3, cutoff=0.6)

    def of(self, claim: str, model: str | None) -> tuple[Finding, ...]:
        """The findings of a claim, on one model where it is named."""
        rows = self.by_claim.get(claim, ())
        return rows if model is None else tuple(row for row in rows if same_name(row.model, model))

    def mentioned_models(self, text: str) -> list[str]:
        """The tested models that a text names, however it writes them."""
        squeezed = f" {squeeze(text)} "
        return [name for name in self.models if f" {squeeze(name)} " in squeezed or f" {_family(name)} " in squeezed]

    @cached_property
    def words(self) -> Mapping[str, frozenset[str]]:
        """The content words of each claim's statement, cut to their stems."""
        return {claim: stems(str(rows[0].row.get("statement", claim))) for claim, rows in self.by_claim.items()}

    @cached_property
    def topics(self) -> frozenset[str]:
        """The content words of all claims' statements."""
        return frozenset[str]().union(*self.words.values())


Locked = Mapping[tuple[str, str], str]  # the design's digest by claim and model


def study_of_report(document: Mapping[str, Any], *, locked: Locked | None = None) -> Study:
    """The study in a report document; a finding whose design is not the locked one is stale."""
    rows = [Finding(row, _stale(row, locked)) for row in document["rows"]]
    not_run = {str(item["id"]): str(item["why"]) for item in document.get("not_run", ())}
    missing = {str(item["id"]): str(item["reason"]) for item in document.get("not_evaluated", ())}
    return Study(tuple(rows), not_run | missing, not_run)


def study_of_ledger(lines: Iterable[Mapping[str, Any]], *, locked: Locked | None = None) -> Study:
    """The study in a ledger: the latest finding of each claim and model."""
    latest: dict[tuple[str, str], Mapping[str, Any]] = {}
    for line in lines:
        if "claim" in line and "verdict" in line:
            model = line["model"]["name"] if isinstance(line["model"], dict) else line["model"]
            latest[line["claim"], model] = {**_EMPTY, **line, "id": line["claim"], "model": {"name": model}}
    return Study(tuple(Finding(row, _stale(row, locked)) for row in latest.values()), {}, {})


_EMPTY: dict[str, Any] = {"effect": None, "low": None, "high": None, "margin": 0.0, "unit": "", "n": None, "noun": "",
                          "alpha": 0.025, "relation": "", "statement": ""}  # fmt: skip


def _stale(row: Mapping[str, Any], locked: Locked | None) -> bool:
    wanted = (locked or {}).get((str(row["id"]), str(row["model"]["name"])))
    return wanted is not None and wanted != (row.get("digests") or {}).get("design")


def same_name(one: str, other: str) -> bool:
    """Whether two spellings name one model: case and punctuation do not count."""
    return squeeze(one) == squeeze(other)


def squeeze(text: str) -> str:
    """Lower case, with everything but letters and digits turned into single spaces."""
    return _VERSION.sub(" ", text.lower()).strip()


def _family(name: str) -> str:
    """The first word of a model's name, with its version: "qwen3", "llama 3 1"."""
    parts = squeeze(name).split()
    return " ".join(parts[:1]) if any(c.isdigit() for c in parts[0]) else parts[0]


def stems(text: str) -> frozenset[str]:
    """The content words of a text, lower case, cut to the stem that their endings share."""
    return frozenset(stem(word) for word in _WORD.findall(text.lower()) if len(word) > 3 and word not in _STOPPED)


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """A word without its commonest endings."""
    for ending in ("ations", "ation", "ing", "ions", "ion", "ance", "ies", "ed", "es", "s", "al", "ly", "y", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: len(word) - len(ending)]
    return word


_STOPPED = frozenset(
    _WORD.findall(
        "with that than this from into onto where when what which does more most once their there those these requests "
        "request model models have been were they same make makes made less also only both each over under"
    )
)


def each_evidence(findings: Iterable[Finding]) -> Iterator[Mapping[str, Any]]:
    """Every comparison behind the findings: the rows' predictions, then their controls."""
    for finding in findings:
        yield from finding.predictions
        yield from finding.controls
