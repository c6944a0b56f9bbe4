"""One of the report's drawings by itself, for a notebook."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from interp_core.report.heat import HeatMap, heat_map
from interp_core.report.html import environment
from interp_core.report.response import Curve, dose_curve
from interp_core.report.space import Space, scatter

Kind = Literal["heat", "space", "response"]
MOST = 150  # points of a group


@dataclass(frozen=True)
class Drawing:
    """A drawing that a notebook shows by itself and `print` puts in words.

    Attributes
    ----------
    svg : the drawing, on a light ground of its own.
    words : what it shows.
    """

    svg: str
    words: str

    def _repr_svg_(self) -> str:
        return self.svg

    def __str__(self) -> str:
        return self.words


def heat_drawing(selection: Mapping[str, Any]) -> Drawing:
    """A selection, as a row of `report.json` holds it."""
    return _alone("heat", heat_map(selection))


def space_drawing(components: Mapping[str, Any]) -> Drawing:
    """Prompts on two components, as a row of `report.json` holds them; raises ClaimError above six groups."""
    return _alone("space", scatter(components, most=MOST))


def response_drawing(response: Mapping[str, Any]) -> Drawing:
    """The response by dose, as a row of `report.json` holds it."""
    return _alone("response", dose_curve(response))


def _alone(kind: Kind, drawing: HeatMap | Space | Curve) -> Drawing:
    """A drawing as an SVG document with its own style, as the page draws it."""
    here = Path(__file__).parent
    style = "".join((here / name).read_text(encoding="utf-8") for name in ("alone.css", "drawings.css"))
    macro = getattr(environment().get_template("drawings.html.jinja").module, kind)
    return Drawing(str(macro(drawing, style)).strip(), drawing.alt)
