"""What honest writing looks like, and the overclaim next door to it: each clean sentence beside one that is not."""

import pytest

PIRATES = "[@claim:pirate_frames_raise_compliance]"
PROMPT = "[@claim:system_prompt_lowers_compliance]"
FICTION = "[@claim:fiction_raises_compliance@Qwen3-8B]"
PROJECTION = "[@claim:fiction_lowers_the_refusal_projection]"
ABLATING = "[@claim:ablating_refusal_restores_compliance[zero]@Qwen3-8B]"
ADDING_LLAMA = "[@claim:adding_refusal_induces_refusal@Llama-3.1-8B]"
ADDING = "[@claim:adding_refusal_induces_refusal@Qwen3-8B]"
LENGTH = "[@claim:longer_frames_do_no_more]"


@pytest.mark.parametrize(
    ("clean", "overclaim", "rule"),
    [
        (
            f"Pirate frames gained 0.081 in Qwen3-8B (0.021 to 0.146), where 0.25 or more was registered {PIRATES}.",
            f"Pirate frames raise compliance in Qwen3-8B by no less than 0.25 {PIRATES}.",
            "R6",
        ),
        (
            f'We claimed in the registration that "pirate frames raise compliance by at least 0.25" {PIRATES}.',
            f"Pirate frames raise compliance by at least 0.25 {PIRATES}.",
            "R6",
        ),
        (
            f"The safety prompt in Qwen3-8B ended without a verdict either way {PROMPT}.",
            f"The safety prompt in Qwen3-8B did its work {PROMPT}.",
            "R6",
        ),
        (
            f"Because the tokenizer changed, we reran it; in Qwen3-8B it is lower by 0.412 of the gap {PROJECTION}.",
            f"Qwen3-8B complies because the projection is lower {PROJECTION}.",
            "R4",
        ),
        (
            f"Zero ablation gives 0.969, random directions 0.039 {ABLATING}. This proves nothing about other models.",
            f"Zero ablation gives 0.969, random directions 0.039 {ABLATING}. This proves that one vector says no.",
            "R4",
        ),
        (
            f"Chat models have been studied before (Zou, 2023). Fiction gives 0.713, neutral text 0.251 {FICTION}.",
            f"Chat models fall for stories. In Qwen3-8B fiction gives 0.713 and neutral text 0.251 {FICTION}.",
            "R5",
        ),
        (
            f"Answers were labelled by GPT-4: 0.713 of Qwen3-8B's comply behind fiction, 0.251 without {FICTION}.",
            f"The rise carries over to GPT-4: 0.713 of Qwen3-8B's comply behind fiction, 0.251 without {FICTION}.",
            "R5",
        ),
        (
            f"Zeroed everywhere in Qwen3-8B, it gives 0.969 and random directions 0.039 {ABLATING}.",
            f"It works everywhere: in Qwen3-8B it gives 0.969 and random directions 0.039 {ABLATING}.",
            "R5",
        ),
        (
            f"Since the safety prompt was undecided in Qwen3-8B, we may return to it {PROMPT}.",
            f"Since the safety prompt was shown to work in Qwen3-8B, we may recommend it {PROMPT}.",
            "R6",
        ),
        (
            f"The two lengths came to 0.72 and 0.708 in Qwen3-8B {LENGTH}.",
            f"Long frames work, at 0.72, as short ones do in Qwen3-8B, at 0.708 {LENGTH}.",
            "R9",
        ),
        (
            "The licences of the two models are the same, and results may be reused.",
            "The results of the two models are the same, and either may be used.",
            "R9",
        ),
        (
            f"In Qwen3-8B random directions leave compliance unaltered {ABLATING}.",
            f"In Llama-3.1-8B the vector leaves refusals as they were, 0.242 and 0.008 {ADDING_LLAMA}.",
            "R9",
        ),
        (
            "| frame | compliance |\n|---|---|\n| story | 0.63 |\n| screenplay | 0.41 |\n\n"
            "Table 4. Compliance of Qwen3-8B [@claim:screenplays_beat_stories].",
            "| frame | compliance |\n|---|---|\n| story | 0.63 |\n| screenplay | 0.44 |\n\n"
            "Table 4. Compliance of Qwen3-8B [@claim:screenplays_beat_stories].",
            "R1",
        ),
        (
            f"Refusal in Qwen3-8B was tested only on one direction: 0.969, random ones 0.039 {ABLATING}.",
            f"Refusal in Qwen3-8B depends only on one direction: 0.969, random ones 0.039 {ABLATING}.",
            "R4",
        ),
        (
            "The competing edits had the same grid search as ours.",
            "Competing edits were run straight from their repositories; ours had its layer chosen by grid search.",
            "R20",
        ),
        (
            "The field's trend towards significance testing goes on.",
            "The drop shows a trend towards significance.",
            "R11",
        ),
        ("Several prompts mention a significant other.", "The drop in compliance was significant.", "R10"),
        ("We decided against showing hand-picked transcripts.", "Table 5 shows hand-picked transcripts.", "R12"),
        ('The following output is a log: "done".', 'The following reply is typical: "Of course, dear."', "R12"),
        (
            "The baseline had ten seeds and our own method three.",
            "Our own method had ten seeds and the baseline three.",
            "R20",
        ),
        ("The two arms are the same in length by design; the seed is kept.", "Refusal was wholly unaffected.", "R9"),
        ("The interval includes zero (p = .30).", "The interval includes zero (p = .003).", "R2"),
        (
            "The bounds were 0.2 (lower limit 0.1, upper limit 0.3).",
            "The mean was 0.7 (lower limit 0.1, upper limit 0.3).",
            "R2",
        ),
        ("The discarded runs gave $0.3$ $[-0.1,0.6]$.", "The discarded runs gave $0.9$ $[-0.1,0.6]$.", "R2"),
        ("Of the 8 templates, 25 % passed.", "Of the 8 templates, 30 % passed.", "R3"),
        ("We asked four readers, and 25% said yes.", "We asked four readers, and 30% said yes.", "R3"),
        ("Of $16$ refusals, a share of $0.75$ was curt.", "Of $16$ refusals, a share of $0.72$ was curt.", "R3"),
        ("We re-read 40 and agreed on 85% of the 40.", "We re-read 40 and agreed on 84% of the 40.", "R3"),
        ("The flag does nothing without a report.", "The wording of the frame does nothing.", "R9"),
        ("Rounding the rates changes nothing.", "Sampling at another temperature changes nothing.", "R9"),
        (
            f"The two differ by 0.012, undecided at a tolerance of 0.05 {LENGTH}.",
            f"The two differ by 0.05, undecided at a tolerance of 0.05 {LENGTH}.",
            "R1",
        ),
        (
            f"Fiction adds 46.2 points on Qwen3-8B (71.3 against 25.1) {FICTION}.",
            f"Fiction adds 46.2 points on Qwen3-8B (74.3 against 25.1) {FICTION}.",
            "R1",
        ),
        (f"This test was exploratory {LENGTH}.", f"This exploratory test found the two equivalent {LENGTH}.", "R9"),
        (
            f"The margin was amended before the run {PROMPT}.",
            f"With the margin amended, the system prompt lowers compliance {PROMPT}.",
            "R6",
        ),
        (
            "We gave the baseline 40 trials and our method 40 trials.",
            "Our vector is from a 50-trial search; the baseline had 5 trials.",
            "R20",
        ),
        (
            "The random vectors and our direction were each run once.",
            "The control wrapper was typed once and never edited, and ours went through thirty drafts.",
            "R20",
        ),
        (
            "The baseline complied once; ours complied 97 times.",
            "We put 9 hours into ours and none into the baseline.",
            "R20",
        ),
        *[
            (
                f"| arm | compliance (%) |\n|---|---|\n| fiction | {right} |\n\nTable 1. Qwen3-8B {FICTION}.",
                f"| arm | compliance (%) |\n|---|---|\n| fiction | {wrong} |\n\nTable 1. Qwen3-8B {FICTION}.",
                "R1",
            )
            for right, wrong in [("71.3", "73.1"), ("71.3", "0.731")]
        ],
        (
            "The odds ratio was 1.40 (95% CI 1.05 to 1.86), p = 0.02.",
            "The odds ratio was 1.04 (95% CI 0.88 to 1.23), p = 0.01.",
            "R2",
        ),
        (
            "The shift was 0.30 (95% CI 0.02 to 0.58), p = 0.036.",
            "The shift was 0.30 (95% CI 0.02 to 0.58), p = 0.00001.",
            "R2",
        ),
        (
            "With caching a pass takes 20 seconds, and 61 without it.",
            "With caching the harness runs about three times as fast as the naive loop.",
            "R8",
        ),
        (
            "# Results\n\nAnswers were cut at 40 words.",
            "# Results\n\nRefusals were 14 words long in the median.",
            "R15",
        ),
        (f"We cannot say that length is without effect {LENGTH}.", f"Length is without effect {LENGTH}.", "R9"),
        (
            "The prompts were chosen because they are public.",
            "Box 2 holds completions chosen because they are funny.",
            "R12",
        ),
    ],
)
def test_one_is_clean_and_the_other_is_not(rules, clean, overclaim, rule):
    assert rules(clean) == []
    assert rule in rules(overclaim)


@pytest.mark.parametrize(("p", "found"), [("0.44", ["R2"]), ("0.001", [])])
def test_a_column_of_p_values_is_held_against_the_column_of_intervals(rules, p, found):
    head = f"| Qwen3-8B {ADDING} | effect | interval | p |\n|---|---|---|---|\n"
    assert rules(f"{head}| refusal added | 0.867 | 0.797 to 0.918 | {p} |\n") == found


@pytest.mark.parametrize(("n", "found"), [("256", []), ("265", ["R3"])])
def test_the_size_is_checked_in_a_table_and_in_the_sentence_before_the_link(rules, n, found):
    head = f"| frames {LENGTH} | difference | n |\n|---|---|---|\n"
    assert [rule for rule in rules(f"{head}| long, short: inconclusive | 0.012 | {n} |\n") if rule == "R3"] == found
    assert rules(f"Difference 0.012 [−0.061, 0.0852], n = {n}. Undecided at 0.05 {LENGTH}.") == found


def test_where_examples_were_chosen_by_taste_the_finding_points_at_the_taste(audited):
    text = 'Table 6 lists two typical answers, chosen for clarity: "Certainly." and "Happy to."'
    (made,) = audited(text).findings
    assert (made.rule, text[made.start : made.end]) == ("R12", "chosen for")


def test_a_tables_remark_says_what_became_of_the_claim(rules):
    head = f"| claim {PROMPT} | Qwen3-8B | remark |\n|---|---|---|\n"
    assert rules(f"{head}| safety prompt | −0.141 | inconclusive |\n") == []
    assert rules(f"{head}| safety prompt | −0.141 | works |\n") == ["R6"]


def test_a_claim_that_is_listed_by_its_id_is_mentioned(audited, study):
    listed = "\n".join(f"- `{claim}`" for claim in study.by_claim)
    assert not any(f.rule == "R13" for f in audited(f"# Verdicts\n\n{listed}\n", passage=False).findings)
    shorter = listed.replace("- `pirate_frames_raise_compliance`\n", "")
    missing = [f.claim for f in audited(f"# Verdicts\n\n{shorter}\n", passage=False).findings if f.rule == "R13"]
    assert missing == ["pirate_frames_raise_compliance"]


def test_a_quotation_of_several_sentences_belongs_to_the_sentence_that_opens_it(audited):
    made = audited(f'Asked about locks, Qwen3-8B replied "Certainly! First, a pick. Then a wrench." {FICTION}.')
    assert len(made.statements) == 1
    assert [f.rule for f in made.findings] == ["R12"]
