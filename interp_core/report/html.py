"""One self-contained page: the answer first, then a card for each claim. No script, nothing loaded from anywhere."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from interp_core.report import document as doc
from interp_core.report import numbers
from interp_core.report.document import Document, Row
from interp_core.report.plot import Plot, plot, scale_for
from interp_core.report.text import cut, visible

if TYPE_CHECKING:
    import jinja2

_SHOWN = 260  # bytes of a model's text before the reader asks for more
_MOST = 2_000  # bytes of it on the page at all; the whole text is in report.json
_BUDGET = 100_000  # bytes of model text on a whole page: 25 claims stay under 300 kB
_LEAST = 120
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
    return min(max(_BUDGET // max(texts, 1), _LEAST), _MOST)


def _in_table(row: Row, document: Document) -> Plot | None:
    """The row's plot, on one scale with all rows of its unit: their bars can be compared."""
    alike = [other for other in document["rows"] if other["unit"] == row["unit"]]
    return plot(row, scale_for(alike, _TABLE_PLOT))


def _in_card(evidence: Mapping[str, Any]) -> Plot | None:
    return plot(evidence, scale_for([evidence], _CARD_PLOT))
