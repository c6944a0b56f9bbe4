"""The lock: what was registered before the data, one row of canonical JSON for each claim and model, meant for git.

A row holds the digests of design and data with every field behind them, so that a change is named field by field. It
carries no time: what it proves about order is only what version control, or a signature over it, proves.
"""

import json
import os
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from interp_core.errors import LedgerError
from interp_core.spec.identity import Tree, canonical, digest
from interp_core.spec.registration import MOST_HEADLINES

HEADER = {"interp-claims lock": 1}
SEAL = "sha256"
Row = Mapping[str, Any]
Key = tuple[str, str]
# What a row says beside the two digests; a change of these is an amendment too, of what was said rather than done.
SAID = ("registration",)


@dataclass(frozen=True)
class Lock:
    """The rows of a lock, by claim id and model name; empty where there is no file."""

    rows: Mapping[Key, Row] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """SHA-256 over all rows; "" of an empty lock."""
        return digest([self.rows[key] for key in sorted(self.rows)]) if self.rows else ""

    def headlines(self, family: str) -> set[str]:
        """The ids of a family's headline claims."""
        return {
            row["claim"]
            for row in self.rows.values()
            if row["registration"]["headline"] and row["registration"]["family"] == family
        }

    def ids(self) -> set[str]:
        """Every claim id."""
        return {row["claim"] for row in self.rows.values()}


def key_of(row: Row) -> Key:
    """A row's claim id and model name."""
    return row["claim"], row["model"]["name"]


def read_lock(path: Path) -> Lock:
    """The lock in a file, every digest checked against the fields behind it.

    Raises
    ------
    LedgerError : naming the first line that is no row, or whose digest does not follow from its fields.
    """
    if not path.exists():
        return Lock()
    lines = path.read_text(encoding="utf-8").splitlines()
    if not lines or _json(lines[0], path, 1) != HEADER:
        raise LedgerError(f"{path}:1: no lock of this version begins so. Restore it from version control.")
    rows = [_checked(_json(line, path, number), path, number) for number, line in enumerate(lines[1:], 2)]
    twice = [key for key, count in Counter(map(key_of, rows)).items() if count > 1]
    if twice:
        raise LedgerError(f"{path}: {twice[0][0]!r} on {twice[0][1]} is locked twice. Keep the row that git has.")
    return Lock({key_of(row): row for row in rows})


def write_lock(path: Path, lock: Lock) -> None:
    """Replace the file as a whole."""
    lines = [canonical(HEADER), *(canonical(_sealed(lock.rows[key])) for key in sorted(lock.rows))]
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
        file.write("\n".join(lines) + "\n")
    Path(temporary).chmod(0o644)
    Path(temporary).replace(path)


@dataclass(frozen=True)
class Registered:
    """What registering did: the new lock, and a sentence for each row."""

    lock: Lock
    told: tuple[str, ...]


def register(lock: Lock, rows: Iterable[Row], *, reason: str) -> Registered:
    """The lock with `rows` registered; a row that changed is amended, and its old form kept in it.

    Raises
    ------
    LedgerError : a row changed and no reason is given; a family has too many headlines, or was closed without them.
    """
    rows = list(rows)
    _check_headlines(lock, rows)
    merged, told = dict(lock.rows), []
    for row in rows:
        old = merged.get(key_of(row))
        merged[key_of(row)], sentence = (row, "registered") if old is None else _amended(old, row, reason)
        told.append(f"{row['claim']} on {row['model']['name']}: {sentence}")
    return Registered(Lock(merged), tuple(told))


def _check_headlines(lock: Lock, rows: Sequence[Row]) -> None:
    families = {row["registration"]["family"] for row in rows if row["registration"]["headline"]}
    for family in sorted(families):
        before, given = lock.headlines(family), Lock({key_of(row): row for row in rows}).headlines(family)
        if before and not given <= before:
            new = sorted(given - before)
            raise LedgerError(
                f"the family {family!r} was closed with {len(before)} headline claims when it was registered, and "
                f"{new[0]!r} is none of them: it would change the share of alpha that the others were judged at. Give "
                "it a family of its own: family='followup'."
            )
        if len(given) > MOST_HEADLINES:
            raise LedgerError(
                f"the family {family!r} has {len(given)} headline claims: {', '.join(sorted(given))}. At most "
                f"{MOST_HEADLINES} share alpha; leave headline=True on those that the write-up leads with."
            )


def _amended(old: Row, row: Row, reason: str) -> tuple[Row, str]:
    changed = differences(_compared(old), _compared(row))
    if not changed:
        return old, "as registered"
    if not any(name.startswith(("design_fields", *SAID)) for name, *_ in changed):
        return {**row, "amended": old["amended"]}, "registered on new data, with the same design"
    if not reason.strip():
        raise LedgerError(
            f"{row['claim']} on {row['model']['name']} differs from the lock in {changes(changed)}. A registered claim "
            "is amended, never overwritten: say why with --claims-reason '...', and the old row is kept beside the new."
        )
    kept = {name: value for name, value in old.items() if name != "amended"}
    step = {"reason": reason, "data_seen": row["data_seen"], "was": kept}
    return {**row, "amended": [*old["amended"], step]}, f"amended ({changes(changed)})"


def _compared(row: Row) -> Tree:
    return {name: row[name] for name in ("design_fields", "data_fields", *SAID)}


Change = tuple[str, Tree, Tree]


def differences(old: Tree, new: Tree, *, at: str = "") -> list[Change]:
    """Every leaf in which two trees differ: its path, and its value in each; None where one lacks it."""
    if isinstance(old, dict) and isinstance(new, dict):
        names = sorted(set(old) | set(new))
        return [c for name in names for c in differences(old.get(name), new.get(name), at=_join(at, name))]
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return [c for i, pair in enumerate(zip(old, new, strict=True)) for c in differences(*pair, at=_join(at, i))]
    return [] if old == new else [(at, old, new)]


def changes(found: Sequence[Change], *, most: int = 4) -> str:
    """Differences in words: ``predictions.0.margin (0.25, now 0.2)``."""
    told = [f"{_short(name)} ({_value(old)}, now {_value(new)})" for name, old, new in found[:most]]
    more = f" and {len(found) - most} more" if len(found) > most else ""
    return ", ".join(told) + more


def _short(name: str) -> str:
    return name.removeprefix("design_fields.").removeprefix("data_fields.")


def _value(value: Tree) -> str:
    text = value if isinstance(value, str) else canonical(value)
    return f"{text[:40]}…" if len(text) > 40 else text


def _join(at: str, name: object) -> str:
    return f"{at}.{name}" if at else str(name)


def _json(line: str, path: Path, number: int) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        raise LedgerError(f"{path}:{number}: this line is no JSON. Restore it from version control.") from None


def _checked(line: Any, path: Path, number: int) -> Row:
    row = {name: value for name, value in line.items() if name != SEAL} if isinstance(line, dict) else {}
    whole = bool(row) and line.get(SEAL) == digest(row)
    if not whole or any(row[name] != digest(row[f"{name}_fields"]) for name in ("design", "data")):
        raise LedgerError(
            f"{path}:{number}: the row of {row.get('claim', 'no claim')!r} was changed by hand: its digests do not "
            "follow from its fields. Restore the file from version control, or amend the claim: "
            "pytest claims/ --claims-register --claims-reason '...'."
        )
    return row


def _sealed(row: Row) -> Row:
    """A row with the digest of itself, so that a changed field is found without the ledger."""
    return {**row, SEAL: digest(row)}
