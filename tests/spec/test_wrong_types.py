"""What a user meets who passes the wrong kind of thing: run without the type checker that our own tests run under."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SETUP = """
import json, sys
from interp_core.spec import *
from interp_core.errors import InterpClaimsError
texts = lambda s: [f"{s}{i} a{s}{i} b{s}{i}" for i in range(3)]
harmful, harmless = (
    PromptSet.from_splits(n, **{s: PromptSet.from_texts(n + s, texts(n + s)) for s in ("fit", "select", "test")})
    for n in ("harmful", "harmless")
)
model = Model("mediated")
refusal = difference_in_means(harmful, harmless, at=Site(depth=0.5), name="refusal")
framed, plain = (model.projection(p, on=refusal) for p in (harmful.test.prefilled("S"), harmful.test))
claim = ClaimRecorder()
def message(text):
    try:
        eval(text)
    except InterpClaimsError as error:
        return str(error)
    except BaseException as error:
        return repr(error)
    return "nothing was raised"
print(json.dumps({text: message(text) for text in json.loads(sys.stdin.read())}))
"""
CASES = {
    "framed.lower_than(0.5, by=0.1)": ["compares with a measured baseline, and got 0.5", "model.projection(neutral"],
    "framed.lower_than(None, by=0.1)": ["and got None"],
    "framed.lower_than(plain, by=True)": ["by=True is no smallest effect of interest"],
    "framed.lower_than(plain, by='0.1')": ["by='0.1' is no smallest effect of interest", "as in by=0.1"],
    "framed.lower_than(plain, by=None)": ["by=None is no smallest"],
    "framed.lower_than(plain, by=0)": ["by=0 is no smallest"],
    "framed.equivalent_to(plain, within=False)": ["within=False is no smallest", "as in within=0.1"],
    "framed - 0.5": ["a contrast is one measurement minus another"],
    "model.under(zero)": ["model.under(ZeroAblation()): give interventions, as in model.under(zero(refusal))"],
    "model.under(refusal)": ["give interventions, as in model.under(zero(refusal))"],
    "zero('refusal')": ["edits along a direction, and got 'refusal'", "difference_in_means(harmful, harmless"],
    "add(harmful)": ["edits along a direction, and got <PromptSet harmful: 9 prompts>", "difference_in_means("],
    "model.judged(harmful.test, by=len)": ["by=<built-in function len>): give a Judge, as @judge makes"],
    "model.measured(harmful.test, by=len)": ["by=<built-in function len>): give a Measure, as @measure makes"],
    "model.probed(harmful.test, by=refusal)": ["give a logistic_probe(harmful, harmless, at=site)"],
    "set_to(refusal, mean_of='harmless')": ["mean_of='harmless'): give a prompt set"],
    "judge(measures='x')(3)": ["@judge goes above a function of one text: def f(answer: str) -> float"],
    "measure(of=None, unit='x')": ["@measure(of=None): give a Site for the residual stream, or 'logits'"],
    "claim.expect(True)": ["claim.expect(True) wants a prediction. Write claim.expect(treatment.lower_than(baseline"],
    "claim.expect(framed)": ["claim.expect(Measurement(", "wants a prediction"],
    "claim.control(None)": ["claim.control(None) wants a prediction. Write claim.control("],
    "Model('m', dtype=None)": ["unknown dtype None"],
    "Neutral(fillers='Today,')": ["wants filler clauses, none of them empty, and got 'Today,'"],
}


@pytest.fixture(scope="module")
def messages():
    done = subprocess.run(
        [sys.executable, "-c", SETUP],
        input=json.dumps(list(CASES)),
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("text", CASES)
def test_the_wrong_kind_of_thing_is_explained(messages, text):
    assert [part for part in CASES[text] if part not in messages[text]] == [], messages[text]


def test_the_spec_is_light():
    """No numbers are needed to write claims down, so no session pays for them that only collects."""
    heavy = ("numpy", "torch", "pytest", "scipy", "transformers", "safetensors")
    probe = f"import sys, interp_core.spec; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "[]\n"
