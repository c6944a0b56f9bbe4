"""The sweep of candidates against one pass for each, on every architecture."""

import numpy as np
import pytest

from interp_core.engine import Edit
from interp_core.engine.sweep import Candidates, Sweep, template_means
from interp_core.reading import kl_divergence, log_odds
from tests.engine.prompts import LAST, PROMPTS
from tests.engine.test_engine_parts import logits, read

TOKENS = [40, 41]


@pytest.fixture
def candidates(live):
    rng = np.random.default_rng(0)
    return Candidates(rng.standard_normal((5, live.d_model)).astype(np.float32) * 4, np.array([0, 1, 1, 2, 1]))


def rows(vector):
    return np.tile(vector, (len(PROMPTS), 1)).astype(np.float32)


@pytest.mark.parametrize("budget", [8192, 60])
def test_scores_are_those_of_one_pass_for_each_candidate(live, candidates, budget):
    whole, live.budget = live.budget, budget
    try:
        sweep = Sweep(live, PROMPTS, TOKENS)
        added = sweep.added(candidates)
        baseline = sweep.baseline()
        ablated, divergence = sweep.ablated(candidates), sweep.divergence(candidates)
    finally:
        live.budget = whole
    np.testing.assert_allclose(baseline, log_odds(logits(live), TOKENS), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(Sweep(live, PROMPTS, TOKENS).baseline(), baseline, rtol=1e-4, atol=1e-4)
    for index, (vector, layer) in enumerate(zip(candidates.vectors, candidates.layers.tolist(), strict=True)):
        plus = logits(live, edits=[Edit("add", rows(vector), (layer,))])
        minus = logits(live, edits=[Edit("zero", rows(vector / np.linalg.norm(vector)))])
        np.testing.assert_allclose(added[index], log_odds(plus, TOKENS), rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(ablated[index], log_odds(minus, TOKENS), rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(divergence[index], kl_divergence(logits(live), minus), rtol=1e-3, atol=1e-5)


def test_template_means_are_means_of_captures(live):
    positions = ("end_of_instruction", LAST)
    found = template_means(live, PROMPTS, positions)
    for index, position in enumerate(positions):
        expected = read(live, layers=(0, 1, 2), position=position).mean(0)
        np.testing.assert_allclose(found[index], expected, rtol=1e-4, atol=1e-5)
