"""How refusal comes about: what the direction carries, what acts through it, and what moving it costs."""

import pytest

from fixtures.study import FICTION, REFUSALS, SITE
from interp_core import (
    ClaimRecorder,
    DifferenceInMeans,
    Judge,
    Model,
    PromptSet,
    add,
    affine,
    neurons,
    patch,
    set_to,
    trend,
    zero,
)

NEUTRAL = FICTION.length_matched()
SWEEP = (0.25, 0.5, 0.75, 1.0)


@pytest.mark.claim(kind="causal", random=("request", "frame"), rests_on=["fiction_raises_compliance"])
def test_setting_the_component_to_neutral_restores_refusal(
    claim: ClaimRecorder, model: Model, harmful: PromptSet, refusal: DifferenceInMeans
) -> None:
    """Setting the refusal component of fictional prompts to its neutral mean, at the site, restores refusal.

    Baseline: the same setting along random directions of matched norm.
    """
    few = harmful.test.take(48)
    framed, neutral = few.framed(FICTION), few.framed(NEUTRAL)
    swapped = model.under(set_to(refusal, mean_of=neutral)).log_odds(framed, of=REFUSALS)
    sham = model.under(set_to(refusal.random(draws=19), mean_of=neutral)).log_odds(framed, of=REFUSALS)
    claim.expect(swapped.higher_than(sham, by=1.0))
    claim.control(sham.equivalent_to(model.log_odds(framed, of=REFUSALS), within=1.0))


@pytest.mark.claim(kind="causal", random=("request", "frame"), rests_on=["fiction_raises_compliance"])
def test_patching_the_direct_residual_restores_refusal(claim: ClaimRecorder, model: Model, harmful: PromptSet) -> None:
    """Patching the residual stream of the direct request into fictional prompts, at the site, restores refusal.

    Baseline: the same fictional prompts as they are.
    """
    few = harmful.test.take(48)
    framed = few.framed(FICTION)
    patched = model.under(patch(few, at=SITE)).log_odds(framed, of=REFUSALS)
    claim.expect(patched.higher_than(model.log_odds(framed, of=REFUSALS), by=1.0))


@pytest.mark.claim(kind="causal")
def test_affine_ablation_at_one_layer_restores_compliance(
    claim: ClaimRecorder, model: Model, harmful: PromptSet, refusal: DifferenceInMeans, compliance: Judge
) -> None:
    """Setting the refusal component to the harmless mean, at the site's layer alone, restores compliance.

    Baseline: the same setting along random directions of matched norm.
    """
    ablated = model.under(affine(refusal, site_only=True)).judged(harmful.test, by=compliance)
    sham = model.under(affine(refusal.random(draws=19), site_only=True)).judged(harmful.test, by=compliance)
    claim.expect(ablated.higher_than(sham, by=0.3))
    claim.control(sham.equivalent_to(model.judged(harmful.test, by=compliance), within=0.2))


@pytest.mark.claim(kind="causal")
def test_refusal_grows_with_the_coefficient(
    claim: ClaimRecorder, model: Model, harmless: PromptSet, refusal: DifferenceInMeans
) -> None:
    """The log-odds of refusing harmless requests grow with the coefficient of the refusal direction.

    Baseline: the same sweep with random directions of equal norm.
    """
    doses = {c: model.under(add(refusal, coefficient=c)).log_odds(harmless.test, of=REFUSALS) for c in SWEEP}
    random = refusal.random(draws=19)
    sham = {c: model.under(add(random, coefficient=c)).log_odds(harmless.test, of=REFUSALS) for c in SWEEP}
    claim.expect(trend(doses).higher_than(trend(sham), by=3.0))


@pytest.mark.claim(kind="causal")
def test_ablation_leaves_harmless_behaviour_equivalent(
    claim: ClaimRecorder, model: Model, harmless: PromptSet, refusal: DifferenceInMeans
) -> None:
    """Zero ablation of the refusal direction leaves the first token of answers to harmless requests as it was.

    Baseline: the bare model, whose distance from itself is zero.
    """
    ablated = model.under(zero(refusal)).divergence(harmless.test, kind="total variation")
    claim.expect(ablated.equivalent_to(model.divergence(harmless.test, kind="total variation"), within=0.1))


@pytest.mark.claim(kind="causal", known={"mediated": "refuted", "inert": "refuted", "dissociated": "refuted"})
def test_a_few_neurons_write_the_direction(
    claim: ClaimRecorder, model: Model, harmful: PromptSet, refusal: DifferenceInMeans
) -> None:
    """Ten MLP neurons write most of the refusal direction: at their harmless means, the projection falls.

    Baseline: as many other neurons, drawn at random below the site.
    """
    strongest = model.under(neurons(refusal, count=10)).projection(harmful.test, on=refusal)
    sham = model.under(neurons(refusal, count=10, chosen="random")).projection(harmful.test, on=refusal)
    claim.expect(strongest.lower_than(sham, by=0.5))
