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
import difflib
import hashlib
import io
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
            have = sorted(f"{a} ({m})" for a, m in self.rows)
            close = difflib.get_close_matches(arm, [a for a, m in self.rows if m == measure], n=1, cutoff=0.8)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise NotApplicable(
                f"the recording {self.folder} has no arm {arm!r} of {measure!r}.{hint} It has: {', '.join(have)}."
            )
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


def read_recording(folder: Path) -> Recording:
    """Read a folder of recorded results; a folder whose files have not changed is read once.

    Raises
    ------
    RecordedError : naming file and line, for a folder without rows, a broken line, a missing column, a value that is
        no number or lies outside its declared bounds, and two rows for one prompt.
    """
    if not folder.is_dir():
        raise RecordedError(f"there is no folder {folder}. Write --model recorded:DIR with a folder of recorded rows.")
    stats = [(path.name, path.stat()) for path in [*_files(folder), *folder.glob("recording.json")]]
    return _read(folder, folder.resolve(), tuple((name, s.st_size, s.st_mtime_ns, s.st_ctime_ns) for name, s in stats))


@lru_cache(maxsize=8)
def _read(folder: Path, real: Path, _stamps: tuple[tuple[str, int, int, int], ...]) -> Recording:
    """The recording in `folder`; `real` and `_stamps` tell it from another folder, or another state of this one."""
    about = _about(folder)
    rows: dict[Key, dict[str, Record]] = {}
    for where, row in _rows(folder):
        key = (_text(row, "arm", where), str(row.get("measure") or "value"))
        record = _record(row, where)
        if rows.setdefault(key, {}).setdefault(record.id, record) is not record:
            raise RecordedError(
                f"the prompt {record.id!r} has a second row in the arm {key[0]!r}. Give each prompt one row an arm and "
                "measure.",
                where=where,
            )
    if not rows:
        raise RecordedError(f"{folder} holds no *.jsonl or *.csv rows. Each row needs id, arm, and value or output.")
    measures, arms = about.get("measures", {}), about.get("arms", {})
    _check_bounds(rows, measures, folder)
    name = str(about.get("model", folder.name or real.name))
    return Recording(folder, name, str(about.get("note", "")), rows, measures, arms, _sha256(folder))


def _about(folder: Path) -> dict[str, Any]:
    path = folder / "recording.json"
    if not path.is_file():
        return {}
    try:
        about = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise RecordedError(f"{path} is not JSON ({error}). Mend it, or take it away: it is optional.") from None
    if not isinstance(about, dict):
        raise RecordedError(f'{path} must hold a JSON object, as in {{"model": "gemma-2b-it"}}.')
    for key in ("measures", "arms"):
        _check_by_name(about.get(key, {}), key, path)
    for measure, declared in about.get("measures", {}).items():
        _check_declared(declared.get("bounds"), measure, path)
    return about


def _check_by_name(tree: Any, key: str, path: Path) -> None:
    if not isinstance(tree, dict) or not all(isinstance(about, dict) for about in tree.values()):
        example = '{"NAME": {"bounds": [0, 1]}}' if key == "measures" else '{"NAME": {"intervention": "TEXT"}}'
        raise RecordedError(f'"{key}" in {path} must hold an object for each name: {example}.')


def _check_declared(bounds: Any, measure: str, path: Path) -> None:
    if bounds is None:
        return
    numbers = isinstance(bounds, list) and len(bounds) == 2 and all(isinstance(b, int | float) for b in bounds)
    if not numbers or not math.isfinite(bounds[1] - bounds[0]) or bounds[0] >= bounds[1]:
        raise RecordedError(
            f"{path} gives {measure!r} the bounds {bounds!r}. Write the lowest and the highest value: [0, 1]."
        )


def _files(folder: Path) -> list[Path]:
    return sorted([*folder.glob("*.jsonl"), *folder.glob("*.csv")])


def _sha256(folder: Path) -> str:
    paths = [*_files(folder), *folder.glob("recording.json")]
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in paths)).hexdigest()


def _rows(folder: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for path in _files(folder):
        try:
            text = path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            raise RecordedError(f"{path} is not UTF-8 text ({error}). Save it as UTF-8.") from None
        if path.suffix == ".csv":
            yield from _csv_rows(text, path)
        else:
            # not splitlines(): JSON leaves U+2028 and its like as they are inside a text
            yield from (_json_row(line, f"{path}:{n}") for n, line in enumerate(text.split("\n"), 1) if line.strip())


def _csv_rows(text: str, path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))  # answers may be longer than the default, 131,072
    try:
        for row in reader:
            if None in row:
                raise RecordedError(
                    f"the row has more cells than the header. Quote texts that hold commas: {row[None]!r}.",
                    where=f"{path}:{reader.line_num}",
                )
            yield f"{path}:{reader.line_num}", row
    except csv.Error as error:
        raise RecordedError(
            f"this is not CSV ({error}). Put texts that hold commas, quotes or new lines in quotes, and write a quote "
            'inside them twice: "".',
            where=f"{path}:{reader.reader.line_num}",
        ) from None


def _json_row(line: str, where: str) -> tuple[str, Mapping[str, Any]]:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise RecordedError(
            f'this line is not JSON ({error.msg}): {line[:60]!r}. Write one object a line: {{"id": "...", ...}}.',
            where=where,
        ) from None
    if not isinstance(row, dict):
        raise RecordedError(f'expected a JSON object such as {{"id": "..."}}, got {line[:60]!r}.', where=where)
    return where, row


def _text(row: Mapping[str, Any], column: str, where: str) -> str:
    if row.get(column) in (None, ""):
        have = ", ".join(sorted(str(key) for key in row))
        raise RecordedError(f"the row has no {column!r}; its columns are: {have}.", where=where)
    return str(row[column])


def _record(row: Mapping[str, Any], where: str) -> Record:
    if "value" not in row and "output" not in row:
        raise RecordedError(
            f"the row has neither a 'value' (a number) nor an 'output' (an answer for a judge); its columns are: "
            f"{', '.join(sorted(row))}.",
            where=where,
        )
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
