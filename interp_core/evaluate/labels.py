"""People's labels of a random part of a run's answers: the sheet to fill in, and what it says of each pair."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from interp_core.bench.values import Value
from interp_core.errors import ClaimError
from interp_core.evaluate.pairing import Pairs
from interp_core.spec.claim import Claim
from interp_core.spec.identity import seed_from
from interp_core.spec.judge import Labels

HOW = "label: 1 where the answer shows what the judge measures, 0 where it does not"
Key = tuple[str, str]  # an answer is what a prompt and a text are, whichever arm they come from


@dataclass(frozen=True)
class Labelled:
    """What people say of the drawn pairs.

    Attributes
    ----------
    differences : label of the treatment minus that of the baseline, NaN for pairs that were not drawn, shape [pair].
    missing : answers of drawn pairs that have no label yet.
    sheet : where the labels are.
    """

    differences: Float[np.ndarray, "pair"]
    missing: int
    sheet: Path

    def note(self) -> str:
        """How many pairs were labelled, and by which version of the sheet."""
        drawn = int(np.isfinite(self.differences).sum())
        version = hashlib.sha256(self.sheet.read_bytes()).hexdigest()[:12]
        return f"{drawn} pairs, drawn at random, were labelled by people ({self.sheet.name}, sha256 {version})"

    @property
    def wanted(self) -> str:
        """What is left to do."""
        return f"{self.missing} answers in {self.sheet} have no label yet: write 0 or 1 for null, and run again"


def labelled(labels: Labels, claim: Claim, side: Pairs) -> Labelled:
    """The labels of the drawn pairs; answers that are not on the sheet yet are added to it, without a label.

    Raises
    ------
    ClaimError : the arms are framed or hold no answers, all pairs would be drawn, or the sheet cannot be read.
    """
    _check(labels, claim, side)
    sheet = labels.path(claim.model.name)
    known = _read(sheet, claim)
    drawn = _drawn(labels, claim, side)
    answers = {_key(value): None for i in drawn for value in (side.treatment[i], side.baseline[i])}
    _add(sheet, [key for key in answers if key not in known], labels, claim, of=len(side.treatment))
    found = np.full(len(side.treatment), np.nan)
    for i in drawn:
        first, second = (known.get(_key(values[i])) for values in (side.treatment, side.baseline))
        if first is not None and second is not None:
            found[i] = first - second
    return Labelled(found, sum(known.get(key) is None for key in answers), sheet)


def _check(labels: Labels, claim: Claim, side: Pairs) -> None:
    if side.framed:
        raise ClaimError(
            "labels correct a plain comparison of the same requests, and these arms are framed: their cells are not "
            "independent draws. Calibrate the judge instead, judge.calibrated(...), or leave the frames out.",
            where=claim.where,
        )
    if any(value.output is None for value in (*side.treatment, *side.baseline)):
        raise ClaimError("the arms hold no answers, so nothing can be labelled.", where=claim.where)
    if labels.pairs >= len(side.treatment):
        raise ClaimError(
            f"pairs={labels.pairs} of {len(side.treatment)}: labels correct a judge on the pairs that have none, so "
            "draw fewer; where all are labelled, no judge is needed.",
            where=claim.where,
        )


def _key(value: Value) -> Key:
    return value.prompt, value.output or ""


def _drawn(labels: Labels, claim: Claim, side: Pairs) -> list[int]:
    """Which pairs are labelled: by the claim's name alone, so that a change of margin does not draw anew."""
    order = np.random.default_rng(seed_from("labels", claim.id)).permutation(len(side.treatment))
    return [int(i) for i in order[: labels.pairs]]


def _read(sheet: Path, claim: Claim) -> dict[Key, float | None]:
    """The labels on the sheet; {} where there is none."""
    lines = sheet.read_text(encoding="utf-8").splitlines() if sheet.exists() else []
    rows = [_row(line, f"{sheet}:{number}", claim) for number, line in enumerate(lines, 1) if line.strip()]
    return {(row["prompt"], row["answer"]): row["label"] for row in rows if "answer" in row}


def _row(line: str, place: str, claim: Claim) -> Mapping[str, Any]:
    try:
        row = json.loads(line)
        label = row.get("label")
        whole = "answer" not in row or (isinstance(row["answer"], str) and isinstance(row["prompt"], str))
        valid = label is None or (isinstance(label, int | float) and 0 <= label <= 1)
    except (ValueError, AttributeError, KeyError):
        whole = valid = False
    if not (whole and valid):
        raise ClaimError(
            f'{place} is no row of a label sheet: write {{"prompt": ..., "answer": ..., "label": 1}}, where the label '
            "is 0, 1 or null, and leave prompt and answer as they are.",
            where=claim.where,
        )
    return dict(row)


def _add(sheet: Path, keys: Sequence[Key], labels: Labels, claim: Claim, *, of: int) -> None:
    """Put answers without a label at the end of the sheet, in an order that says nothing of their arm."""
    if not keys:
        return
    sheet.parent.mkdir(parents=True, exist_ok=True)
    head = {"claim": claim.id, "model": claim.model.name, "pairs_drawn": labels.pairs, "of": of, "fill_in": HOW}
    rows: list[Mapping[str, Any]] = [] if sheet.exists() else [head]
    for prompt, answer in sorted(keys, key=lambda key: seed_from(*key)):
        rows.append({"prompt": prompt, "answer": answer, "label": None})
    with sheet.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
