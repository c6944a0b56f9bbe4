"""What may be said: for each row the strongest sentence that its evidence licenses, and what it leaves open."""

from collections.abc import Mapping
from typing import Any

from interp_core.report.calibration import calibration_lines
from interp_core.report.document import Document, Row, deciding, model_line
from interp_core.report.grounds import ungrounded
from interp_core.report.numbers import interval, plural

UNREGISTERED = ("exploratory", "post hoc")


def licensed(row: Row) -> str:
    """The strongest sentence that a row licenses, with its scope; weaker evidence gives a weaker sentence."""
    opening = f"In {model_line(row['model'])}{_tested_on(row)}"
    return f"{opening}, {_finding(row)}{_standing(row)}"


def _tested_on(row: Row) -> str:
    evidence = deciding(row)
    if evidence is None:
        return ""
    sizes = {name: number for name, number in evidence["levels"].items() if number}
    over = " under ".join(plural(sizes[name], name) for name in ("request", "frame") if name in sizes)
    return f", on {over}" if over else ""


def _finding(row: Row) -> str:
    told = {"SUPPORTED": _supported, "REFUTED": _refuted, "INCONCLUSIVE": _undecided, "INVALID": _broken}
    return told[row["verdict"]](row)


def _broken(row: Row) -> str:
    return f"nothing was learned about “{_claim(row)}”: the instrument broke"


def _supported(row: Row) -> str:
    comparison = "comparison" if row["status"] in UNREGISTERED else "registered comparison"
    side = "beyond" if row["relation"] in ("higher", "lower") else "within"
    return f"the {comparison} gave {interval(row)}, {side} its margin of {row['margin']:g}: “{_claim(row)}”"


def _refuted(row: Row) -> str:
    low, high = row["low"], row["high"]
    way = 1 if row["relation"] == "higher" else -1
    if row["relation"] not in ("higher", "lower"):
        return f"“{_claim(row)}” does not hold: the difference was {interval(row)}"
    if min(way * low, way * high) > 0:
        found = f"{interval(row)} where {row['margin']:g} was claimed"
        return f"the effect was smaller than claimed, {found}: “{_claim(row)}”"
    if max(way * low, way * high) < 0:
        return f"“{_claim(row)}” does not hold: the effect had the other sign, {interval(row)}"
    return f"no effect as large as {row['margin']:g} was found, {interval(row)}: “{_claim(row)}” does not hold"


def _undecided(row: Row) -> str:
    found = f": {interval(row)}" if row["effect"] is not None else ""
    return f"the data do not decide whether “{_claim(row)}”{found}"


def _claim(row: Row) -> str:
    statement = str(row["statement"]).rstrip(".")
    return statement[:1].lower() + statement[1:] if not statement[1:2].isupper() else statement


def _standing(row: Row) -> str:
    status = row["status"]
    return f" ({status})." if status in UNREGISTERED or status == "amended" else "."


def left_open(row: Row, document: Document) -> list[str]:
    """What a row does not show, one sentence each: other models, rival explanations, ungrounded claims, the judge."""
    evidence = deciding(row)
    judge = evidence["judge"] if evidence else None
    told = [f"It says nothing of other {', '.join(_plural(name) for name in row['scope']['fixed'])}."]
    told += [f"Not ruled out: {rival}." for rival in open_rivals(row, document)]
    told += [f"Ungrounded: it rests on {ground}." for ground in ungrounded(row, document)]
    if judge and not judge["exact"] and not judge["calibrated"]:
        told.append(_of_the_judge(judge))
    if row["kind"] != "causal":
        told.append("It is a comparison without an intervention on the model: no cause inside it is shown.")
    elif not _costed(row, document):
        told.append("What the intervention does to other abilities was not measured.")
    return told


def _plural(factor: str) -> str:
    return factor if factor.endswith("s") else f"{factor}s"


def _of_the_judge(judge: Mapping[str, Any]) -> str:
    tipping = judge["tipping_point"]
    flips = "" if tipping is None else f"; arms whose errors differ by {tipping:.2g} would change the verdict"
    return f"The judge, {judge['name']}, is not calibrated against people{flips}."


def open_rivals(row: Row, document: Document) -> list[str]:
    """The rival explanations that no supported claim on the same model separates."""
    held = {one["id"] for one in document["rows"] if one["verdict"] == "SUPPORTED" and _same_model(one, row)}
    return [words for words, separated_by in row["registration"]["alternatives"] if separated_by not in held]


def _same_model(one: Row, other: Row) -> bool:
    return bool(one["model"]["name"] == other["model"]["name"])


def _costed(row: Row, document: Document) -> bool:
    """Whether some row measures what an intervention costs on the same model."""
    nouns = {one["noun"] for one in document["rows"] if _same_model(one, row)}
    nouns |= {control["noun"] for control in row["controls"]}
    return any("KL" in noun or "capability" in noun or "likelihood" in noun or "perplexity" in noun for noun in nouns)


def limits(document: Document) -> list[str]:
    """The limits that the scope of a run implies: models, factors, judges, what was left out."""
    rows = document["rows"]
    models = sorted({row["model"]["name"] for row in rows})
    told = [f"Tested on {plural(len(models), 'model')}: {', '.join(models)}."] if models else []
    fixed = sorted({name for row in rows for name in row["scope"]["fixed"]})
    if fixed:
        told.append(f"Fixed throughout, and not generalised over: {', '.join(fixed)}.")
    told += sorted({note for row in rows for note in row["scope"]["notes"]})
    loose = sum(row["status"] in UNREGISTERED for row in rows)
    if loose:
        told.append(f"{loose} of {plural(len(rows), 'row')} are exploratory or post hoc.")
    if document["not_run"]:
        told.append(f"{plural(len(document['not_run']), 'registered claim')} without a finding in this run.")
    return told


def checklist(document: Document) -> list[tuple[str, str]]:
    """Items of the REFORMS and NeurIPS checklists that lock and run answer; the answer is "" where they do not.

    References
    ----------
    Kapoor et al. (2024), REFORMS: Consensus-based recommendations for machine-learning-based science, Science Advances
    10, eadk3452; NeurIPS paper checklist (2024).
    """
    rows, lock = document["rows"], document["lock"]
    said = [row["registration"] for row in rows]
    reasons = sum(bool(one["margin_reason"]) for one in said)
    return [
        ("Hypotheses stated before the data",
         f"{lock['rows']} locked, anchor: {lock['anchor']}" if lock["rows"] else ""),
        ("Smallest effects of interest justified", f"{reasons} of {len(rows)}" if reasons else ""),
        ("Sample size justified", _joined(f"{one['planning_effect']:g}" for one in said if one["planning_effect"])),
        ("Data seen before registration", _joined(one["seen"] for one in said)),
        ("Exclusions", _joined(one["exclusions"] for one in said)),
        ("Stopping rule", _joined(one["stopping"] for one in said)),
        ("Error bars and how they were made", _joined(e["method"] for row in rows for e in row["predictions"])),
        ("Multiple comparisons", _multiplicity(document)),
        ("Baselines", f"{len(rows)} of {len(rows)} claims name one" if rows else ""),
        ("Rival explanations", f"{sum(bool(one['alternatives']) for one in said)} of {len(rows)} claims name some"
         if any(one["alternatives"] for one in said) else ""),
        ("Judges validated against people", _validated(rows)),
        ("Compute", f"{document['passes']['made']:,} passes made, {document['passes']['saved']:,} saved"),
        ("Versions, commit, seeds", f"Python {document['environment']['python']}, commit "
         f"{(document['environment']['commit'] or 'none')[:10]}; a seed in every row"),
        ("Broader impact", ""),
        ("Licences of models and data", ""),
    ]  # fmt: skip


def _joined(words: Any) -> str:
    return "; ".join(dict.fromkeys(word for word in words if word))


def _multiplicity(document: Document) -> str:
    return "; ".join(
        f"family {one['name']}: {one['headline']} headline, {one['secondary']} secondary "
        f"({one['expected_false']:g} SUPPORTED to expect among these if all were null)"
        for one in document["families"]
    )


def _validated(rows: Any) -> str:
    judges = {e["judge"]["name"]: e["judge"] for row in rows for e in row["predictions"] if e["judge"]}
    return _joined(f"{name}: {_known(judge)}" for name, judge in judges.items())


def _known(judge: Mapping[str, Any]) -> str:
    return "exact by construction" if judge["exact"] else "calibrated" if judge["calibrated"] else "not calibrated"


def forecast_score(document: Document) -> str:
    """How the researcher's forecasts did: Brier's score over the decided rows; "" where none were made.

    The score is the mean squared difference between forecast and outcome (Brier 1950): 0 is perfect, .25 is a coin.
    """
    made = [
        (row["registration"]["expected"], float(row["verdict"] == "SUPPORTED"))
        for row in document["rows"]
        if row["registration"]["expected"] is not None and row["verdict"] != "INVALID"
    ]
    if not made:
        return ""
    brier = sum((forecast - outcome) ** 2 for forecast, outcome in made) / len(made)
    mean, rate = sum(f for f, _ in made) / len(made), sum(o for _, o in made) / len(made)
    return f"Brier score {brier:.3f} over {plural(len(made), 'forecast')}: {mean:.2f} expected, {rate:.2f} came out"


def context(document: Document) -> str:
    """``context.md``: the facts of a run and no more, to be given to whoever, or whatever, helps to write it up."""
    lines = ["# What this run shows, and nothing else", ""]
    lines += ["Say no more than the sentences below. What has no row here was not tested.", ""]
    for row in document["rows"]:
        lines += [f"## {row['id']} on {row['model']['name']}: {row['verdict']}", "", licensed(row), ""]
        lines += [f"- {sentence}" for sentence in left_open(row, document)]
        lines.append("")
    lines += ["## Limits", "", *(f"- {limit}" for limit in limits(document))]
    missing = [f"- {one['id']} on {one['model']}: {one['why']}" for one in document["not_run"]]
    return "\n".join([*lines, *(["", "## Registered and without a finding", "", *missing] if missing else [])]) + "\n"


def summary(document: Document) -> str:
    """The one-page executive summary, in Markdown: headline claims first, their figures, and what is not ruled out."""
    rows = sorted(document["rows"], key=lambda row: not row["registration"]["headline"])
    headlines = [row for row in rows if row["registration"]["headline"]] or rows
    lines = ["# Summary", ""]
    for row in headlines:
        lines += [f"**{row['verdict']}** ({row['status']}): {row['sentence']} {interval(row)}", ""]
        lines += [f"- not ruled out: {rival}" for rival in open_rivals(row, document)] or ["- no rival was registered"]
        lines.append("")
    others = len(rows) - len(headlines)
    lines += [f"{plural(others, 'secondary claim')} besides." if others else "No secondary claims.", ""]
    lines += calibration_lines(document)
    lines += [f"- {limit}" for limit in limits(document)]
    return "\n".join(lines) + "\n"
