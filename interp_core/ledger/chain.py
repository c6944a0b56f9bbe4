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
    lines: list[Line] = []
    previous = GENESIS
    for number, text in enumerate(_whole(path), 1):
        line = _parse(text, path, number)
        if not _follows(line, previous):
            raise LedgerError(
                f"{path}:{number}: this line was changed, or one before it was taken out: its hash does not follow. "
                "Restore the file from version control, or move it away to begin a new ledger."
            )
        previous = str(line["hash"])
        lines.append(line)
    return lines


def append(path: Path, payloads: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Add one line for each payload, under a lock, and make them durable; raises LedgerError for a broken chain.

    Returns
    -------
    The ledger's number of ``entries`` and the hash at its ``head``: whoever keeps them can tell when its end is gone.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        lines = read(path)
        file.write(_mend_end(path))
        previous, count = (str(lines[-1]["hash"]) if lines else GENESIS), len(lines)
        for payload in payloads:
            body = {**payload, "previous": previous}
            assert "hash" not in body, "the chain's own field"
            previous, count = digest(body), count + 1
            file.write(json.dumps({**body, "hash": previous}, sort_keys=True).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return {"entries": count, "head": previous if count else ""}


def _follows(line: Line, previous: str) -> bool:
    body = {key: value for key, value in line.items() if key != "hash"}
    try:
        return line.get("previous") == previous and line.get("hash") == digest(body)
    except ValueError:  # a number that no line of ours holds, such as NaN
        return False


def _whole(path: Path) -> list[bytes]:
    """The lines, without a last one that was cut off; one that lacks its newline alone is whole."""
    *whole, rest = path.read_bytes().split(b"\n") if path.exists() else [b""]
    return [*whole, rest] if _is_object(rest) else whole


def _mend_end(path: Path) -> bytes:
    """Drop a last line that was cut off; returns the newline that a whole one lacks, or nothing."""
    data = path.read_bytes()
    rest = data[data.rfind(b"\n") + 1 :]
    if _is_object(rest):
        return b"\n"
    os.truncate(path, len(data) - len(rest))
    return b""


def _is_object(text: bytes) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def _parse(text: bytes, path: Path, number: int) -> dict[str, Any]:
    if not _is_object(text):
        raise LedgerError(f"{path}:{number}: this line is no JSON object. Restore it from version control.")
    return dict(json.loads(text))
