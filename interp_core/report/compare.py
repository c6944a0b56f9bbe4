"""Two runs side by side: which verdicts moved, by how much, and what had changed."""

from collections.abc import Iterable

from interp_core.report.document import Document, Row
from interp_core.report.numbers import interval, plural


def compare_reports(old: Document, new: Document) -> tuple[list[str], bool]:
    """Lines about every claim that differs between two runs, and whether a verdict moved."""
    before, after = _by_key(old), _by_key(new)
    told = {key: list(_told(before.get(key), after.get(key))) for key in sorted(before.keys() | after.keys())}
    lines = [
        line
        for (id_, model, _), (first, *rest) in ((key, found) for key, found in told.items() if found)
        for line in (f"{id_} on {model}: {first}", *(f"    {more}" for more in rest))
    ]
    moved = any(before[key]["verdict"] != after[key]["verdict"] for key in before.keys() & after.keys())
    same = sum(not found for found in told.values())
    return [*lines, f"{plural(same, 'claim')} as before"], moved


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
    prompts = [changed_prompts(new)] * (old["digests"]["data"] != new["digests"]["data"] and not moved)
    return changed + moved + prompts


def changed_prompts(row: Row) -> str:
    """That prompts changed, and the names of some that the row's run met anew: others may have been met before it."""
    names = row["cost"].get("changed")  # reports of before have none
    return f"prompts (among them {', '.join(names)})" if names else "prompts"
