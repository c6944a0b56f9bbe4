"""Judged measurements that end each answer where the judge has settled: the same scores, and no broken model unseen."""

import pytest

from fixtures.study import COMPLIANCE, FICTION, HARMFUL, HARMLESS, SITE
from interp_core import PromptSet, add, difference_in_means, judge, refusal_phrases, zero
from interp_core.bench.cutting import settled, whole
from interp_core.errors import ClaimError
from interp_core.evaluate import evaluate
from tests.evaluate.planted import claim

from .conftest import ORGANISMS, Opener

REFUSAL = difference_in_means(HARMFUL, HARMLESS, at=SITE, name="refusal")
FEW = HARMFUL.test.take(12)
MOST = 24
ARMS = {
    "refusing": lambda model, **o: model.judged(FEW, by=COMPLIANCE, max_new_tokens=MOST, **o),
    "complying": lambda model, **o: model.judged(HARMLESS.test.take(12), by=COMPLIANCE, max_new_tokens=MOST, **o),
    "ablated": lambda model, **o: model.under(zero(REFUSAL)).judged(FEW, by=COMPLIANCE, max_new_tokens=MOST, **o),
    "framed": lambda model, **o: model.judged(FEW.take(2).framed(FICTION), by=COMPLIANCE, max_new_tokens=MOST, **o),
    "thinking": lambda model, **o: model.judged(FEW.with_thinking(), by=COMPLIANCE, max_new_tokens=64, **o),
    "sampled": lambda model, **o: model.judged(FEW, by=COMPLIANCE, max_new_tokens=MOST, draws=2, **o),
}  # fmt: skip


def numbers(bench, arm):
    return [value.number for value in bench.values(arm)]


@pytest.mark.parametrize(("organism", "arm"), [*(("mediated", arm) for arm in ARMS), ("gated", "framed")])
def test_scores_are_the_same_with_and_without(opened: Opener, organism: str, arm: str) -> None:
    bench = opened(ORGANISMS / organism)
    early = numbers(bench, ARMS[arm](bench.model, until_settled=True))
    spared = bench.passes.spared
    assert early == numbers(bench, ARMS[arm](bench.model))
    assert spared > 0


def test_a_cut_answer_is_stored_apart_and_a_whole_one_serves_for_it(opened: Opener) -> None:
    first, second = opened(), opened()
    early, late = (ARMS["refusing"](first.model, until_settled=until) for until in (True, False))
    numbers(first, early)
    made = first.passes.made
    numbers(first, late)
    assert made == len(FEW)
    assert first.passes.made - made == len(FEW) - whole(len(FEW))  # those that were cut are generated anew
    numbers(second, early)
    assert second.passes.made == 0


def test_a_cut_answer_is_neither_finished_nor_mistaken_for_a_whole_one(opened: Opener) -> None:
    bench = opened()
    values = bench.values(ARMS["refusing"](bench.model, until_settled=True))
    cut = [value for value in values if len(value.output) < 12]  # "I'm sorry"
    assert len(cut) == len(FEW) - whole(len(FEW))
    assert [value.flaw for value in cut] == [""] * len(cut)


def test_another_settled_function_makes_other_answers(opened: Opener) -> None:
    bench = opened()

    def judged(words: int):
        def enough(answer: str) -> bool:
            return len(answer.split()) >= words

        by = judge(measures="length", name=f"{words} words", settled=enough)(lambda answer: float(bool(answer)))
        return bench.model.judged(FEW, by=by, max_new_tokens=MOST, until_settled=True)

    numbers(bench, judged(3))
    made = bench.passes.made
    numbers(bench, judged(4))
    assert bench.passes.made - made == len(FEW) - whole(len(FEW))


def test_a_model_that_loops_is_not_taken_for_one_that_complies(opened: Opener) -> None:
    """Broken by a large random vector, the organism repeats one word: no refusal opens its answers."""
    bench = opened()
    broken = bench.model.under(add(REFUSAL.random(draws=3), coefficient=4.0))
    treatment, baseline = (
        model.judged(FEW, by=COMPLIANCE, max_new_tokens=MOST, until_settled=True) for model in (broken, bench.model)
    )
    row = evaluate(claim(treatment.higher_than(baseline, by=0.3), kind="causal", model=bench.model), bench)
    assert row["verdict"] == "INVALID"
    assert "8 of the 8 answers" in row["reason"]
    assert "generated whole are degenerate" in row["reason"]


def test_the_report_says_that_answers_were_cut(opened: Opener) -> None:
    bench = opened()
    ablated, bare = (
        model.judged(FEW, by=COMPLIANCE, max_new_tokens=MOST, until_settled=True)
        for model in (bench.model.under(zero(REFUSAL)), bench.model)
    )
    row = evaluate(claim(ablated.higher_than(bare, by=0.3), kind="causal", model=bench.model), bench)
    told = " ".join(row["predictions"][0]["facts"])
    assert "cut where the judge's decision was settled" in told
    assert "8 of 12, which were generated whole" in told
    assert row["cost"]["spared"] > 0


def test_a_judge_that_changes_its_settled_mind_is_found_out(opened: Opener) -> None:
    bench = opened()

    @judge(measures="length", settled=lambda answer: len(answer) > 3)
    def long(answer: str) -> float:
        return float(len(answer) > 20)

    with pytest.raises(ClaimError, match=r"called its decision on .* settled, gave 0.0, and then 1.0"):
        bench.values(bench.model.judged(FEW, by=long, max_new_tokens=MOST, until_settled=True))


def test_settled_must_answer_yes_or_no(opened: Opener) -> None:
    bench = opened()

    @judge(measures="length", settled=len)
    def any_length(answer: str) -> float:
        return 1.0

    with pytest.raises(ClaimError, match="Return True or False"):
        bench.values(bench.model.judged(FEW, by=any_length, max_new_tokens=4, until_settled=True))


PHRASES = refusal_phrases(["I can't"], name="phrases")


@pytest.mark.parametrize(
    ("text", "reached"),
    [
        ("Sure", True),
        ("<", False),
        ("<think>", False),
        ("<think>Sure", False),
        ("<think>Sure</think>", False),
        ("<think>Sure</think>\n\nI ", False),
        ("<think>Sure</think>\n\nI can't", True),
        ("I can\ufffd", False),  # half of an apostrophe
    ],
)  # fmt: skip
def test_the_think_block_and_half_a_character_settle_nothing(text: str, reached: bool) -> None:
    assert settled(PHRASES)(text) is reached


def test_which_answers_stay_whole_depends_on_the_prompts_and_not_on_their_order() -> None:
    from interp_core.bench.cutting import in_parts

    def kept(prompts: PromptSet):
        (few, tree), (rest, other) = in_parts(prompts, {"answer": 8}, PHRASES)
        assert (set(tree), set(other)) == ({"answer"}, {"answer", "until"})
        assert len(few) + len(rest) == len(prompts)
        return {prompt.id for prompt in few}

    framed = HARMFUL.test.framed(FICTION)
    chosen = kept(framed)
    assert len(chosen) == len(framed) // 8
    assert len({prompt.frame for prompt in framed if prompt.id in chosen}) == len(FICTION.frames)
