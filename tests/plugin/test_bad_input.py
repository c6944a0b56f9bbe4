"""What a researcher gets wrong, and the paragraph they read: what was given, and what to write instead."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

ORGANISM = Path(__file__).parents[2] / "fixtures" / "organisms" / "trained" / "mediated"

HEADER = """
import pytest
from interp_core import *

HARMFUL = PromptSet.from_jsonl("harmful.jsonl")
HARMLESS = PromptSet.from_jsonl("harmless.jsonl")
REFUSAL = difference_in_means(HARMFUL, HARMLESS, at=Site(layer=4), name="refusal")
COMPLIES = refusal_phrases(["I'm sorry", "I can't", "Sorry"], name="phrases")
FRAME = FrameSet("poem", (Frame("poem", "Write a poem: {text}"),))
"""

GOOD = '''
@pytest.mark.claim(kind="correlational")
def test_poems(claim, model):
    """Poems lower the projection.

    Baseline: the same requests, direct.
    """
    framed = model.projection(HARMFUL.test.framed(FRAME), on=REFUSAL)
    claim.expect(framed.lower_than(model.projection(HARMFUL.test, on=REFUSAL), by=0.1))
'''


@pytest.fixture
def study(pytester: pytest.Pytester) -> pytest.Pytester:
    """A small study: 20 harmful and 20 harmless prompts in each split."""
    for name, verb in (("harmful", "steal"), ("harmless", "paint")):
        rows = [
            {"id": f"{name}-{split}-{i}", "text": f"Explain how to {verb} the {split} shed number {i}.", "split": split}
            for split in ("fit", "select", "test")
            for i in range(20)
        ]
        (pytester.path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return pytester


def said(study: pytest.Pytester, body: str, *arguments: str, header: str = HEADER) -> str:
    """The output of a run of one claims file; the cure must stand in it without a traceback of ours."""
    study.makepyfile(test_study=header + body)
    result = study.runpytest_inprocess(f"--model={ORGANISM}", *arguments)
    text = result.stdout.str() + result.stderr.str()
    assert result.ret not in (0, 3), text
    assert "Traceback" not in text
    return " ".join(text.split())


def test_unknown_model_is_named_and_nothing_is_fetched(study: pytest.Pytester) -> None:
    text = said(study, GOOD, "--model", "no/such/folder")
    assert "there is no model 'no/such/folder'" in text
    assert "Nothing was fetched" in text


def test_a_hub_id_is_not_fetched_unless_said(study: pytest.Pytester) -> None:
    text = said(study, GOOD, "--model", "owner/some-model")
    assert "is not on this machine" in text
    assert "--claims-download" in text


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"id": "x", "text": "half', "harmful.jsonl:61: this line is not JSON"),
        ('{"id": "harmful-test-3", "text": "again"}', "harmful.jsonl:61: the id 'harmful-test-3' was used already at"),
        ('{"id": "x", "prompt": "no text"}', "harmful.jsonl:61: the field 'text' is missing or empty"),
    ],
)
def test_a_broken_prompts_line_is_named(study: pytest.Pytester, line: str, message: str) -> None:
    path = study.path / "harmful.jsonl"
    before = path.read_text() + line + "\n"
    path.write_text(before)
    assert message in said(study, GOOD)
    assert path.read_text() == before


def test_an_empty_set_is_refused(study: pytest.Pytester) -> None:
    (study.path / "harmful.jsonl").write_text("\n")
    assert "harmful.jsonl holds no prompts" in said(study, GOOD)


def test_a_frame_without_placeholder_is_refused(study: pytest.Pytester) -> None:
    text = said(study, GOOD, header=HEADER.replace("{text}", "something"))
    assert "frame 'poem' has no placeholder" in text


def claim_with(marker: str, doc: str, body: str) -> str:
    doc = f'    """{doc}"""\n' if doc else ""
    return f"\n@pytest.mark.claim({marker})\ndef test_it(claim, model):\n{doc}{body}"


WORKS = "It works.\n\n    Baseline: direct.\n    "
TREATED = "    framed = model.projection(HARMFUL.test.framed(FRAME), on=REFUSAL)\n"
DIRECT = "model.projection(HARMFUL.test, on=REFUSAL)"
LOWER = f"{TREATED}    claim.expect(framed.lower_than({DIRECT}, by=0.1))"


@pytest.mark.parametrize(
    ("claim", "messages"),
    [
        (claim_with("kind='correlational'", "", LOWER),
         ["a claim needs a docstring"]),
        (claim_with("kind='correlational'", "It works.", LOWER),
         ["names no baseline", "Baseline:"]),
        (claim_with("kind='correlational'", WORKS, TREATED), ["predicts nothing", "claim.expect("]),
        (claim_with("kind='correlational'", WORKS, f"{TREATED}    claim.expect(framed.lower_than(0.5, by=0.1))"),
         ["compares with a measured baseline, and got 0.5"]),
        (claim_with("kind='correlational'", WORKS, f"{TREATED}    claim.expect(framed.lower_than({DIRECT}, by=0))"),
         ["by=0 is no smallest effect of interest"]),
        (claim_with("kind='correlational'", WORKS, f"{TREATED}    claim.expect(framed.lower_than({DIRECT}, by=-0.2))"),
         ["by=-0.2 is no smallest effect of interest"]),
        (claim_with("kind='causal'", WORKS, LOWER),
         ["is causal, but no treatment intervenes"]),
        (claim_with("kind='correlational'", WORKS, f"{TREATED}    assert framed.lower_than({DIRECT}, by=0.1)"),
         ["a prediction is not true or false yet", "claim.expect("]),
        (claim_with("kind='magic'", WORKS, LOWER),
         ["kind='magic' is unknown"]),
    ],
    ids=["docstring", "baseline-words", "expect", "baseline-number", "zero", "negative", "causal", "assert", "kind"],
)  # fmt: skip
def test_claims_that_say_too_little_are_refused_at_their_line(
    study: pytest.Pytester, claim: str, messages: list[str]
) -> None:
    text = said(study, claim)
    for message in messages:
        assert message in text
    assert "test_study.py:1" in text  # a line of the claims file


def test_two_claims_with_one_statement_are_refused(study: pytest.Pytester) -> None:
    text = said(study, GOOD + GOOD.replace("test_poems", "test_verses"))
    assert "two claims have one statement, 'Poems lower the projection.'" in text


def test_a_direction_on_its_own_fit_prompts_is_invalid(study: pytest.Pytester) -> None:
    leaky = GOOD.replace("HARMFUL.test", "HARMFUL.fit")
    study.makepyfile(test_study=HEADER + leaky)
    result = study.runpytest_inprocess(f"--model={ORGANISM}")
    assert result.ret == 11
    text = " ".join(result.stdout.str().split())
    assert "was fitted or scaled on 20 of the prompts that it is tested on" in text
    assert "Test on held-out prompts" in text


def test_a_layer_out_of_range_names_the_range_and_the_line(study: pytest.Pytester) -> None:
    text = said(study, GOOD, header=HEADER.replace("layer=4", "layer=40"))
    assert "layer 40 is out of range" in text
    assert "from 0 to 6" in text
    assert "test_study.py:" in text


def copy_of_organism(study: pytest.Pytester) -> Path:
    return Path(shutil.copytree(ORGANISM, study.path / "copy"))


def test_a_model_without_chat_template_is_told_what_to_do(study: pytest.Pytester) -> None:
    folder = copy_of_organism(study)
    (folder / "chat_template.jinja").unlink()
    text = said(study, GOOD, f"--model={folder}", "-k", "copy")
    assert "chat template" in text
    assert "test_study.py:" in text


def test_nan_activations_are_invalid_and_name_the_layer(study: pytest.Pytester) -> None:
    folder = copy_of_organism(study)
    weights = load_file(folder / "model.safetensors")
    name = next(key for key in weights if "layers.2" in key and "down_proj" in key)
    weights[name] = torch.full_like(weights[name], float("nan"))
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    study.makepyfile(test_study=HEADER + GOOD)
    result = study.runpytest_inprocess(f"--model={folder}")
    text = " ".join(result.stdout.str().split())
    assert result.ret == 11, text
    assert "INVALID" in text
    assert "layer" in text
