"""The report document, as every renderer reads it: plain JSON whose form is published in ``schema.json``.

A document is the result of one run. Its rows are findings, one per claim and model, in the order of the run.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from interp_core.report.numbers import means, plural, short
from interp_core.spec.registration import STATUSES

Document = dict[str, Any]
Row = Mapping[str, Any]

SCHEMA = 1
_LEAST_P = 5e-4  # no smaller p is computed
_POWER = 0.8  # the chance that a plan aims at
GAP = "of the gap"
VERDICTS = ("SUPPORTED", "REFUTED", "INCONCLUSIVE", "INVALID")
# Never by colour alone: every surface prints the word, and where there is room the symbol.
SYMBOLS = {"SUPPORTED": "✓", "REFUTED": "✗", "INCONCLUSIVE": "?", "INVALID": "!"}


def counts(document: Document) -> dict[str, int]:
    """The number of rows with each verdict, in the order of `VERDICTS`, zeros included."""
    found = Counter(row["verdict"] for row in document["rows"])
    return {verdict: found[verdict] for verdict in VERDICTS}


def summary_sentence(document: Document) -> str:
    """The whole run in a sentence or two: how many claims, on how many models, with which verdicts, and what is left.

    ``5 claims on 1 model: 4 supported, 0 refuted, 1 inconclusive, 0 invalid. PARTIAL: 3 claims were deselected.``
    """
    verdicts = ", ".join(f"{number} {verdict.lower()}" for verdict, number in counts(document).items())
    return " ".join([f"{extent(document)}: {verdicts}.", *_left_out(document)])


def extent(document: Document) -> str:
    """How much was evaluated: ``5 claims on 2 models (10 rows)``."""
    rows = document["rows"]
    claims = len({row["id"] for row in rows})
    models = len({model_key(row["model"]) for row in rows})
    text = f"{plural(claims, 'claim')} on {plural(models, 'model')}"
    return text if claims == len(rows) else f"{text} ({plural(len(rows), 'row')})"


def partial(document: Document) -> str:
    """What a selection left out, beginning with PARTIAL; "" where nothing was."""
    deselected = document["selection"]["deselected"]
    if not deselected:
        return ""
    return f"PARTIAL: {plural(deselected, 'claim')} {_was(deselected)} deselected."


def selection(document: Document) -> str:
    """The options that selected the claims: ``-k 'fiction' -m 'slow'``; "" where none did."""
    chosen = document["selection"]
    given = [("-k", chosen["keyword"]), ("-m", chosen["marker"])]
    return " ".join(f"{option} {value!r}" for option, value in given if value)


def passes_line(passes: Mapping[str, Any]) -> str:
    """What was asked of the model and why: ``1 made (prompt changed: 1), 2,047 saved``.

    Where passes were made: how many (prompt, intervention) pairs they were for, and what the others were repeated for.
    """
    reasons = ", ".join(f"{reason}: {number:,}" for reason, number in sorted(passes["reasons"].items()))
    because = f" ({reasons})" if reasons else ""
    spent = f"; {passes['tokens']:,} tokens, {passes['seconds']:.1f} s" if passes["made"] else ""
    return f"{passes['made']:,} made{because}, {passes['saved']:,} saved{spent}{_pairs(passes)}{_spared(passes)}"


def _pairs(passes: Mapping[str, Any]) -> str:
    pairs = passes.get("pairs")  # reports of before have none
    if not pairs:
        return ""
    again = ", ".join(f"{what}: {number:,}" for what, number in sorted(passes["repeats"].items()))
    repeated = f" (repeated for what no earlier pass had kept, {again})" if again else ""
    return f"; {passes['made'] / pairs:.2f} passes a pair of prompt and intervention{repeated}"


def _spared(passes: Mapping[str, Any]) -> str:
    spared = passes.get("spared")
    return f"; at most {spared:,} tokens not generated, since the judge had settled" if spared else ""


def moved(document: Document) -> list[str]:
    """One sentence for each verdict that differs from the last recorded one."""
    return [
        f"{row['id']} on {row['model']['name']} {_moved(row).removeprefix('moved: ')}"
        for row in document["rows"]
        if row["moved_from"]
    ]


def remarks(row: Row) -> list[str]:
    """What the record says about a row: that its verdict moved, or how it compares with the refutation on record."""
    found = [_moved(row)] if row["moved_from"] else []
    if row["known"] and row["verdict"] == "REFUTED":
        found.append(f"on record as {row['known']}: no change")
    elif row["known"]:
        found.append(f"on record as {row['known']}: this verdict differs")
    return found


def _moved(row: Row) -> str:
    why = f" (changed: {', '.join(row['moved_why'])})" if row["moved_why"] else ""
    return f"moved: was {row['moved_from']}, is {row['verdict']}{why}"


def deciding(row: Row) -> Mapping[str, Any] | None:
    """The prediction whose figures the row shows: the first with the row's verdict, or the first; None without any."""
    alike = [evidence for evidence in row["predictions"] if evidence["verdict"] == row["verdict"]]
    return next(iter(alike + row["predictions"]), None)


def of_the_baseline(row: Row, evidence: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The control that measures what the baseline does by itself, in the effect's unit; None where none does.

    That is a control whose treatment is the evidence's baseline: a random direction against the untouched model. The
    baseline's effect is zero by definition where nothing else is measured.
    """
    alike = [
        control
        for control in row["controls"]
        if all(control[name] == evidence[name] for name in ("noun", "unit"))
        and control["treatment"] == evidence["baseline"]
        and control["effect"] is not None
    ]
    return max(alike, key=lambda control: abs(control["effect"]), default=None)


def levels(row: Row) -> str:
    """How many of what stand behind a row's figures: ``128 × 10``, requests by frames; "–" where nothing was."""
    evidence = deciding(row)
    if evidence is None:
        return "–"
    return " × ".join(f"{number:,}" for _, number in _factors(evidence))


def arm_means(row: Row) -> str:
    """The means behind a row's effect, treatment first: ``0.97 against 0.04``; "" for an interaction's four arms."""
    evidence = deciding(row)
    if evidence is None or len(evidence["arms"]) != 2 or evidence["unit"] == GAP:
        return ""
    return " against ".join(means(evidence))


def _factors(evidence: Mapping[str, Any]) -> list[tuple[str, int]]:
    # Sorted, since JSON on disk is: a page made from report.json is the page that was written beside it.
    return sorted(evidence["levels"].items(), key=lambda item: (-item[1], item[0]))


def standing(document: Document) -> str:
    """How many rows have which status: ``2 confirmatory, 8 exploratory``."""
    found = Counter(row["status"] for row in document["rows"])
    return ", ".join(f"{found[status]} {status}" for status in STATUSES if found[status]) or "no findings"


def pooled(over: Mapping[str, Any]) -> str:
    """The pooled effect of a claim over models: ``0.45 [0.40, 0.50]``."""
    low, effect, high = (short(round(over[name], 3)) for name in ("low", "effect", "high"))
    return f"{effect} [{low}, {high}]{' ' + over['unit'] if over['unit'] else ''}"


def p_values(row: Row) -> str:
    """The p at the margin, and as adjusted over its family where it is secondary."""
    told = f"{_p(row['p'])}"
    if row["holm"] is None:
        return f"{told} (a headline: its family shares alpha instead)"
    return f"{told}; Holm {_p(row['holm'])}, Benjamini-Hochberg {_p(row['benjamini_hochberg'])}"


def _p(value: float) -> str:
    return f"below {_LEAST_P:g}" if value <= _LEAST_P else short(round(value, 4))


def outlook(expected: Mapping[str, Any]) -> str:
    """What a prediction could be expected to decide: ``chance 0.93 of SUPPORTED at an effect of 0.5; MDE 0.41``."""
    if expected["chance"] is None:
        return f"no formula: {expected['supposes']}"
    least = "" if expected["mde"] is None else f"; MDE {short(expected['mde'])}"
    if expected["needed"] and expected["chance"] < _POWER:
        least += f"; {expected['needed']:,} requests for {_POWER:.2f}"
    return (
        f"chance {expected['chance']:.2f} of SUPPORTED at an effect of {short(expected['effect'])}{least}; supposes "
        f"{expected['supposes']}"
    )


def said_before(row: Row) -> list[tuple[str, str]]:
    """What was registered in words, by name: those that hold something."""
    said = row["registration"]
    rivals = "; ".join(words + (f" (separated by {by})" if by else "") for words, by in said["alternatives"])
    forecast = "" if said["expected"] is None else f"{100 * said['expected']:.0f} % SUPPORTED"
    told = [
        ("forecast", forecast), ("why this margin", said["margin_reason"]), ("rivals", rivals),
        ("rests on", ", ".join(said["rests_on"])), ("seen before", said["seen"]), ("exclusions", said["exclusions"]),
        ("stopping", said["stopping"]),
    ]  # fmt: skip
    return [(name, words) for name, words in told if words]


def scope_lines(row: Row) -> list[str]:
    """The scope in words: what the claim generalises over, and what it says nothing beyond."""
    scope = row["scope"]
    over = " and ".join(f"{factor}s" for factor in scope["random"]) or "nothing"
    fixed = ", ".join(scope["fixed"]) or "nothing"
    return [
        f"Generalises over {over}, beyond those tested.",
        f"Fixed: {fixed}. It says nothing about others.",
        *scope["notes"],
    ]


def sample_size(evidence: Mapping[str, Any]) -> str:
    """How many units the interval rests on: ``1,280 (128 requests × 10 frames), design effect 17.5``."""
    levels = " × ".join(plural(number, factor) for factor, number in _factors(evidence))
    parts = [f"{evidence['n']:,}" + (f" ({levels})" if levels else "")]
    if evidence["design_effect"] is not None:
        parts.append(f"design effect {short(evidence['design_effect'])}")
    if evidence["effective_n"] is not None:
        parts.append(f"effective n {evidence['effective_n']:,.0f}")
    return ", ".join(parts)


def model_key(model: Mapping[str, Any]) -> tuple[str, str, str | None, str]:
    """What makes two rows' models the same one."""
    return model["name"], model["source"], model["revision"], model["dtype"]


def model_line(model: Mapping[str, Any]) -> str:
    """A model in a line: ``Qwen3-8B at 1a2b3c4, bfloat16, recorded``."""
    revision = f" at {model['revision'][:10]}" if model["revision"] else ""
    recorded = ", recorded elsewhere" if model["recorded"] else ""
    return f"{model['name']}{revision}, {model['dtype']}{recorded}"


def environment_line(environment: Mapping[str, Any]) -> str:
    """Where a run took place: ``Python 3.11.9, torch 2.13.0, cpu, commit abc1234 (uncommitted changes)``."""
    packages = [f"{name} {version}" for name, version in sorted(environment["packages"].items())]
    return ", ".join([f"Python {environment['python']}", *packages, environment["device"], _commit(environment)])


def _commit(environment: Mapping[str, Any]) -> str:
    if environment["commit"] is None:
        return "no commit"
    dirty = {True: " with uncommitted changes", False: "", None: ""}[environment["dirty"]]
    return f"commit {environment['commit'][:10]}{dirty}"


def _left_out(document: Document) -> list[str]:
    missing = len(document["not_evaluated"])
    rest = [f"{plural(missing, 'claim')} {_was(missing)} not evaluated."] if missing else []
    return [*rest, partial(document)] if partial(document) else rest


def _was(number: int) -> str:
    return "was" if number == 1 else "were"
