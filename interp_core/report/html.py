"""One self-contained page: the answer first, then a card for each claim. No script, nothing loaded from anywhere."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from interp_core.report import document as doc
from interp_core.report import numbers, said
from interp_core.report.document import Document, Row
from interp_core.report.plot import Plot, Stack, histogram, plot, scale_for
from interp_core.report.text import cut, visible

if TYPE_CHECKING:
    import jinja2

_SHOWN = 260  # bytes of a model's text before the reader asks for more
_MOST = 2_000  # bytes of it on the page at all; the whole text is in report.json
# Bytes of model text on a whole page: what its cards leave, so that 25 claims stay under 300 kB.
_PAGE, _CARD = 240_000, 8_000
_BUDGET = 40_000  # but no less than this
_LEAST = 80
_TABLE_PLOT, _CARD_PLOT = 220, 420


def render_html(document: Document) -> str:
    """The report as one HTML page: identical documents give identical bytes."""
    template = _environment().get_template("template.html.jinja")
    return template.render(
        document=document,
        rows=[(row, _in_table(row, document)) for row in document["rows"]],
        most=_room(document),
        doc=doc,
        numbers=numbers,
        shortened=shortened,
        card_plot=_in_card,
        said=said,
        requests_plot=_requests,
        curve=_curve,
    )


def shortened(text: str, most: int) -> dict[str, Any]:
    """A model's text in parts: what is shown, what a reader can open, and how many characters are left out."""
    seen = visible(text)
    shown, rest = cut(seen, min(_SHOWN, most))
    more, left_out = cut(rest, max(most - _SHOWN, 0))
    return {"shown": shown, "more": more, "left_out": len(left_out)}


@cache
def _environment() -> "jinja2.Environment":
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


def _room(document: Document) -> int:
    """Bytes for each text of a model, so that the whole page stays small."""
    texts = sum(2 * len(arm["draws"]) for row in document["rows"] for arm in row["examples"])
    budget = max(_PAGE - _CARD * len(document["rows"]), _BUDGET)
    return min(max(budget // max(texts, 1), _LEAST), _MOST)


def _in_table(row: Row, document: Document) -> Plot | None:
    """The row's plot, on one scale with all rows of its unit: their bars can be compared."""
    alike = [other for other in document["rows"] if other["unit"] == row["unit"]]
    return plot(row, scale_for(alike, _TABLE_PLOT))


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


def _in_card(evidence: Mapping[str, Any]) -> Plot | None:
    return plot(evidence, scale_for([evidence], _CARD_PLOT))
