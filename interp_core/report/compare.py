"""Two runs side by side: which verdicts moved, by how much, and what had changed."""

from collections.abc import Iterable

from interp_core.report.document import Document, Row
from interp_core.report.numbers import interval


def compare_reports(old: Document, new: Document) -> tuple[list[str], bool]:
    """Lines about every claim that differs between two runs, and whether a verdict moved."""
    before, after = _by_key(old), _by_key(new)
    lines, moved = [], False
    for key in sorted(before.keys() | after.keys()):
        told = list(_told(before.get(key), after.get(key)))
        moved |= any("was" in line for line in told[:1])
        lines += [f"{key[0]} on {key[1]}: {told[0]}", *(f"    {line}" for line in told[1:])] if told else []
    same = len(before.keys() & after.keys()) - sum(not line.startswith("    ") for line in lines)
    return [*lines, f"{max(same, 0)} claims as before"], moved


def _by_key(document: Document) -> dict[tuple[str, str, str], Row]:
    return {(row["id"], row["model"]["name"], row["model"]["dtype"]): row for row in document["rows"]}


def _told(old: Row | None, new: Row | None) -> Iterable[str]:
    if old is None or new is None:
        yield "only in the new run" if old is None else "only in the old run"
        return
    changed = _changed(old, new)
    if old["verdict"] != new["verdict"]:
        yield f"was {old['verdict']}, is {new['verdict']}"
    elif changed:
        yield f"{new['verdict']} as before"
    else:
        return
    yield f"effect: {interval(old)} before, {interval(new)} now"
    yield f"changed: {', '.join(changed) or 'nothing on record'}"


def _changed(old: Row, new: Row) -> list[str]:
    files = new["model"]["files"]
    changed = ["the claim itself, its measures or its judge"] * (old["digests"]["design"] != new["digests"]["design"])
    moved = [name for name in sorted(files) if old["model"]["files"].get(name) != files[name]]
    prompts = ["prompts"] * (old["digests"]["data"] != new["digests"]["data"] and not moved)
    return changed + moved + prompts
