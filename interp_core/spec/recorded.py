"""Results recorded elsewhere: completions, labels or per-prompt numbers, as JSONL or CSV.

A recording is a folder. Its rows, in any number of ``*.jsonl`` and ``*.csv`` files, have the columns

- ``id`` (the request; the same id in two arms pairs them),
- ``arm`` (which condition),
- ``value`` (a number, empty where the measurement failed) or ``output`` (a completion for a judge),
- optionally ``measure`` (which quantity; ``value`` by default), ``frame`` and ``prompt`` (the text, for examples).

An optional ``recording.json`` says what they are: ``{"model": NAME, "note": TEXT, "measures": {NAME: {"unit": "",
"bounds": [0, 1]}}, "arms": {NAME: {"intervention": TEXT}}}``.
"""

import csv
import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from interp_core.errors import NotApplicable, RecordedError
from interp_core.spec.prompts import Prompt, PromptSet

Bounds = tuple[float, float]


@dataclass(frozen=True)
class Record:
    """One row: a number or an output (or neither, where the measurement failed) of one prompt in one arm."""

    request: str
    frame: str
    value: float | None
    output: str | None
    prompt: str

    @property
    def id(self) -> str:
        """The prompt's id, as `Prompt.id`."""
        return f"{self.request}/{self.frame}" if self.frame else self.request


Key = tuple[str, str]  # arm, measure


@dataclass(frozen=True)
class Recording:
    """The rows of a folder by arm and measure, and what the folder says of itself."""

    folder: Path
    name: str
    note: str
    rows: Mapping[Key, Mapping[str, Record]] = field(repr=False)
    measures: Mapping[str, Mapping[str, Any]]
    arms: Mapping[str, Mapping[str, Any]]
    sha256: str

    def arm(self, arm: str, measure: str) -> Mapping[str, Record]:
        """The records of an arm by prompt id; raises NotApplicable where the recording has no such arm."""
        if (arm, measure) not in self.rows:
            have = ", ".join(sorted(f"{a} ({m})" for a, m in self.rows))
            raise NotApplicable(f"the recording {self.folder} has no arm {arm!r} of {measure!r}. It has: {have}.")
        return self.rows[arm, measure]

    def prompts(self, arm: str, measure: str) -> PromptSet:
        """The prompts of an arm, for pairing and for examples."""
        records = self.arm(arm, measure).values()
        prompts = tuple(Prompt(r.request, r.prompt, frame=r.frame, fields=(("text", r.prompt),)) for r in records)
        return PromptSet(self.name, prompts, split="test")

    def bounds(self, measure: str) -> Bounds | None:
        """The bounds that recording.json declares for a measure."""
        declared = self.measures.get(measure, {}).get("bounds")
        return (float(declared[0]), float(declared[1])) if declared else None

    def unit(self, measure: str) -> str:
        """The unit that recording.json declares for a measure."""
        return str(self.measures.get(measure, {}).get("unit", ""))

    def intervention(self, arm: str) -> str:
        """What recording.json says was done to the model in an arm; "" for nothing."""
        return str(self.arms.get(arm, {}).get("intervention", ""))


@lru_cache(maxsize=8)
def read_recording(folder: Path) -> Recording:
    """Read a folder of recorded results.

    Raises
    ------
    RecordedError : naming file and line, for a folder without rows, a broken line, a missing column, a value that is
        no number or lies outside its declared bounds, and two rows for one prompt.
    """
    if not folder.is_dir():
        raise RecordedError(f"there is no folder {folder}. Write --model recorded:DIR with a folder of recorded rows.")
    about = _about(folder)
    rows: dict[Key, dict[str, Record]] = {}
    for where, row in _rows(folder):
        key = (_text(row, "arm", where), str(row.get("measure") or "value"))
        record = _record(row, where)
        if rows.setdefault(key, {}).setdefault(record.id, record) is not record:
            raise RecordedError(f"the prompt {record.id!r} has a second row in the arm {key[0]!r}.", where=where)
    if not rows:
        raise RecordedError(f"{folder} holds no *.jsonl or *.csv rows. Each row needs id, arm, and value or output.")
    _check_bounds(rows, about.get("measures", {}), folder)
    name = str(about.get("model", folder.name))
    note = str(about.get("note", ""))
    return Recording(folder, name, note, rows, about.get("measures", {}), about.get("arms", {}), _sha256(folder))


def _about(folder: Path) -> dict[str, Any]:
    path = folder / "recording.json"
    if not path.is_file():
        return {}
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (json.JSONDecodeError, ValueError, TypeError) as error:
        raise RecordedError(f"{path} is not a JSON object ({error}).") from None


def _files(folder: Path) -> list[Path]:
    return sorted([*folder.glob("*.jsonl"), *folder.glob("*.csv")])


def _sha256(folder: Path) -> str:
    paths = [*_files(folder), *folder.glob("recording.json")]
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in paths)).hexdigest()


def _rows(folder: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for path in _files(folder):
        if path.suffix == ".csv":
            with path.open(encoding="utf-8", newline="") as file:
                yield from ((f"{path}:{number}", row) for number, row in enumerate(csv.DictReader(file), 2))
        else:
            lines = path.read_text(encoding="utf-8").splitlines()
            yield from (_json_row(line, f"{path}:{n}") for n, line in enumerate(lines, 1) if line.strip())


def _json_row(line: str, where: str) -> tuple[str, Mapping[str, Any]]:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise RecordedError(f"this line is not JSON ({error.msg}): {line[:60]!r}.", where=where) from None
    if not isinstance(row, dict):
        raise RecordedError(f"expected a JSON object, got {line[:60]!r}.", where=where)
    return where, row


def _text(row: Mapping[str, Any], column: str, where: str) -> str:
    if row.get(column) in (None, ""):
        have = ", ".join(sorted(str(key) for key in row))
        raise RecordedError(f"the row has no {column!r}; its columns are: {have}.", where=where)
    return str(row[column])


def _record(row: Mapping[str, Any], where: str) -> Record:
    if "value" not in row and "output" not in row:
        raise RecordedError("the row has neither a 'value' nor an 'output'.", where=where)
    output = row.get("output")
    return Record(
        request=_text(row, "id", where),
        frame=str(row.get("frame") or ""),
        value=_number(row.get("value"), where),
        output=None if output is None else str(output),
        prompt=str(row.get("prompt") or ""),
    )


def _number(value: Any, where: str) -> float | None:
    if value is None or value == "":
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise RecordedError(f"value={value!r} is no finite number. Leave it empty where it is missing.", where=where)
    return number


def _check_bounds(
    rows: Mapping[Key, Mapping[str, Record]], measures: Mapping[str, Mapping[str, Any]], folder: Path
) -> None:
    for (arm, measure), records in rows.items():
        declared = measures.get(measure, {}).get("bounds")
        low, high = declared or (-math.inf, math.inf)
        outside = [
            record for record in records.values() if record.value is not None and not low <= record.value <= high
        ]
        if outside:
            raise RecordedError(
                f"{folder}: {outside[0].id!r} in the arm {arm!r} has the {measure} {outside[0].value}, outside the "
                f"bounds {declared} of recording.json. Mend the value or the bounds."
            )
