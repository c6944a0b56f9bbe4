"""What a finding may be called, given what was registered and what had been seen: it can only weaken."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from interp_core.ledger.lock import Lock, changes, differences
from interp_core.spec.registration import STATUSES

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Status:
    """A status and why it is no stronger.

    Attributes
    ----------
    name : one of `STATUSES`, from the strongest to the weakest.
    why : what weakened it, in a sentence; "" for a confirmatory finding.
    looks : how many different data the claim has been evaluated on with this model, this time included.
    """

    name: str
    why: str
    looks: int


def status_of(row: Row, lock: Lock, findings: Sequence[Row]) -> Status:
    """The status of a finding.

    Parameters
    ----------
    row : the finding, with its design and data and the fields behind them.
    lock : what is registered.
    findings : the findings on record before it, of all claims.
    """
    mine = [line for line in findings if line["claim"] == row["id"] and line["model"] == row["model"]["name"]]
    looks = len({line["digests"]["data"] for line in mine} | {row["digests"]["data"]})
    weakened = list(_weakened(row, lock, looks))
    name = max((name for name, _ in weakened), key=STATUSES.index, default="confirmatory")
    return Status(name, "; ".join(why for found, why in weakened if found == name), looks)


def _weakened(row: Row, lock: Lock, looks: int) -> Iterable[tuple[str, str]]:
    if row["peeked"]:
        yield "exploratory", "its values were looked at before it was predicted"
    locked = lock.rows.get((row["id"], row["model"]["name"]))
    if locked is None:
        yield "exploratory", _unlocked(row, lock)
        return
    if locked["data_seen"] and not locked["amended"]:
        yield "post hoc", "it was registered after findings on the same data"
    for step in locked["amended"]:
        found = differences(step["was"]["design_fields"], locked["design_fields"])
        seen = "after the data had been seen" if step["data_seen"] else "before the data were seen"
        yield "amended", f"{seen}, because {step['reason']}: {changes(found) or 'what was said about it'}"
    if row["digests"]["design"] != locked["design"]:
        found = differences(locked["design_fields"], row["fields"]["design"])
        yield "exploratory", f"it differs from the lock in {changes(found)}"
    said = differences(locked["registration"], {name: row["registration"].get(name) for name in locked["registration"]})
    if said:
        yield "amended", f"what is said about it differs from the lock, and was not registered: {changes(said)}"
    if row["digests"]["data"] != locked["data"]:
        found = differences(locked["data_fields"], row["fields"]["data"])
        yield "replication", f"new data: {kinds_of_data(name for name, *_ in found)}"
    if looks > locked["registration"]["looks"]:
        yield "replication", f"look {looks}, and {locked['registration']['looks']} registered"


def _unlocked(row: Row, lock: Lock) -> str:
    if not lock.rows:
        return "nothing is registered"
    return "it is not registered" if row["id"] not in lock.ids() else "it is not registered on this model"


def kinds_of_data(paths: Iterable[str]) -> str:
    """What kinds of data changed: prompts, model, tokenizer, template."""
    named = dict.fromkeys(_kind(path) for path in paths)
    return ", ".join(named) or "none"


def _kind(path: str) -> str:
    first, *rest = path.split(".")
    return (rest[0] if rest else "model") if first == "model" else "prompts"
