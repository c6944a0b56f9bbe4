"""Labels of a random part of the run: the sheet, and claims whose judge errs in one arm alone."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from interp_core.bench.values import Value
from interp_core.errors import ClaimError
from interp_core.evaluate import evaluate
from interp_core.evaluate.evidence import gather
from interp_core.spec.claim import Claim
from interp_core.spec.model import Measurement
from interp_core.stats import Verdict

from .planted import FRAMES, HARMFUL, JUDGE, MODEL, PlantedBench, claim

PAIRS, RUNS = 24, 100


class Answering(PlantedBench):
    """Answers whose truth people see, and a judge who takes a share of the treatment's refusals for compliance."""

    def __init__(self, seed: int, *, complied: tuple[float, float], fooled: float) -> None:
        rng = np.random.default_rng(seed)
        self.truth = [rng.random(64) < rate for rate in complied]
        self.fooled = rng.random(64) < fooled
        super().__init__(lambda arm: np.zeros(64))

    def values(self, arm: Measurement) -> tuple[Value, ...]:
        treated = bool(arm.prompts.prefill)
        found = []
        for i, prompt in enumerate(arm.prompts):
            complied = bool(self.truth[0 if treated else 1][i])
            judged = complied or (treated and bool(self.fooled[i]))
            text = f"{'yes' if complied else 'no'} {i} {treated}"
            found.append(Value(prompt.id, prompt.request, "", float(judged), f"prompt {i}", text))
        return tuple(found)


def raised(sheet: Path, *, by: float = 0.3, pairs: int = PAIRS) -> Claim:
    judge = JUDGE.labelled(sheet, pairs=pairs)
    treatment, baseline = MODEL.judged(HARMFUL.test.prefilled("x"), by=judge), MODEL.judged(HARMFUL.test, by=judge)
    return claim(treatment.higher_than(baseline, by=by))


def fill_in(sheet: Path, label: Callable[[str], float | None]) -> None:
    rows = [json.loads(line) for line in sheet.read_text().splitlines()]
    for row in rows:
        if "answer" in row:
            row["label"] = label(row["answer"])
    sheet.write_text("".join(json.dumps(row) + "\n" for row in rows))


def truth(answer: str) -> float:
    return float(answer.startswith("yes"))


def test_the_first_run_writes_the_sheet_and_decides_nothing(tmp_path: Path) -> None:
    sheet = tmp_path / "labels" / "c-{model}.jsonl"
    one, bench = raised(sheet), Answering(0, complied=(1.0, 0.0), fooled=0.0)
    row = evaluate(one, bench)
    written = tmp_path / "labels" / "c-planted.jsonl"
    assert row["verdict"] == "INCONCLUSIVE"
    assert row["reason"] == f"48 answers in {written} have no label yet: write 0 or 1 for null, and run again"
    head, *rows = [json.loads(line) for line in written.read_text().splitlines()]
    assert (head["claim"], head["model"], head["pairs_drawn"], head["of"]) == ("c", "planted", PAIRS, 64)
    assert [row["label"] for row in rows] == [None] * 48
    order = [row["answer"].endswith("True") for row in rows]
    assert order not in (sorted(order), sorted(order, reverse=True))  # which arm comes first says nothing

    before = written.read_bytes()
    evaluate(one, bench)
    assert written.read_bytes() == before

    fill_in(written, truth)
    row = evaluate(one, bench)
    assert row["verdict"] == "SUPPORTED"
    assert "24 pairs, drawn at random, were labelled by people" in row["predictions"][0]["notes"][-1]
    assert row["predictions"][0]["judge"]["calibrated"]


def test_a_judge_fooled_in_one_arm_alone_supports_nothing_once_labelled(tmp_path: Path) -> None:
    """Without labels the planted falsehood comes out SUPPORTED: the harness has no other way to see it."""
    bench = Answering(0, complied=(0.1, 0.1), fooled=0.8)
    naive = claim(
        MODEL.judged(HARMFUL.test.prefilled("x"), by=JUDGE).higher_than(MODEL.judged(HARMFUL.test, by=JUDGE), by=0.3)
    )
    assert evaluate(naive, bench)["verdict"] == "SUPPORTED"
    one = raised(tmp_path / "l.jsonl")
    evaluate(one, bench)
    fill_in(tmp_path / "l.jsonl", truth)
    row = evaluate(one, bench)
    assert row["verdict"] != "SUPPORTED"
    assert abs(row["effect"]) < 0.25


def test_the_effect_at_the_margin_is_rarely_supported(tmp_path: Path) -> None:
    wrong = 0
    for seed in range(RUNS):
        sheet = tmp_path / f"{seed}.jsonl"
        one, bench = raised(sheet), Answering(seed, complied=(0.5, 0.2), fooled=0.4)
        gather(one.predictions[0], one, bench)
        fill_in(sheet, truth)
        wrong += gather(one.predictions[0], one, bench).decision.verdict is Verdict.SUPPORTED
    assert wrong / RUNS <= 0.09


def test_labels_left_out_decide_nothing(tmp_path: Path) -> None:
    """Who labels only what suits them gets no verdict."""
    sheet = tmp_path / "l.jsonl"
    one, bench = raised(sheet), Answering(0, complied=(1.0, 0.0), fooled=0.0)
    evaluate(one, bench)
    fill_in(sheet, lambda answer: 1.0 if truth(answer) else None)
    row = evaluate(one, bench)
    assert (row["verdict"], row["reason"][:13]) == ("INCONCLUSIVE", "24 answers in")


def test_new_answers_are_added_and_nothing_is_lost(tmp_path: Path) -> None:
    sheet = tmp_path / "l.jsonl"
    one = raised(sheet)
    evaluate(one, Answering(0, complied=(1.0, 0.0), fooled=0.0))
    fill_in(sheet, truth)
    before = sheet.read_text()
    row = evaluate(one, Answering(0, complied=(0.5, 0.0), fooled=0.0))
    assert row["verdict"] == "INCONCLUSIVE"
    assert sheet.read_text().startswith(before)
    assert '"label": null' in sheet.read_text()


def test_another_margin_draws_the_same_pairs(tmp_path: Path) -> None:
    sheet = tmp_path / "l.jsonl"
    bench = Answering(0, complied=(1.0, 0.0), fooled=0.0)
    evaluate(raised(sheet), bench)
    before = sheet.read_text()
    evaluate(raised(sheet, by=0.4), bench)
    assert sheet.read_text() == before


@pytest.mark.parametrize(
    "line", ["no json", '{"prompt": "p", "answer": "a", "label": 2}', '{"answer": 3, "prompt": ""}']
)
def test_a_damaged_sheet_is_named_with_its_line(tmp_path: Path, line: str) -> None:
    sheet = tmp_path / "l.jsonl"
    sheet.write_text(line + "\n")
    with pytest.raises(ClaimError, match=r"l\.jsonl:1 is no row of a label sheet: write"):
        evaluate(raised(sheet), Answering(0, complied=(1.0, 0.0), fooled=0.0))


def test_what_labels_cannot_correct_is_refused(tmp_path: Path) -> None:
    bench = Answering(0, complied=(1.0, 0.0), fooled=0.0)
    with pytest.raises(ClaimError, match="so draw fewer"):
        evaluate(raised(tmp_path / "l.jsonl", pairs=64), bench)
    judge = JUDGE.labelled(tmp_path / "l.jsonl", pairs=8)
    framed = MODEL.judged(HARMFUL.test.framed(FRAMES), by=judge)
    with pytest.raises(ClaimError, match="these arms are framed"):
        evaluate(claim(framed.higher_than(MODEL.judged(HARMFUL.test, by=judge), by=0.3)), Framed())
    with pytest.raises(ClaimError, match="name a file and draw two pairs or more"):
        JUDGE.labelled("", pairs=1)


class Framed(PlantedBench):
    def __init__(self) -> None:
        super().__init__(lambda arm: np.zeros(len(arm.prompts)))
