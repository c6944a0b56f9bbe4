"""The report's drawings in a notebook, of what a bench and its `Reader` find: exploration, without a verdict.

Each is shown by Jupyter as it stands in the report, `print` puts it in words, and `.svg` is the drawing's source.
"""

from interp_core.bench.selecting import Selection
from interp_core.evaluate.doses import DoseResponse
from interp_core.evaluate.reader import TypesInSpace
from interp_core.report import Drawing, heat_drawing, response_drawing, space_drawing

__all__ = ["curve", "heat_map", "scatter"]


def heat_map(selection: Selection) -> Drawing:
    """Layers by positions of a selection: ``heat_map(bench.selection(direction))``."""
    return heat_drawing(selection.tree())


def scatter(types: TypesInSpace) -> Drawing:
    """Types of prompts on components 1 and 2: ``scatter(reader.components({...}, at=site))``.

    Raises
    ------
    ClaimError : one component was asked for, or more types than six, which shapes can tell apart.
    """
    return space_drawing(types.tree())


def curve(response: DoseResponse) -> Drawing:
    """The response by dose: ``curve(reader.doses(trend({0.5: half, 1.0: once, 2.0: twice})))``."""
    return response_drawing(response.tree())
