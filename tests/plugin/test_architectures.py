"""Every architecture runs a projection claim and an ablation claim from a folder, through a whole pytest session."""

import json
from pathlib import Path

import pytest

from tests.engine.tiny import ARCHITECTURES, save_tiny

CLAIMS = '''
import pytest
from interp_core import *

A = PromptSet.from_jsonl("a.jsonl")
B = PromptSet.from_jsonl("b.jsonl")
D = difference_in_means(A, B, at=Site(depth=0.5), name="d")
FRAMES = FrameSet("loud", (Frame("loud", "Please, please, {text}"),))

@measure(of="logits", unit="nats")
def spread(logits):
    return float(logits.max() - logits.mean())

@pytest.mark.claim(kind="correlational")
def test_pleading_lowers_projection(claim, model):
    """Pleading lowers the projection.

    Baseline: the same requests, direct.
    """
    pleading = model.projection(A.test.framed(FRAMES), on=D, raw=True)
    claim.expect(pleading.lower_than(model.projection(A.test, on=D, raw=True), by=0.1))

@pytest.mark.claim(kind="causal")
@pytest.mark.parametrize("ablation", [zero, affine], ids=str)
def test_ablation_flattens(claim, model, ablation):
    """{ablation} ablation flattens the next-token logits.

    Baseline: the same ablation of random directions.
    """
    ablated = model.under(ablation(D)).measured(A.test, by=spread)
    sham = model.under(ablation(D.random(draws=3))).measured(A.test, by=spread)
    claim.expect(ablated.lower_than(sham, by=0.5))
'''


def write_prompts(folder: Path, name: str, verb: str) -> None:
    rows = [
        {"id": f"{name}{split}{i}", "text": f"{verb} the {split} shed {i}.", "split": split}
        for split in ("fit", "select", "test")
        for i in range(16)
    ]
    (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_saved_folder_runs_claims(pytester: pytest.Pytester, architecture: str) -> None:
    folder = save_tiny(architecture, pytester.path / "saved")
    write_prompts(pytester.path, "a", "paint")
    write_prompts(pytester.path, "b", "steal")
    pytester.makepyfile(CLAIMS)
    result = pytester.runpytest_inprocess(f"--model={folder}")
    assert result.ret in (0, 1, 14), result.stdout.str()
    rows = json.loads((pytester.path / "reports" / "report.json").read_text())["rows"]
    assert [row["id"] for row in rows] == [
        "pleading_lowers_projection",
        "ablation_flattens[affine]",
        "ablation_flattens[zero]",
    ]
    for row in rows:
        assert row["verdict"] != "INVALID", row["reason"]
        assert row["low"] <= row["effect"] <= row["high"]
        assert row["n"] == 16
