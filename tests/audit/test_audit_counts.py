"""R3: counts, parts, shares and sizes, each impossible one beside a possible one in nearly the same words."""

import pytest

from interp_core.audit.quantities import counted, whole_number
from tests.audit.score import findings
from tests.audit.score import study as fixture_study

ZERO = "[@claim:ablating_refusal_restores_compliance[zero]@Qwen3-8B]"
FICTION = "[@claim:fiction_raises_compliance@Qwen3-8B]"

PAIRS = [
    # k of n, in words and across clauses and sentences
    ("Twelve of the dozen jurors said no.", "Thirteen of the dozen jurors said no."),
    ("The riddles were 24. Nineteen were solved.", "The 24 riddles were tried. Twenty-nine of them were solved."),
    ("Nine librarians were asked, of whom eight had read it.", "Nine librarians were asked, of whom ten had read it."),
    ("Twelve people came and two of the people left.", "Twelve people came and thirteen of the people left."),
    ("Of our 30 essays, 28 ran over the limit.", "Of our 30 essays, no fewer than 34 ran over the limit."),
    ("We picked 12 jokes from a collection of 40.", "We picked 12 jokes from a collection of ten."),
    ("It was seen in three models and held in two.", "It was seen in two models and held in three."),
    ("The parser was right in k = 39 of n = 40 cases.", "The parser was right in k = 41 of n = 40 cases."),
    ("| refused | asked |\n|---|---|\n| 112 | 113 |", "| refused | asked |\n|---|---|\n| 113 | 112 |"),
    # parts
    ("Of the 60 letters, 38 were answered and 22 were not.", "Of the 60 letters, 41 were answered and 22 were not."),
    (
        "Fifty essays were graded: 20 good, 20 fair and 10 poor.",
        "Fifty essays were graded: 20 good, 25 fair and 10 poor.",
    ),
    ("Of 22 guests, 13 spoke Thai and 12 Lao; some spoke both.", "Of 22 guests, 13 spoke Thai and 12 did not."),
    # shares
    ("Exactly two thirds of the nine maps were legible.", "Exactly two thirds of the ten maps were legible."),
    ("More than half of the seven readers agreed.", "Half of the seven readers agreed."),
    ("Five jokes were told and the laughter rate was 0.60.", "Six jokes were told and the laughter rate was 0.60."),
    (
        "On the ten-item list the probe has an accuracy of 0.90.",
        "On the twelve-item list the probe has an accuracy of 0.90.",
    ),
    ("We asked 15 people two questions each, and 63% of the answers were yes.", "We asked 15 people and 63% said yes."),
    ("Six readers gave whole points; the mean was 4.33.", "Six readers gave whole points; the mean was 4.40."),
    ("Across five seeds the mean accuracy was 0.83.", "Across five essays the mean accuracy was 0.83."),
    ("Compliance rose to 140% of its former level.", "The filter let 130% of the poems through."),
    ("The 25 poems were split evenly, five to a reader.", "The 25 poems were split evenly, 12.5 to a reader."),
    # sizes
    (
        f"In Qwen3-8B it is 0.969 on a hundred and twenty-eight requests, against 0.039 {ZERO}.",
        f"In Qwen3-8B it is 0.969 on a hundred and eighty-two requests, against 0.039 {ZERO}.",
    ),
    (
        f"Qwen3-8B complied at 0.713, neutral 0.251, with 1,280 generations an arm {FICTION}.",
        f"Qwen3-8B complied at 0.713, neutral 0.251, with 1,208 generations an arm {FICTION}.",
    ),
    (
        f"The sample comprised 128 harmful requests. On it, Qwen3-8B complied at 0.969, against 0.039 {ZERO}.",
        f"The sample comprised 218 harmful requests. On it, Qwen3-8B complied at 0.969, against 0.039 {ZERO}.",
    ),
]


def _told(text):
    entry = {"id": "one", "text": text, "rules": ["R3"]}
    return [finding.message for finding in findings(entry, fixture_study())[0]]


@pytest.mark.parametrize(("possible", "impossible"), PAIRS)
def test_what_no_count_gives_is_told_and_what_one_gives_passes(possible, impossible):
    assert _told(possible) == []
    assert len(_told(impossible)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "An early draft had 131 of 128, a typo.",
        "The draft had 131 of 128 here. That was a misprint.",
        'The log says "131 of 128" at this point.',
    ],
)
def test_a_count_that_its_author_disowns_or_quotes_passes(text):
    assert _told(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "Of the six frames, the longest has 48.",
        "We generated four answers to each of 25 prompts, and 90 of the answers were refusals.",
        "The pilot had 24 prompts. The main study had more: 40 of the prompts were new.",
        "Ten frames gave the outputs; thirty of them were refusals.",
        "One in twenty answers was cut off, that is 5%, and one in a hundred was empty.",
        "The 25 prompts were split into five folds, 20 to train on and 5 to test on.",
        "From the 20 seeds we grew 300 answers.",
    ],
)
def test_numbers_that_are_no_part_of_the_whole_beside_them_pass(text):
    assert _told(text) == []


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("1,280", 1280),
        ("1{,}280", 1280),
        ("sixty-four", 64),
        ("a hundred and fifty", 150),
        ("one thousand one hundred and eighty", 1180),
        ("two dozen", 24),
        ("half a dozen", 6),
    ],
)
def test_whole_numbers_are_read_in_digits_and_in_words(said, value):
    assert whole_number(said) == value
    assert [(one.value, one.noun) for one in counted(f"We read {said} short poems.")] == [(value, "poems")]


@pytest.mark.parametrize(
    "said", ["twenty-first poems", "two-thirds", "several dozen poems", "layer 20", "3 % of it", "about 40 poems"]
)
def test_what_counts_nothing_is_no_count(said):
    assert counted(said) == ()
