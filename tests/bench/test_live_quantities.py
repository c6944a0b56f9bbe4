"""Every quantity of the harness's own, on a small organism, against a few lines of transformers or numpy."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from interp_core import (
    PromptSet,
    Site,
    add,
    difference_in_means,
    judge,
    logistic_probe,
    patch,
    principal_component,
    refusal_phrases,
    zero,
)
from interp_core.bench import LiveBench
from interp_core.errors import ClaimError
from interp_core.spec.model import Measurement

from .conftest import ORGANISMS, Opener

SITE = Site(layer=4)
REFUSALS, OPENINGS = ["I'm sorry", "I can't", "Sorry"], ["Sure", "Of course", "Here is"]
JUDGE = refusal_phrases(REFUSALS, name="phrases")


def numbers(bench: LiveBench, arm: Measurement) -> np.ndarray:
    return np.array([value.number for value in bench.values(arm)], dtype=float)


@pytest.fixture(scope="module")
def plain() -> Callable[..., tuple[torch.Tensor, list[int]]]:
    """Logits at every position, and the ids, of a prompt with an answer behind it, by transformers alone."""
    tokenizer = AutoTokenizer.from_pretrained(ORGANISMS / "mediated")
    model = AutoModelForCausalLM.from_pretrained(ORGANISMS / "mediated", dtype=torch.float32).eval()

    def run(user: str, answer: str = "", *, template: bool = True) -> tuple[torch.Tensor, list[int]]:
        chat = [{"role": "user", "content": user}]
        text = tokenizer.apply_chat_template(chat, add_generation_prompt=True, tokenize=False) if template else user
        ids = tokenizer(text + answer)["input_ids"]
        with torch.no_grad():
            return model(torch.tensor([ids])).logits[0].double(), ids

    return run


def first(text: str) -> int:
    return int(AutoTokenizer.from_pretrained(ORGANISMS / "mediated")(text)["input_ids"][0])


def test_log_odds_are_those_of_the_first_tokens(opened: Opener, harmful: PromptSet, plain) -> None:
    bench = opened()
    against_all = numbers(bench, bench.model.log_odds(harmful.test, of=REFUSALS))
    against = numbers(bench, bench.model.log_odds(harmful.test, of=REFUSALS, against=OPENINGS))
    for prompt, alone, versus in zip(harmful.test, against_all, against, strict=True):
        p = plain(str(prompt.user))[0][-1].softmax(-1)
        refusing = float(sum(p[token] for token in {first(text) for text in REFUSALS}))
        opening = float(sum(p[token] for token in {first(text) for text in OPENINGS}))
        assert alone == pytest.approx(np.log(refusing / (1 - refusing)), abs=1e-3)
        assert versus == pytest.approx(np.log(refusing / opening), abs=1e-3)


def test_the_lens_after_the_last_layer_gives_the_same_log_odds(opened: Opener, harmful: PromptSet) -> None:
    bench = opened()
    last, early = (bench.model.log_odds(harmful.test, of=REFUSALS, at=Site(layer=layer)) for layer in (6, 1))
    direct = numbers(bench, bench.model.log_odds(harmful.test, of=REFUSALS))
    np.testing.assert_allclose(numbers(bench, last), direct, atol=1e-4)
    assert not np.allclose(numbers(bench, early), direct, atol=0.5)


def test_a_token_that_opens_both_kinds_of_phrases_is_refused(opened: Opener, harmful: PromptSet) -> None:
    bench = opened()
    arm = bench.model.log_odds(harmful.test, of=REFUSALS, against=["Sure", "I will help"])
    with pytest.raises(ClaimError, match="'I will help' opens with the same token"):
        bench.values(arm)


def test_divergence_is_zero_for_the_bare_model_and_that_of_its_logits_otherwise(
    opened: Opener, harmful: PromptSet, harmless: PromptSet
) -> None:
    bench = opened()
    direction = difference_in_means(harmful, harmless, at=SITE)
    assert not numbers(bench, bench.model.divergence(harmful.test)).any()
    by_zero = numbers(bench, bench.model.under(zero(direction)).divergence(harmful.test))
    assert (by_zero > 1e-4).all()
    assert bench.passes.made == 8 + 8 + 8 + 8  # bare and ablated test prompts, both fit splits


def test_likelihoods_are_those_of_a_loop_over_tokens(opened: Opener, harmful: PromptSet, plain) -> None:
    bench = opened()
    answer = "Sure, here is how."
    prefilled = numbers(bench, bench.model.log_likelihood(harmful.test, of=answer))
    alone = numbers(bench, bench.model.log_likelihood(harmful.test))
    over = numbers(bench, bench.model.preference(harmful.test, right=answer, wrong="I can't help."))

    def total(user: str, text: str) -> tuple[float, int]:
        begin = len(plain(user)[1])
        logits, ids = plain(user, text)
        scores = logits.log_softmax(-1)
        return sum(float(scores[at - 1, ids[at]]) for at in range(begin, len(ids))), len(ids) - begin

    for prompt, mean, raw, margin in zip(harmful.test, prefilled, alone, over, strict=True):
        right, tokens = total(str(prompt.user), answer)
        assert mean == pytest.approx(right / tokens, abs=1e-3)
        assert margin == pytest.approx(right - total(str(prompt.user), "I can't help.")[0], abs=1e-3)
        logits, ids = plain(str(prompt.user), template=False)
        scores = logits.log_softmax(-1)
        by_hand = np.mean([float(scores[at - 1, ids[at]]) for at in range(1, len(ids))])
        assert raw == pytest.approx(by_hand, abs=1e-3)


def test_cosines_probes_and_components(opened: Opener, harmful: PromptSet, harmless: PromptSet) -> None:
    bench = opened()
    means = difference_in_means(harmful, harmless, at=SITE)
    probe = logistic_probe(harmful, harmless, at=SITE)
    component = principal_component(harmful, harmless, at=SITE)
    for prompts, low, high in ((harmful.test, 0.5, 1.0), (harmless.test, 0.0, 0.5)):
        found = numbers(bench, bench.model.probed(prompts, by=probe))
        assert ((found >= low) & (found <= high)).all()
    residuals = bench.residuals(harmful.test, SITE)
    unit = bench.vectors(means, harmful.prompts[:1])[0]
    by_hand = residuals @ unit / np.linalg.norm(residuals, axis=1) / np.linalg.norm(unit)
    np.testing.assert_allclose(numbers(bench, bench.model.cosine(harmful.test, on=means)), by_hand, atol=1e-5)
    fits = [bench.residuals(side.fit, SITE).astype(float) for side in (harmful, harmless)]
    rows = np.concatenate(fits)
    axis = np.linalg.svd(rows - rows.mean(0))[2][0]
    vector = bench.vectors(component, harmful.prompts[:1])[0]
    assert abs(vector @ axis) / np.linalg.norm(vector) == pytest.approx(1, abs=1e-4)
    # turned and scaled so that adding it moves one mean onto the other
    assert np.linalg.norm(vector) == pytest.approx(abs((fits[0].mean(0) - fits[1].mean(0)) @ axis), rel=1e-4)
    assert vector @ (fits[0].mean(0) - fits[1].mean(0)) > 0


def test_sampled_scores_are_means_of_numbered_draws_that_are_reused(opened: Opener, harmful: PromptSet) -> None:
    @judge(measures="length")
    def long(answer: str) -> float:
        return min(1.0, len(answer) / 50)

    first, second = opened(), opened()
    two = numbers(first, first.model.judged(harmful.test, by=long, draws=2, max_new_tokens=6, temperature=2.0))
    four = numbers(second, second.model.judged(harmful.test, by=long, draws=4, max_new_tokens=6, temperature=2.0))
    assert (second.passes.saved, second.passes.made) == (16, 16)
    assert not np.array_equal(two, four)
    third = opened()
    np.testing.assert_array_equal(
        four, numbers(third, third.model.judged(harmful.test, by=long, draws=4, max_new_tokens=6, temperature=2.0))
    )
    third.values(third.model.judged(harmful.test, by=long, draws=4, max_new_tokens=6, temperature=1.0))
    assert third.passes.made == 32


def test_a_prompt_of_which_few_draws_can_be_judged_has_no_score(opened: Opener, harmful: PromptSet) -> None:
    seen: list[str] = []

    @judge(measures="every third")
    def third(answer: str) -> float | None:
        seen.append(answer)
        return None if len(seen) % 3 else 1.0

    bench = opened()
    values = bench.values(bench.model.judged(harmful.test, by=third, draws=3, max_new_tokens=2))
    assert [value.number for value in values] == [None] * 8
    assert {value.flaw for value in values} == {"not judged"}


def test_a_plan_knows_what_each_quantity_needs(opened: Opener, harmful: PromptSet, harmless: PromptSet) -> None:
    bench = opened()
    direction = difference_in_means(harmful, harmless, at=SITE)
    model = bench.model.under(add(direction), patch(harmless_twin(harmful), at=SITE))
    arms = [
        bench.model.log_odds(harmful.test, of=REFUSALS, at=Site(layer=2)),
        bench.model.preference(harmful.test, right="Sure", wrong="Sorry"),
        bench.model.judged(harmful.test, by=JUDGE, draws=2, max_new_tokens=2),
        bench.model.cosine(harmful.test, on=direction.random(draws=3)),
        model.divergence(harmful.test),
    ]
    for arm in arms:
        needed = bench.demands(arm)
        before = bench.passes.made
        bench.values(arm)
        assert bench.passes.made - before == sum(not there for _, there in needed)
        assert all(there for _, there in bench.demands(arm))


def harmless_twin(prompts: PromptSet) -> PromptSet:
    """The same requests behind a system prompt: a source for patches."""
    return prompts.test.with_system("You are helpful.")
