"""Forecasts count once, at the first decided verdict of what was registered, and nothing is said of few."""

import pytest

from interp_core import ledger
from interp_core.ledger import Lock
from tests.ledger.rows import locked, on_record


def decided(claim, expected, verdict="SUPPORTED", status="confirmatory", model="m"):
    line = on_record(claim, model)
    return {**line, "verdict": verdict, "status": status, "registration": {"expected": expected}}


def study(forecasts):
    """A ledger of one finding for each forecast, as (forecast, whether it came out), and the lock of them."""
    lines = [decided(f"c{i}", p, "SUPPORTED" if came else "REFUTED") for i, (p, came) in enumerate(forecasts)]
    return lines, Lock({(f"c{i}", "m"): locked(f"c{i}", expected=p) for i, (p, _) in enumerate(forecasts)})


TEN = [(0.9, True)] * 4 + [(0.9, False)] + [(0.1, False)] * 4 + [(0.1, True)]


def test_ten_forecasts_have_a_score_and_a_table_by_forecast():
    found = ledger.calibration(*study(TEN))
    assert (found["forecasts"], found["n"]) == (10, 10)
    assert found["brier"] == pytest.approx((8 * 0.1**2 + 2 * 0.9**2) / 10)
    assert [(one["low"], one["high"], one["n"], one["supported"]) for one in found["bins"]] == [
        (0.0, 0.2, 5, 1), (0.8, 1.0, 5, 4),
    ]  # fmt: skip
    assert [one["forecast"] for one in found["bins"]] == pytest.approx([0.1, 0.9])


def test_the_bounds_of_bins_hold_every_forecast_from_none_to_certain():
    found = ledger.calibration(*study([(p, True) for p in (0, 0.2, 0.4, 0.6, 0.8, 1.0)] * 2))
    assert [(one["low"], one["n"]) for one in found["bins"]] == [(0, 2), (0.2, 2), (0.4, 2), (0.6, 2), (0.8, 4)]


def test_of_nine_nothing_is_said_but_how_many():
    assert ledger.calibration(*study(TEN[:9])) == {"forecasts": 9, "n": 9, "brier": None, "bins": []}


@pytest.mark.parametrize(
    "later",
    [
        decided("c0", 0.9, "REFUTED"),
        decided("c0", 1.0, "SUPPORTED", "replication"),
    ],
)
def test_only_the_first_decided_verdict_counts(later):
    lines, lock = study(TEN)
    assert ledger.calibration([*lines, later], lock) == ledger.calibration(lines, lock)


@pytest.mark.parametrize("verdict", ["INCONCLUSIVE", "INVALID"])
def test_an_undecided_verdict_waits_for_the_first_decided_one(verdict):
    lines, lock = study(TEN)
    assert ledger.calibration([{**lines[0], "verdict": verdict}], lock)["n"] == 0
    assert ledger.calibration([{**lines[0], "verdict": verdict}, *lines], lock) == ledger.calibration(lines, lock)


@pytest.mark.parametrize("status", ["exploratory", "post hoc", "amended"])
def test_a_forecast_made_with_the_result_in_sight_does_not_count(status):
    """The first decided verdict came before the claim was registered as it stands; a later forecast knew it."""
    lines, lock = study(TEN)
    known = decided("c0", 0.9, "SUPPORTED", status)
    assert ledger.calibration([known, *lines], lock)["n"] == 9


def test_claims_without_a_forecast_are_left_out_and_models_are_told_apart():
    lines, lock = study(TEN)
    assert ledger.calibration([*lines, decided("x", None)], lock)["n"] == 10
    assert ledger.calibration([*lines, decided("c0", 0.9, model="n")], lock)["n"] == 11
