"""Verification: does the record hold together, row by row, and what shows when it was made?"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from interp_core.errors import LedgerError
from interp_core.ledger.chain import read
from interp_core.ledger.lock import Lock, read_lock
from interp_core.ledger.stamp import read_stamp


@dataclass(frozen=True)
class Check:
    """One thing that was verified: what it is, whether it holds, and what was found."""

    name: str
    holds: bool
    found: str


def verify(ledger_path: Path, lock_path: Path, report: Mapping[str, Any] | None) -> list[Check]:
    """Walk the hash chain, the lock, and what ties them and the last report together; the first bad row is named.

    A chain shows that a line was changed or taken out. That its end was cut off shows only against something that
    still holds the hash at its end: the lock, or a report.
    """
    checks, lines = _ledger(ledger_path)
    more, lock = _lock(lock_path)
    checks += [*more, *_stamp(lock_path)]
    if lines is None or lock is None:
        return checks
    checks += _registered(lines, lock)
    heads = [("the lock", row["ledger"]["head"]) for row in lock.rows.values()]
    heads += [("report.json", report["ledger"]["head"])] if report else []
    return checks + _ends(lines, heads)


def _ledger(path: Path) -> tuple[list[Check], Sequence[Mapping[str, Any]] | None]:
    try:
        lines = read(path)
    except LedgerError as error:
        return [Check("ledger", False, str(error))], None
    return [Check("ledger", True, f"{len(lines)} lines, each following from the one before")], lines


def _lock(path: Path) -> tuple[list[Check], Lock | None]:
    try:
        lock = read_lock(path)
    except LedgerError as error:
        return [Check("lock", False, str(error))], None
    return [Check("lock", True, f"{len(lock.rows)} rows, every digest following from its fields")], lock


def _stamp(lock_path: Path) -> list[Check]:
    """Whether the time stamp beside the lock, if there is one, is over the lock as it stands."""
    try:
        stamp = read_stamp(lock_path)
    except (OSError, LedgerError) as error:
        return [Check("time stamp", False, str(error))]
    return [Check("time stamp", True, f"over the lock's exact bytes, {stamp}")] if stamp else []


def _registered(lines: Sequence[Mapping[str, Any]], lock: Lock) -> Iterable[Check]:
    """Whether the lock is the one that the ledger saw written last."""
    written = [line["lock"] for line in lines if line.get("kind") == "registration"]
    if not written and not lock.rows:
        return []
    if not written:
        return [Check("registration", False, "the ledger has no registration, and there is a lock: one was replaced")]
    if written[-1] != lock.digest:
        found = "the lock is not the one that was registered last: it was edited, or restored from another time"
        return [Check("registration", False, found)]
    return [Check("registration", True, f"the lock is the one registered last, of {len(written)}")]


def _ends(lines: Sequence[Mapping[str, Any]], heads: Iterable[tuple[str, str]]) -> list[Check]:
    """Whether every end of the ledger that something remembers is still in it."""
    there = {"", *(line["hash"] for line in lines)}
    gone = sorted({name for name, head in heads if head not in there})
    if gone:
        found = (
            f"{' and '.join(gone)} remember lines that the ledger no longer has: its end was cut off, or it is another"
        )
        return [Check("ledger's end", False, found)]
    return [Check("ledger's end", True, "every line that lock and report remember is there")]
