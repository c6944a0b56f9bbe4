"""How the researcher's forecasts did over the ledger's history, in words."""

from collections.abc import Mapping
from typing import Any

from interp_core.report.document import Document


def calibration_sentence(document: Document) -> str:
    """How many registered forecasts were decided, and their Brier score where they are enough; "" without any.

    ``12 of 14 registered forecasts decided so far; Brier score 0.132, where 0 is perfect and 0.25 a coin``
    """
    found = _found(document)
    if not found.get("forecasts"):
        return ""
    decided = f"{found['n']} of {found['forecasts']} registered forecasts decided so far"
    if found["brier"] is None:
        return f"{decided}: too few to say how good they are"
    return f"{decided}; Brier score {found['brier']:.3f}, where 0 is perfect and 0.25 a coin"


def calibration_rows(document: Document) -> list[tuple[str, str, str]]:
    """The table by forecast: bounds and mean of a bin, its n, and the share that came out SUPPORTED."""
    return [
        (
            f"{one['low']:.1f} to {one['high']:.1f}, mean {one['forecast']:.2f}",
            f"{one['n']}",
            f"{one['supported'] / one['n']:.2f} ({one['supported']} of {one['n']})",
        )
        for one in _found(document).get("bins", [])
    ]


def calibration_lines(document: Document) -> list[str]:
    """Sentence and table in Markdown; nothing without forecasts."""
    sentence, rows = calibration_sentence(document), calibration_rows(document)
    if not sentence:
        return []
    table = ["| forecast | n | share SUPPORTED |", "|---|--:|---|", *(f"| {' | '.join(row)} |" for row in rows), ""]
    return [f"Forecasts: {sentence}.", "", *(table if rows else [])]


def _found(document: Document) -> Mapping[str, Any]:
    return document.get("calibration") or {}  # reports of before have none
