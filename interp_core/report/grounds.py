"""What rests on what: the path from behaviour to mechanism as a forest, ungrounded claims marked."""

from collections.abc import Mapping
from dataclasses import dataclass

from interp_core.report.document import Document, Row

NOT_EVALUATED = "not evaluated"


@dataclass(frozen=True)
class Node:
    """A claim in the tree.

    Attributes
    ----------
    id : the claim's.
    number : of its card on the page; 0 where it has no finding.
    row : its finding; None where there is none.
    loose : the grounds that do not bear it, and what they are instead.
    above : the claims that rest on it.
    again : whether it was drawn already: what rests on it stands there.
    """

    id: str
    number: int
    row: Row | None
    loose: tuple[str, ...]
    above: tuple["Node", ...] = ()
    again: bool = False

    @property
    def verdict(self) -> str:
        """Its verdict, or that there is none."""
        return self.row["verdict"] if self.row else NOT_EVALUATED

    @property
    def words(self) -> str:
        """Its sentence, or its id where there is no finding."""
        return self.row["sentence"] if self.row else self.id


def grounds(document: Document) -> dict[str, list[Node]]:
    """The trees of each model, from the claims that rest on nothing to those that rest on them; {} without any."""
    models = dict.fromkeys(row["model"]["name"] for row in document["rows"])
    found = {model: _forest(document, model) for model in models}
    return {model: trees for model, trees in found.items() if trees}


def ungrounded(row: Row, document: Document) -> list[str]:
    """The claims that a row rests on and that do not bear it, with the reason.

    A ground bears what rests on it where it is SUPPORTED on the same model and is itself borne by its own grounds.
    """
    return _loose(row, _by_id(document, row["model"]["name"]), (row["id"],))


def _by_id(document: Document, model: str) -> dict[str, Row]:
    return {row["id"]: row for row in document["rows"] if row["model"]["name"] == model}


def _loose(row: Row, rows: Mapping[str, Row], path: tuple[str, ...]) -> list[str]:
    whys = ((ground, _why_not(ground, rows, path)) for ground in row["registration"]["rests_on"])
    return [f"{ground}, {why}" for ground, why in whys if why]


def _why_not(ground: str, rows: Mapping[str, Row], path: tuple[str, ...]) -> str:
    """Why a ground does not bear what rests on it; "" where it does."""
    if ground in path:
        return "which rests on it in turn"
    if ground not in rows:
        return f"which is {NOT_EVALUATED}"
    if rows[ground]["verdict"] != "SUPPORTED":
        return f"which is {rows[ground]['verdict']}"
    return "which is SUPPORTED but itself ungrounded" if _loose(rows[ground], rows, (*path, ground)) else ""


def _forest(document: Document, model: str) -> list[Node]:
    rows = _by_id(document, model)
    numbers = {row["id"]: i for i, row in enumerate(document["rows"], 1) if row["model"]["name"] == model}
    above: dict[str, list[str]] = {}
    for row in rows.values():
        for ground in row["registration"]["rests_on"]:
            above.setdefault(ground, []).append(row["id"])
    resting = {id_ for ids in above.values() for id_ in ids}
    drawn: set[str] = set()

    def node(id_: str) -> Node:
        row = rows.get(id_)
        loose = tuple(_loose(row, rows, (id_,))) if row else ()
        again = id_ in drawn
        drawn.add(id_)
        resting_on_it = () if again else tuple(node(one) for one in above.get(id_, ()))
        return Node(id_, numbers.get(id_, 0), row, loose, resting_on_it, again and id_ in above)

    roots = [node(id_) for id_ in above if id_ not in resting]
    # claims that rest on each other in a circle have no root: the first of them stands in its place
    return roots + [node(id_) for id_ in above if id_ not in drawn]
