"""How good a researcher's forecasts are, over the whole ledger: Brier's score and calibration by bins.

References
----------
Brier (1950), Verification of forecasts expressed in terms of probability, Monthly Weather Review 78, 1-3.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from interp_core.ledger.lock import Lock

Line = Mapping[str, Any]
Forecast = tuple[float, bool]

FEWEST = 10  # forecasts below which nothing is said of how good they are
_BINS = 5
_DECIDED = ("SUPPORTED", "REFUTED")
_REGISTERED = ("confirmatory", "replication")  # what was amended may have been forecast anew, with the data seen


def calibration(findings: Iterable[Line], lock: Lock) -> dict[str, Any]:
    """The forecasts of registered claims against the first decided verdict of each claim and model.

    Parameters
    ----------
    findings : the findings on record, oldest first.
    lock : what is registered.

    Returns
    -------
    ``forecasts``, how many rows of the lock hold one; ``n``, how many of them were decided as registered; from `FEWEST`
    on the mean squared difference ``brier`` (0 is perfect, .25 is a coin) and ``bins``: the bounds, the number of
    forecasts, their mean and how many came out SUPPORTED, of each bin that holds any.
    """
    made = list(_made(findings))
    told = len(made) >= FEWEST
    return {
        "forecasts": sum(row["registration"]["expected"] is not None for row in lock.rows.values()),
        "n": len(made),
        "brier": sum((forecast - came) ** 2 for forecast, came in made) / len(made) if told else None,
        "bins": [_bin(i, inside) for i in range(_BINS) if (inside := _inside(made, i))] if told else [],
    }


def _made(findings: Iterable[Line]) -> Iterable[Forecast]:
    """Forecast and outcome of each claim whose first decided verdict came after it was registered."""
    first: dict[tuple[str, str], Line] = {}
    for line in findings:
        if line["verdict"] in _DECIDED:
            first.setdefault((line["claim"], line["model"]), line)
    for line in first.values():
        expected = line["registration"]["expected"]
        if expected is not None and line["status"] in _REGISTERED:
            yield expected, line["verdict"] == "SUPPORTED"


def _inside(made: Iterable[Forecast], number: int) -> list[Forecast]:
    return [one for one in made if min(int(one[0] * _BINS), _BINS - 1) == number]


def _bin(number: int, inside: list[Forecast]) -> dict[str, Any]:
    return {
        "low": number / _BINS,
        "high": (number + 1) / _BINS,
        "n": len(inside),
        "forecast": sum(forecast for forecast, _ in inside) / len(inside),
        "supported": sum(came for _, came in inside),
    }
