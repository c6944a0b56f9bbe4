"""Every kind of prediction at its margin, in short, and the whole report when it is asked for."""

import re

import numpy as np
import pytest

from interp_core.stats import Verdict, decide, simulated_chance
from tests.calibration import kinds, plots, power, table

ALPHA = 0.025
SHORT = [kind for kind in kinds.everything() if "n = 32" in kind.data or kind.name.startswith("best of 12")]
SAMPLES = 50


def name(kind: kinds.Kind) -> str:
    return f"{kind.name}: {kind.data}"


@pytest.mark.parametrize("kind", [kind for kind in SHORT if kind.name != "AUC difference"], ids=name)
def test_at_the_margin_wrong_verdicts_are_rare(kind):
    found = kinds.rates(kind, seed=3, samples=SAMPLES, alpha=ALPHA)
    assert found.worst <= ALPHA + 3 * (ALPHA * (1 - ALPHA) / SAMPLES) ** 0.5


@pytest.mark.parametrize("kind", SHORT, ids=name)
def test_an_effect_one_width_beyond_the_margin_is_found(kind):
    rng = np.random.default_rng(5)
    found = [kind.run(rng, ALPHA) for _ in range(8)]
    width = float(np.median([interval.width for interval in found]))
    moved = [interval.scaled(1.0, offset=1.0 + width - kind.truth) for interval in found]
    verdicts = [decide(interval, margin=1.0, direction="higher").verdict for interval in moved]
    assert verdicts.count(Verdict.SUPPORTED) >= 4
    assert verdicts.count(Verdict.REFUTED) == 0


PLANS = [plan for plan in power.plans() if plan.design.endswith("n = 32") and "exponential" not in plan.design]


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.design)
def test_the_planned_power_is_what_runs_have(plan):
    chance, error = simulated_chance(plan.run, rng=np.random.default_rng(6), runs=100)
    assert chance == pytest.approx(0.8, abs=0.06 + 3 * error)


def test_plots_draw_every_label_and_keep_to_their_span():
    drawn = plots.dots("A & B", {"<x>": {"t": 2.0, "u": -1.0}}, mark=0.5, span=(0.0, 1.0))
    assert "A &amp; B" in drawn
    assert "&lt;x&gt;" in drawn
    left, right = (float(x) for x in re.findall(r'circle cx="([\d.]+)" cy="6', drawn))
    assert (left, right) == (plots.LEFT + plots.RIGHT, plots.LEFT)


@pytest.mark.slow
def test_the_report_is_what_its_command_writes():
    """A quarter of an hour: all numbers again from their seeds, up to the rounding of another machine."""
    for file, fresh in table.document().items():
        stored = (table.TARGET / file).read_text()
        number = r"-?\d+(?:\.\d+)?"
        assert re.sub(number, "#", fresh) == re.sub(number, "#", stored)
        if file.endswith(".md"):
            numbers = [np.array([float(x) for x in re.findall(number, text)]) for text in (fresh, stored)]
            np.testing.assert_allclose(*numbers, atol=0.006)
