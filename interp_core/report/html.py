"""One self-contained page: the answer first, then a card for each claim. No script, nothing loaded from anywhere."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from interp_core.report import calibration, heat, numbers, said
from interp_core.report import document as doc
from interp_core.report.document import Document, Row
from interp_core.report.grounds import grounds, ungrounded
from interp_core.report.heat import HeatMap
from interp_core.report.plot import Plot, Stack, histogram, plot, scale_for
from interp_core.report.response import Curve, dose_curve
from interp_core.report.space import Space, scatter
from interp_core.report.text import cut, visible

if TYPE_CHECKING:
    import jinja2

_SHOWN = 260  # bytes of a model's text before the reader asks for more
_PAGE = 290_000  # bytes of a page, as far as its examples can see to that
# Bytes of each text of a model, examples of each arm, points of each group of a scatter: the first that fit are taken.
_ROOMS = ((2_000, 5, 150), (500, 5, 100), (160, 5, 60), (500, 2, 60), (80, 2, 40), (80, 1, 20))
_TABLE_PLOT, _CARD_PLOT = 220, 420


def render_html(document: Document) -> str:
    """The report as one HTML page: identical documents give identical bytes."""
    for room in _ROOMS:
        page = _page(document, *room)
        if len(page.encode()) <= _PAGE:
            break
    return page


def _page(document: Document, most: int, draws: int, points: int) -> str:
    """The page with `draws` examples of each arm, `most` bytes of each text, `points` of each group of a scatter."""
    rows = document["rows"]
    template = environment().get_template("template.html.jinja")
    return template.render(
        document=document,
        rows=[(row, _in_table(row, document), cards) for row, cards in zip(rows, _drawn(rows, points), strict=True)],
        trees=grounds(document),
        ungrounded=ungrounded,
        most=most,
        draws=draws,
        doc=doc,
        numbers=numbers,
        shortened=shortened,
        card_plot=_in_card,
        said=said,
        calibration=calibration,
        requests_plot=_requests,
        curve=_curve,
    )


def shortened(text: str, most: int) -> dict[str, Any]:
    """A model's text in parts: what is shown, what a reader can open, and how many characters are left out."""
    seen = visible(text)
    shown, rest = cut(seen, min(_SHOWN, most))
    more, left_out = cut(rest, max(most - _SHOWN, 0))
    return {"shown": shown, "more": more, "left_out": len(left_out)}


@dataclass(frozen=True)
class Drawn:
    """What a card draws besides intervals.

    Attributes
    ----------
    heats : for each selection, its drawing, or None where an earlier card has it; that card's number; and in words.
    spaces, responses : the scatters and the dose-response curves.
    """

    heats: tuple[tuple[HeatMap | None, int, str], ...]
    spaces: tuple[Space, ...]
    responses: tuple[Curve, ...]


def _drawn(rows: Sequence[Row], points: int) -> list[Drawn]:
    """The drawings of every card; a selection that many claims share is drawn once for each model."""
    first: dict[str, int] = {}
    found = []
    for number, row in enumerate(rows, 1):
        heats = []
        for selection in row["drawings"]["selections"]:
            card = first.setdefault(json.dumps([row["model"], selection], sort_keys=True), number)
            drawn = heat.heat_map(selection) if card == number else None
            heats.append((drawn, card, drawn.alt if drawn else heat.chosen(selection)))
        spaces = tuple(scatter(one, most=points) for one in row["drawings"]["components"])
        responses = tuple(map(dose_curve, row["drawings"]["doses"]))
        found.append(Drawn(tuple(heats), spaces, responses))
    return found


@cache
def environment() -> "jinja2.Environment":
    """What renders the templates beside this module, every expression made visible and escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    # `finalize` sees every expression before it is escaped: no text reaches the page with its invisible parts.
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_seen,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _seen(value: Any) -> Any:
    return visible(value) if type(value) is str else value


def _in_table(row: Row, document: Document) -> Plot | None:
    """The row's plot, on one scale with all rows of its unit: their bars can be compared."""
    alike = [other for other in document["rows"] if other["unit"] == row["unit"]]
    scale = scale_for(alike, _TABLE_PLOT, baselines=map(_baseline, alike))
    return plot(row, scale, baseline=_baseline(row))


def _baseline(row: Row) -> numbers.Number:
    """Where the hollow marker stands: at what a control found the baseline to do by itself, else at zero."""
    evidence = doc.deciding(row)
    control = None if evidence is None else doc.of_the_baseline(row, evidence)
    return 0.0 if control is None else float(control["effect"])


def _requests(evidence: Mapping[str, Any]) -> Stack | None:
    """The effects of the single requests: what the mean is a mean of."""
    return histogram(evidence["differences"], width=_CARD_PLOT, height=48)


def _curve(row: Row) -> list[tuple[Mapping[str, Any], Plot | None]]:
    """The specification curve: every analysis by the size of its effect, on one scale."""
    cells = sorted(row["variants"]["analyses"]["cells"], key=lambda cell: cell["effect"])
    shared = {name: row[name] for name in ("margin", "relation", "unit")}
    drawn = [{**cell, **shared} for cell in cells]
    scale = scale_for(drawn, _TABLE_PLOT)
    return [(cell, plot(cell, scale)) for cell in drawn]


def _in_card(evidence: Mapping[str, Any], row: Row) -> Plot | None:
    control = doc.of_the_baseline(row, evidence)
    baseline = 0.0 if control is None else control["effect"]
    return plot(evidence, scale_for([evidence], _CARD_PLOT, baselines=[baseline]), baseline=baseline)
