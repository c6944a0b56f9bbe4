"""What may be said weakens with the evidence, and what is left open is said."""

import copy

import pytest

from interp_core import report
from interp_core.report import document as doc
from interp_core.report import said
from tests.report.sample import REGISTRATION, document, evidence


def row(number=0, **changes):
    return copy.deepcopy(document()["rows"][number]) | changes


def test_a_supported_row_licenses_its_claim_with_its_scope_and_figures():
    told = said.licensed(row(1, status="confirmatory"))
    assert told == (
        "In mediated, float32, on 128 requests, the registered comparison gave 1.00 [0.93, 1.00], beyond its margin of "
        "0.3: “zero ablation of the refusal direction restores compliance with harmful requests”."
    )


def refuted(low, effect, high):
    return {"verdict": "REFUTED", "low": low, "effect": effect, "high": high}


@pytest.mark.parametrize(
    ("changes", "holds", "lacks"),
    [
        ({"status": "exploratory"}, "the comparison gave", "registered"),
        ({"status": "post hoc"}, "(post hoc).", "registered"),
        ({"status": "amended"}, "(amended).", "(exploratory)"),
        ({"verdict": "INCONCLUSIVE"}, "the data do not decide whether", "gave"),
        ({"verdict": "INVALID"}, "nothing was learned about", "1.00"),
        (refuted(0.1, 0.2, 0.25), "smaller than claimed, 0.20 [0.10, 0.25]", "beyond"),
        (refuted(-0.1, 0.0, 0.1), "no effect as large as 0.3 was found", "beyond"),
        (refuted(-0.3, -0.2, -0.1), "had the other sign", "beyond"),
    ],
)  # fmt: skip
def test_weaker_evidence_gives_a_weaker_sentence(changes, holds, lacks):
    told = said.licensed(row(1, **changes))
    assert holds in told
    assert lacks not in told


def open_points(number=1, **changes):
    whole = document()
    whole["rows"][number] |= changes
    return said.left_open(whole["rows"][number], whole)


def test_rivals_are_ruled_out_by_supported_claims_alone():
    rivals = [["length", "harmless_answers_survive"], ["style", "fiction_raises_compliance"], ["luck", ""]]
    told = open_points(registration={**REGISTRATION, "alternatives": rivals})
    assert "Not ruled out: length." not in told
    assert "Not ruled out: style." in told  # that claim is refuted
    assert "Not ruled out: luck." in told


def test_a_mechanism_without_its_ground_is_ungrounded():
    assert "Ungrounded: it rests on fiction_raises_compliance, which is REFUTED." in open_points()
    there = {**REGISTRATION, "rests_on": ["harmless_answers_survive", "nowhere"]}
    told = open_points(registration=there)
    assert "Ungrounded: it rests on nowhere, which is not evaluated." in told
    assert not any("harmless_answers_survive" in point for point in told)


def test_what_a_kind_of_evidence_cannot_show_is_said():
    assert "It is a comparison without an intervention on the model: no cause inside it is shown." in open_points(0)
    assert "What the intervention does to other abilities was not measured." in open_points(1)
    costed = evidence("equivalent", 0.1, 0.01, -0.01, 0.03, noun="KL divergence")
    assert "What the intervention does to other abilities was not measured." not in open_points(1, controls=[costed])


def test_an_uncalibrated_judge_is_said_with_its_tipping_point():
    (told,) = [point for point in open_points() if "judge" in point and "calibrated" in point]
    assert told.endswith("arms whose errors differ by 0.12 would change the verdict.")
    exact = evidence("higher", 0.3, 1.0, 0.93, 1.0)
    exact["judge"] = {**exact["judge"], "exact": True}
    assert not any("calibrated" in point for point in open_points(predictions=[exact]))


def test_the_checklist_leaves_open_what_nobody_answered():
    answers = dict(said.checklist(document()))
    assert answers["Hypotheses stated before the data"] == "12 locked, anchor: local commit 1a2b3c4d5e"
    assert answers["Stopping rule"] == "at 128 requests"
    assert answers["Exclusions"] == answers["Broader impact"] == ""
    assert (
        dict(said.checklist(document(lock={"digest": "", "rows": 0, "anchor": "none"})))[
            "Hypotheses stated before the data"
        ]
        == ""
    )


def test_forecasts_are_scored():
    made = (("SUPPORTED", 0.9), ("REFUTED", 0.6))
    rows = [row(1, verdict=verdict, registration={**REGISTRATION, "expected": said_}) for verdict, said_ in made]
    assert said.forecast_score(document(rows=0) | {"rows": rows}) == (
        "Brier score 0.185 over 2 forecasts: 0.75 expected, 0.50 came out"
    )
    assert said.forecast_score(document(rows=0)) == ""


def test_context_and_summary_hold_every_verdict_and_the_limits():
    whole = document()
    for text in (report.context(whole), report.summary(whole)):
        assert all(limit in text for limit in said.limits(whole))
    assert all(
        f"{one['id']} on {one['model']['name']}: {one['verdict']}" in report.context(whole) for one in whole["rows"]
    )
    assert "not ruled out: the frame is only longer" in report.summary(whole)


def test_headlines_lead_the_summary():
    whole = document()
    whole["rows"][3]["registration"] = {**REGISTRATION, "headline": True}
    first = report.summary(whole).splitlines()[2]
    assert first.startswith("**REFUTED** (exploratory): Screenplays")
    assert "9 secondary claims besides." in report.summary(whole)


def test_two_runs_are_compared_claim_by_claim():
    old, new = document(3), document(3)
    assert report.compare_reports(old, new) == (["3 claims as before"], False)
    new["rows"][0] |= {"verdict": "REFUTED", "effect": -0.1, "low": -0.2, "high": 0.0}
    new["rows"][0]["digests"] = {**new["rows"][0]["digests"], "data": "0" * 64}
    lines, moved = report.compare_reports(old, new)
    assert moved
    assert lines == [
        "fiction_lowers_the_refusal_projection on mediated: was SUPPORTED, is REFUTED",
        "    effect: −0.41 [−0.49, −0.33] of the gap before, −0.10 [−0.20, 0.00] of the gap now",
        "    changed: prompts",
        "2 claims as before",
    ]
    new["rows"][0]["cost"] = {**new["rows"][0]["cost"], "changed": ["r3", "r7"]}
    assert "    changed: prompts (among them r3, r7)" in report.compare_reports(old, new)[0]


def test_a_moved_effect_is_told_without_a_moved_verdict():
    old, new = document(2), document(2)
    new["rows"][1]["model"] = copy.deepcopy(new["rows"][1]["model"])
    new["rows"][1]["model"]["files"]["template"] = "other"
    del new["rows"][0]
    lines, moved = report.compare_reports(old, new)
    assert not moved
    assert lines == [
        "ablating_refusal_restores_compliance[zero] on mediated: SUPPORTED as before",
        "    effect: 1.00 [0.93, 1.00] before, 1.00 [0.93, 1.00] now",
        "    changed: template",
        "fiction_lowers_the_refusal_projection on mediated: only in the old run",
        "0 claims as before",
    ]


def test_statuses_are_counted_in_order():
    whole = document(4)
    for one, status in zip(whole["rows"], ("exploratory", "confirmatory", "confirmatory", "amended"), strict=True):
        one["status"] = status
    assert doc.standing(whole) == "2 confirmatory, 1 amended, 1 exploratory"
