"""What a finding holds for drawings, and the same drawings in a notebook: right numbers, and no pass for them."""

import ast
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from fixtures.study import FICTION, HARMFUL, HARMLESS, REFUSALS
from interp_core import PromptSet, Site, add, difference_in_means, principal_component, select_direction, trend, zero
from interp_core.bench import LiveBench
from interp_core.errors import ClaimError
from interp_core.evaluate import Reader, evaluate, look
from interp_core.plots import curve, heat_map, scatter
from interp_core.report import Drawing, schema
from interp_core.spec.claim import Claim
from interp_core.spec.prediction import Prediction
from tests.bench.test_live_quantities import numbers
from tests.bench.test_selection import few

from .conftest import Opener

DOSES = (0.5, 1.0, 2.0)
NOTHING = {"selections": [], "components": [], "doses": []}


@pytest.fixture
def harmful() -> PromptSet:
    return few(HARMFUL)


@pytest.fixture
def harmless() -> PromptSet:
    return few(HARMLESS)


@pytest.fixture
def bench(opened: Opener) -> LiveBench:
    return opened()


def judged(bench: LiveBench, prediction: Prediction, random: tuple[str, ...] = ("request",)) -> dict:
    claim = Claim("one", "One.", "another.", "correlational", bench.model, (prediction,), random=random)
    row = evaluate(claim, bench)
    drawings = schema()["$defs"]["row"]["properties"]["drawings"]
    jsonschema.Draft202012Validator(drawings).validate(row["drawings"])
    return row


def test_a_selected_direction_brings_its_candidates(bench: LiveBench, harmful: PromptSet, harmless: PromptSet) -> None:
    refusal = select_direction(harmful, harmless, refusals=REFUSALS)
    ablated, sham = (
        bench.model.under(zero(d)).log_odds(harmful.test, of=REFUSALS) for d in (refusal, refusal.random())
    )
    row = judged(bench, ablated.lower_than(sham, by=1.0))
    found = bench.selection(refusal)
    (kept,) = row["drawings"]["selections"]  # once, though treatment and sham both need it
    assert len(kept["candidates"]) == found.tried == 54
    assert kept["layers"] == 6
    assert kept["positions"] == [*(f"end_of_instruction+{k}" for k in range(1, 9)), "end_of_template"]
    layer, place, rejected, induced, divergence, bypassed = kept["candidates"][0]
    assert (layer, kept["positions"][place], rejected) == (4, "end_of_template", None)
    best = found.candidates[0]
    assert [induced, divergence, bypassed] == pytest.approx([best.induced, best.divergence, best.bypassed], rel=1e-3)
    assert kept["margin"] == pytest.approx(found.margin, rel=1e-3)
    names = [None if one[2] is None else kept["filters"][one[2]] for one in kept["candidates"]]
    assert {name: names.count(name) for name in kept["filters"] if name in names} == found.rejected


def test_a_claim_on_a_component_brings_its_prompts_without_a_pass(
    bench: LiveBench, harmful: PromptSet, harmless: PromptSet
) -> None:
    component = principal_component(harmful, harmless, at=Site(layer=4))
    fiction = bench.model.sided(harmful.test.framed(FICTION), by=component)
    neutral = bench.model.sided(harmful.test.framed(FICTION.length_matched()), by=component)
    row = judged(bench, fiction.lower_than(neutral, by=0.2), random=("request", "frame"))
    again = judged(bench, fiction.lower_than(neutral, by=0.2), random=("request", "frame"))
    asked = 2 * 120 + 24  # both arms, and the 24 prompts that the component is fitted on
    assert (row["cost"]["made"], row["cost"]["saved"]) == (asked, 0)
    assert (again["cost"]["made"], again["cost"]["saved"]) == (0, 240)
    (kept,) = row["drawings"]["components"]
    assert [group["n"] for group in kept["groups"]] == [120, 120]
    assert [len(group["points"]) for group in kept["groups"]] == [120, 120]
    assert kept["along"] == 1
    for group, arm in zip(kept["groups"], (fiction, neutral), strict=True):
        beyond = np.mean([point[0] > kept["middle"] for point in group["points"]])
        assert beyond == pytest.approx(numbers(bench, arm).mean())  # the drawn line divides as the claim does


def test_no_more_than_150_points_of_a_group(bench: LiveBench, harmful: PromptSet, harmless: PromptSet) -> None:
    types = {"harmful": harmful.test, "fiction": PromptSet("all", (*harmful.test.framed(FICTION), *harmful.fit,
             *harmful.select, *harmless.test.framed(FICTION)))}  # fmt: skip
    kept = Reader(bench).components(types, at=Site(layer=4), count=2).tree()
    assert [(group["n"], len(group["points"])) for group in kept["groups"]] == [(12, 12), (264, 150)]


def test_a_trend_brings_the_mean_at_each_dose(bench: LiveBench, harmful: PromptSet, harmless: PromptSet) -> None:
    refusal = difference_in_means(harmful, harmless, at=Site(layer=4))
    sweep = {c: bench.model.under(add(refusal, coefficient=c)).log_odds(harmless.test, of=REFUSALS) for c in DOSES}
    sham = {
        c: bench.model.under(add(refusal.random(), coefficient=c)).log_odds(harmless.test, of=REFUSALS) for c in DOSES
    }
    row = judged(bench, trend(sweep).higher_than(trend(sham), by=1.0))
    (kept,) = row["drawings"]["doses"]
    assert [one["role"] for one in kept["sweeps"]] == ["treatment", "baseline"]
    for one, arms in zip(kept["sweeps"], (sweep, sham), strict=True):
        assert [dose["dose"] for dose in one["doses"]] == list(DOSES)
        means = [numbers(bench, arm).mean() for arm in arms.values()]
        assert [dose["mean"] for dose in one["doses"]] == pytest.approx(means, rel=1e-4)
        assert all(dose["low"] <= dose["mean"] <= dose["high"] for dose in one["doses"])
    alone = judged(bench, trend(sweep).rises(by=1.0))
    assert [one["role"] for one in alone["drawings"]["doses"][0]["sweeps"]] == ["treatment"]


def test_doses_in_units_of_the_gap_are_drawn_in_them(bench: LiveBench, harmful: PromptSet, harmless: PromptSet) -> None:
    refusal = difference_in_means(harmful, harmless, at=Site(layer=4))
    shifted = {c: bench.model.under(add(refusal, coefficient=c)) for c in DOSES}
    sweep = trend({c: model.projection(harmless.test, on=refusal) for c, model in shifted.items()})
    kept = Reader(bench).doses(sweep).tree()
    assert kept["unit"] == "of the gap"
    means = [dose["mean"] for dose in kept["sweeps"][0]["doses"]]
    assert means[2] - means[1] == pytest.approx(2 * (means[1] - means[0]), rel=0.05)
    raw = Reader(bench).doses(trend({c: m.projection(harmless.test, on=refusal, raw=True) for c, m in shifted.items()}))
    assert raw.sweeps[0].doses[0].mean != pytest.approx(means[0], rel=0.2)


def test_a_plain_claim_brings_nothing(bench: LiveBench, harmful: PromptSet, harmless: PromptSet) -> None:
    refusal = difference_in_means(harmful, harmless, at=Site(layer=4))
    framed = bench.model.projection(harmful.test.framed(FICTION), on=refusal)
    neutral = bench.model.projection(harmful.test.framed(FICTION.length_matched()), on=refusal)
    assert judged(bench, framed.lower_than(neutral, by=0.1))["drawings"] == NOTHING


def test_looking_at_a_sweep_tells_its_doses_and_what_was_selected(
    bench: LiveBench, harmful: PromptSet, harmless: PromptSet
) -> None:
    refusal = select_direction(harmful, harmless, refusals=REFUSALS)
    sweep, sham = (
        trend({c: bench.model.under(add(d, coefficient=c)).log_odds(harmless.test, of=REFUSALS) for c in DOSES})
        for d in (refusal, refusal.random())
    )
    told = look(sweep, sham, bench)
    assert "refusal was selected: layer 4, end_of_template, of 54 candidates" in told
    assert told.count("  by dose: ") == 2
    assert "0.5 gives" in told


def test_the_drawings_of_the_manual(bench: LiveBench, harmful: PromptSet, harmless: PromptSet) -> None:
    """The example in docs/methods.md runs as it stands, and shows three drawings."""
    manual = (Path(__file__).parents[2] / "docs" / "methods.md").read_text(encoding="utf-8")
    example = manual.partition("### Drawings")[2].partition("```python\n")[2].partition("```")[0]
    names = {"bench": bench, "harmful": harmful, "harmless": harmless, "REFUSALS": REFUSALS}
    shown = []
    for statement in ast.parse(example).body:
        if isinstance(statement, ast.Expr):
            shown.append(eval(compile(ast.Expression(statement.value), "methods.md", "eval"), names))
        else:
            exec(compile(ast.Module([statement], []), "methods.md", "exec"), names)
    assert [type(one) for one in shown] == [Drawing] * 3
    chosen, spread, rising = map(str, shown)
    assert "layer 4, end_of_template was chosen out of 54 candidates" in chosen
    assert "harmful, at" in spread
    assert "2 gives" in rising


def test_one_component_makes_no_scatter(bench: LiveBench, harmful: PromptSet, harmless: PromptSet) -> None:
    types = {"harmful": harmful.test, "harmless": harmless.test}
    with pytest.raises(ClaimError, match="one component was computed"):
        scatter(Reader(bench).components(types, at=Site(layer=4), count=1))


def test_sweeps_of_different_quantities_do_not_compare(
    bench: LiveBench, harmful: PromptSet, harmless: PromptSet
) -> None:
    refusal = difference_in_means(harmful, harmless, at=Site(layer=4))
    models = {c: bench.model.under(add(refusal, coefficient=c)) for c in DOSES}
    odds = trend({c: model.log_odds(harmless.test, of=REFUSALS) for c, model in models.items()})
    kl = trend({c: model.divergence(harmless.test) for c, model in models.items()})
    with pytest.raises(ClaimError):
        Reader(bench).doses(odds, kl)


def test_every_drawing_of_a_bench_shows_itself(bench: LiveBench, harmful: PromptSet, harmless: PromptSet) -> None:
    refusal = select_direction(harmful, harmless, refusals=REFUSALS)
    assert heat_map(bench.selection(refusal))._repr_svg_().startswith("<svg")
    models = {c: bench.model.under(add(refusal, coefficient=c)) for c in DOSES}
    odds = trend({c: model.log_odds(harmless.test, of=REFUSALS) for c, model in models.items()})
    assert 'class="knot treatment"' in curve(Reader(bench).doses(odds)).svg
