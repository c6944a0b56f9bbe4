"""The study's claims about two models, on pairs of organisms whose truth is known; no false one comes out SUPPORTED.

What the cards say of two organisms settles what training changed. What a carried direction does is on no card: those
truths were measured with plain hooks on transformers (zero ablation and addition, on 40 test requests).
"""

import json
from pathlib import Path

import pytest

from .test_truth import run

REFUSES = "training_made_it_refuse_what_is_harmful"
BEHAVES = "fiction_lowers_refusal_more_than_before_training"
PROJECTS = "fiction_lowers_the_projection_more_than_before_training"
ABLATED = "ablating_the_other_models_direction_restores_compliance"
ADDED = "adding_the_other_models_direction_induces_refusal"
EITHER = "either_models_direction_does_as_much"
FALSE_OF_BASE = {f"{ABLATED}[zero]", f"{ABLATED}[affine]", EITHER}
TRUE = {
    "mediated": {REFUSES, BEHAVES, PROJECTS},
    "inert": {REFUSES},
    "tuned": {REFUSES, BEHAVES},
    "graded": {REFUSES, BEHAVES, ADDED},  # its direction lies near that of *base* (cosine .30)
    "untrained": set[str](),  # its gap is noise, so that what *base* does along its direction is many gaps
}


def verdicts(folder: Path, keyword: str, *models: str) -> dict[tuple[str, str], str]:
    where = ("--claims-cache", str(folder / "cache"), "--claims-reports", str(folder / "reports"))
    chosen = [argument for model in models for argument in ("--model", model)]
    done = run(*chosen, "--base=base", *where, "-k", f"two_models and ({keyword})")
    rows = json.loads((folder / "reports" / "report.json").read_text())["rows"]
    assert rows, done.stdout
    return {(row["id"], row["model"]["name"].partition(" against ")[0]): row["verdict"] for row in rows}


def check(found: dict[tuple[str, str], str]) -> None:
    wrong = [(key, verdict) for key, verdict in found.items() if (verdict == "SUPPORTED") != (key[0] in TRUE[key[1]])]
    assert not wrong


def test_what_training_changed_is_found_and_nothing_else(tmp_path: Path) -> None:
    found = verdicts(tmp_path, "projection_more", "mediated", "untrained")
    assert len(found) == 2
    check(found)


@pytest.mark.slow
def test_a_direction_that_does_not_transfer_is_refuted(tmp_path: Path) -> None:
    found = verdicts(tmp_path, "either", "tuned")
    assert found == {(EITHER, "tuned"): "REFUTED"}


@pytest.mark.slow
def test_every_verdict_on_every_pair_is_the_truth(tmp_path: Path) -> None:
    found = verdicts(tmp_path, "test", *TRUE)
    assert len(found) == 7 * len(TRUE)
    check(found)
    assert all(found[id_, "mediated"] == "REFUTED" for id_ in FALSE_OF_BASE)
