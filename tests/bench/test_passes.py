"""How many passes a suite makes of each (prompt, intervention) pair, and that sharing them changes no value."""

from collections.abc import Sequence

import numpy as np
import pytest

from interp_core import PromptSet, Site, add, difference_in_means, measure, refusal_phrases, zero
from interp_core.bench import LiveBench
from interp_core.bench.passes import Sizes
from interp_core.evaluate import evaluate
from interp_core.evaluate.plan import plan
from interp_core.spec.claim import Claim
from tests.evaluate.planted import claim

from .conftest import Opener

JUDGE = refusal_phrases(["I'm sorry", "I can't", "Sorry"], name="phrases")
NEW = 6


@measure(of="logits", unit="")
def first(logits: np.ndarray) -> float:
    return float(logits[0])


@measure(of=Site(layer=2, position="end_of_instruction"), unit="")
def early(residual: np.ndarray) -> float:
    return float(residual[0])


def suite(bench: LiveBench, harmful: PromptSet, harmless: PromptSet) -> list[Claim]:
    """Forty claims over the same prompts: sites, logits and answers, bare and under two interventions."""
    refusal = difference_in_means(harmful, harmless, at=Site(layer=4), name="refusal")
    edits = [(), (zero(refusal),), (add(refusal),)]
    found = []
    for number in range(40):
        at = difference_in_means(harmful, harmless, at=Site(layer=1 + number % 5), name="other")
        treatment, baseline = (bench.model.under(*edits[(number + k) % 3]) for k in (0, 1))
        arms = [
            [model.projection(harmful.test, on=at) for model in (treatment, baseline)],
            [model.measured(harmful.test, by=first) for model in (treatment, baseline)],
            [model.judged(harmful.test, by=JUDGE, max_new_tokens=NEW) for model in (treatment, baseline)],
            [model.measured(harmful.test, by=early) for model in (treatment, baseline)],
        ][number // 3 % 4]
        found.append(claim(arms[0].higher_than(arms[1], by=0.1), id=f"c{number}", model=bench.model))
    return found


def judged(bench: LiveBench, claims: Sequence[Claim]) -> dict[str, list[float | None]]:
    return {one.id: [value.number for arm in one.arms for value in bench.values(arm)] for one in claims}


def test_forty_claims_make_one_pass_a_pair_once_they_were_planned(
    opened: Opener, harmful: PromptSet, harmless: PromptSet
) -> None:
    planning, bench = opened(), opened()
    expected = {pair for one in suite(planning, harmful, harmless) for pair in plan(one, planning).passes}
    for one in suite(bench, harmful, harmless):
        evaluate(one, bench)
    assert bench.passes.pairs == len(expected) == 3 * len(harmful.test) + 2 * len(harmful.fit) + 2 * len(harmful.select)
    assert bench.passes.made / bench.passes.pairs <= 1.05
    assert planning.passes.made == 0


def test_without_a_plan_what_is_small_is_kept_and_the_rest_is_told(
    opened: Opener, harmful: PromptSet, harmless: PromptSet
) -> None:
    bench = opened()
    direction = difference_in_means(harmful, harmless, at=Site(layer=4))
    other = difference_in_means(harmful, harmless, at=Site(layer=2))
    bench.values(bench.model.projection(harmful.test, on=direction))
    made = bench.passes.made
    bench.values(bench.model.projection(harmful.test, on=other, raw=True))  # another layer
    bench.values(bench.model.measured(harmful.test, by=first))  # and the logits
    assert (bench.passes.made, bench.passes.repeats) == (made, {})
    bench.values(bench.model.judged(harmful.test, by=JUDGE, max_new_tokens=NEW))
    bench.values(bench.model.measured(harmful.test, by=early))
    of = len(harmful.test)
    assert bench.passes.repeats == {"the answer": of, "the residual stream at end_of_instruction": of}
    assert bench.passes.made == bench.passes.pairs + 2 * of


def test_an_answer_asked_for_first_gives_what_is_read_of_its_prompt(
    opened: Opener, harmful: PromptSet, harmless: PromptSet
) -> None:
    bench = opened()
    direction = difference_in_means(harmful, harmless, at=Site(layer=4))
    bench.values(bench.model.under(zero(direction)).judged(harmful.test, by=JUDGE, max_new_tokens=NEW))
    made = bench.passes.made
    bench.values(bench.model.under(zero(direction)).measured(harmful.test, by=first))
    bench.values(bench.model.under(zero(direction)).projection(harmful.test, on=direction, raw=True))
    assert bench.passes.made == made


def test_shared_passes_give_the_values_of_separate_ones(
    opened: Opener, harmful: PromptSet, harmless: PromptSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = opened()
    claims = suite(shared, harmful, harmless)
    for one in claims:
        plan(one, shared)
    together = judged(shared, claims)
    alone = opened()
    alone.fetcher.store.root = shared.fetcher.store.root.parent / "alone"
    alone.fetcher.planned = type(alone.fetcher.planned)(alone.fetcher.store.root / "planned.jsonl")
    alone.fetcher.sizes = Sizes(alone.n_layers, 2**20, 2**20)  # nothing is small
    apart = judged(alone, suite(alone, harmful, harmless))
    assert alone.passes.made > 1.5 * shared.passes.made
    for one, other in zip(together.values(), apart.values(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-3)


def test_draws_are_pairs_of_their_own(opened: Opener, harmful: PromptSet) -> None:
    bench = opened()
    bench.values(bench.model.judged(harmful.test, by=JUDGE, max_new_tokens=NEW, draws=2))
    assert (bench.passes.made, bench.passes.pairs, bench.passes.repeats) == (16, 16, {})


def test_a_planned_answer_that_cannot_be_given_leaves_the_other_claim_alone(
    opened: Opener, harmful: PromptSet, harmless: PromptSet
) -> None:
    """The organism reads 512 tokens at most, so that a plan for more new ones fails, and for that claim alone."""
    bench = opened()
    bench.demands(bench.model.judged(harmful.test, by=JUDGE, max_new_tokens=600))
    direction = difference_in_means(harmful, harmless, at=Site(layer=4))
    found = bench.values(bench.model.projection(harmful.test, on=direction))
    assert all(value.number is not None for value in found)


def test_a_large_model_keeps_what_was_asked_for_and_no_more() -> None:
    large = Sizes(layers=40, width=5120, vocabulary=151_936)
    asked = {"residual": [27], "position": "end_of_template"}
    assert large.widened(asked) == asked
    assert large.kept_anyway() == []
    small = Sizes(layers=6, width=128, vocabulary=1024)
    assert small.widened(asked)["residual"] == list(range(7))
    assert small.widened({**asked, "part": "neurons"})["residual"] == list(range(6))
    assert len(small.kept_anyway()) == 2
