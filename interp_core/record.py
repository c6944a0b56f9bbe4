"""What a run leaves behind: findings set against lock and ledger, the ledger's new lines, and the report document.

Only the controller of a run comes here: there is one writer.
"""

import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from interp_core import ledger
from interp_core.errors import LedgerError
from interp_core.hardware import described

Row = dict[str, Any]
Line = Mapping[str, Any]
PACKAGES = ("interp-claims", "numpy", "scipy", "torch", "transformers", "nnsight", "pytest")
KEPT = (
    "verdict", "reason", "effect", "low", "high", "alpha", "relation", "margin", "unit", "n", "seed", "status",
    "status_why", "looks",
    "digests", "registration", "cost",
)  # fmt: skip


@dataclass(frozen=True)
class Past:
    """What was on record when a run began.

    Attributes
    ----------
    lines : the ledger's, oldest first.
    lock : what is registered.
    """

    lines: Sequence[Line]
    lock: ledger.Lock

    @property
    def findings(self) -> list[Line]:
        """The lines that are findings."""
        return [line for line in self.lines if line.get("kind", "finding") == "finding"]

    @property
    def models(self) -> set[str]:
        """The names of the models that were registered or evaluated."""
        return {str(line["model"]) for line in self.findings} | {model for _, model in self.lock.rows}

    @property
    def head(self) -> Row:
        """The ledger's length and last hash: what a later look at the ledger must still contain."""
        return {"entries": len(self.lines), "head": self.lines[-1]["hash"] if self.lines else ""}


def concluded(rows: Sequence[Row], past: Past) -> list[Row]:
    """The rows with status, looks, the verdict that each moved from, and adjusted p-values."""
    from interp_core.evaluate import adjusted

    return adjusted([_concluded(row, past) for row in rows])


def _concluded(row: Row, past: Past) -> Row:
    status = ledger.status_of(row, past.lock, past.findings)
    kept = {name: value for name, value in row.items() if name not in ("fields", "peeked")}
    last = next((line for line in reversed(past.findings) if _same(line, row)), None)
    return {
        **kept,
        "status": status.name,
        "status_why": status.why,
        "looks": status.looks,
        "moved_from": _moved(row, last),
        "moved_why": _why(row, last),
        "deviations": [_deviation(line) for line in past.lines if _deviates(line, row)],
    }


def _same(line: Line, row: Row) -> bool:
    model = row["model"]
    return bool(line["claim"] == row["id"] and line["model"] == model["name"] and line.get("dtype") == model["dtype"])


def _moved(row: Row, last: Line | None) -> str | None:
    before = str(row["known"] or (last and last["verdict"]) or row["verdict"]).upper()
    return before if before != row["verdict"] else None


def _why(row: Row, last: Line | None) -> list[str]:
    """What changed since the last finding: the claim itself, its prompts, the model's files."""
    from interp_core.report import changed_prompts

    if last is None:
        return []
    changed = ["the claim itself"] * (last["digests"]["design"] != row["digests"]["design"])
    files = [name for name, value in row["model"]["files"].items() if last["files"].get(name) != value]
    changed += files
    if last["digests"]["data"] != row["digests"]["data"] and not files:
        changed.append(changed_prompts(row))
    return changed


def _deviates(line: Line, row: Row) -> bool:
    return bool(line.get("kind") == "deviation" and line["claim"] == row["id"])


def _deviation(line: Line) -> Row:
    return {name: line[name] for name in ("when", "cause", "what", "severity", "validity")}


def run_line(document: Mapping[str, Any]) -> Row:
    """The ledger's line about a run: where, what was selected, what it cost."""
    kept = {name: document[name] for name in ("selection", "environment", "passes")}
    missing = [[entry["id"], entry["model"], entry["outcome"]] for entry in document["not_evaluated"]]
    return {"kind": "run", "when": document["created"], "lock": document["lock"]["digest"], "missing": missing, **kept}


def finding_line(row: Row, when: str) -> Row:
    """The ledger's line about a finding."""
    model = row["model"]
    about = {"claim": row["id"], "model": model["name"], "dtype": model["dtype"], "files": model["files"]}
    return {"kind": "finding", "when": when, **about, **{name: row[name] for name in KEPT}}


def registration_line(lock: ledger.Lock, told: Sequence[str]) -> Row:
    """The ledger's line about a registration: which rows, and the digest of the whole lock after it."""
    return {"kind": "registration", "when": now(), "lock": lock.digest, "rows": list(told)}


def to_register(rows: Sequence[Row], past: Past) -> list[Row]:
    """Rows of the lock with what only the record knows: whether their data had been evaluated before.

    Under whatever name: a claim or a model that is called otherwise now has been seen all the same.
    """
    seen = {line["digests"]["data"] for line in past.findings}
    return [
        {
            **{name: value for name, value in row.items() if name not in ("warnings", "told")},
            "data_seen": row["data"] in seen,
            "ledger": past.head,
        }
        for row in rows
    ]


def now() -> str:
    """The time, in UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class Run:
    """What was run: the selection, what was not evaluated, the device and where the lock is."""

    selection: Mapping[str, Any]
    not_evaluated: Sequence[Mapping[str, Any]]
    device: str
    lock_path: Path


def document(rows: Sequence[Row], past: Past, run: Run) -> Row:
    """The report of a run, as JSON: the source of every other form."""
    from interp_core.evaluate import families, over_models
    from interp_core.store import Passes

    total = Passes()
    for row in rows:
        total.add(row["cost"])
    return {
        "schema": 1,
        "created": now(),
        "selection": dict(run.selection),
        "environment": environment(run.device),
        "lock": about_lock(past.lock, run.lock_path),
        "ledger": past.head,
        "passes": total.tree(),
        "rows": sorted(rows, key=_place),
        "families": families(rows),
        "over_models": over_models(rows),
        "calibration": ledger.calibration([*past.findings, *(finding_line(row, "") for row in rows)], past.lock),
        "not_run": not_run(past.lock, rows, run.not_evaluated),
        "not_evaluated": sorted(run.not_evaluated, key=lambda entry: (entry["id"], entry["model"])),
    }


def about_lock(lock: ledger.Lock, path: Path) -> Row:
    """The lock's digest, its number of rows, and what anchors it in time."""
    return {"digest": lock.digest, "rows": len(lock.rows), "anchor": anchored(path) if lock.rows else "none"}


def not_run(lock: ledger.Lock, rows: Sequence[Row], not_evaluated: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Registered claims that this run has no finding of."""
    found = {(row["id"], row["model"]["name"]) for row in rows}
    why = {(entry["id"], entry["model"]): entry["outcome"] for entry in not_evaluated}
    return [
        {"id": id_, "model": model, "sentence": row["sentence"], "why": why.get((id_, model), "not selected")}
        for (id_, model), row in sorted(lock.rows.items())
        if (id_, model) not in found
    ]


def anchored(path: Path) -> str:
    """What shows when a lock was written: what version control says, and the time stamp beside it."""
    where = anchor(path)
    try:
        stamp = ledger.read_stamp(path)
    except (OSError, LedgerError):
        return f"{where}; the time stamp beside it is not confirmed (claims verify says why)"
    if stamp is None:
        return where
    return str(stamp) if where == "none" else f"{where}; {stamp}"


def anchor(path: Path) -> str:
    """What shows that a file is no younger than it says: none, a local commit, a pushed commit or a signed tag.

    A commit's own date proves nothing; what counts is who else has it.
    """
    where = ("-C", str(path.parent))
    commit = _git(*where, "log", "-1", "--format=%H", "--", path.name)
    if not commit or _git(*where, "status", "--porcelain", "--", path.name) != "":
        return "none"
    if _git(*where, "branch", "-r", "--contains", commit):
        return f"pushed commit {commit[:10]}"
    tags = (_git(*where, "tag", "--contains", commit) or "").split()
    signed = [tag for tag in tags if _git(*where, "tag", "-v", tag) is not None]
    return f"signed tag {signed[0]}" if signed else f"local commit {commit[:10]}"


def environment(device: str) -> Row:
    """What the run ran on: versions, device, commit."""
    commit = _git("rev-parse", "HEAD")
    dirty = _git("status", "--porcelain", "--untracked-files=no")
    return {
        "python": platform.python_version(),
        "packages": {name: found for name in PACKAGES if (found := _version(name))},
        "device": described(device),
        "commit": commit or None,
        "dirty": None if dirty is None else bool(dirty),
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _place(row: Row) -> tuple[str, int, str, str]:
    path, _, line = row["where"].rpartition(":")
    return path, int(line), row["id"], row["model"]["name"]
