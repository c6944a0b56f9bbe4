"""The ledger: an append-only file of findings in which each line holds the hash of the one before.

A hash chain shows that a line was changed or taken out afterwards; it carries no time and proves none.
"""

import fcntl
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from interp_core.errors import LedgerError
from interp_core.spec.identity import digest

GENESIS = "0" * 64
Line = Mapping[str, Any]


def read(path: Path) -> list[Line]:
    """All whole lines, oldest first, with the chain verified; an empty list where there is no file.

    A last line that was cut off by a killed run is left out: it was never a whole finding.

    Raises
    ------
    LedgerError : naming the first line whose hash does not follow from the one before.
    """
    if not path.exists():
        return []
    lines: list[Line] = []
    previous = GENESIS
    for number, text in enumerate(_whole_lines(path), 1):
        line = _parse(text, path, number)
        body = {key: value for key, value in line.items() if key != "hash"}
        if line.get("previous") != previous or line.get("hash") != digest(body):
            raise LedgerError(
                f"{path}:{number}: this line was changed, or one before it was taken out: its hash does not follow. "
                "Restore the file from version control, or move it away to begin a new ledger."
            )
        previous = str(line["hash"])
        lines.append(line)
    return lines


def append(path: Path, payloads: Iterable[Mapping[str, Any]]) -> None:
    """Add one line for each payload, under a lock, and make them durable; raises LedgerError for a broken chain."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        lines = read(path)
        _drop_cut_off_line(path)
        previous = str(lines[-1]["hash"]) if lines else GENESIS
        for payload in payloads:
            body = {**payload, "previous": previous}
            previous = digest(body)
            file.write(json.dumps({**body, "hash": previous}, sort_keys=True).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def _whole_lines(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8")
    return text[: text.rfind("\n") + 1].splitlines()


def _drop_cut_off_line(path: Path) -> None:
    data = path.read_bytes()
    whole = data.rfind(b"\n") + 1
    if whole < len(data):
        os.truncate(path, whole)


def _parse(text: str, path: Path, number: int) -> dict[str, Any]:
    try:
        return dict(json.loads(text))
    except (json.JSONDecodeError, ValueError, TypeError):
        raise LedgerError(f"{path}:{number}: this line is no JSON object. Restore it from version control.") from None
