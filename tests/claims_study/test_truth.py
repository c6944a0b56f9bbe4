"""The study's own claims, on organisms whose truth is known: every verdict against the ground-truth card.

SUPPORTED where the card says true, never SUPPORTED where it says false or cannot measure. INCONCLUSIVE is allowed and
counted: `pytest tests/claims_study --slow -s` runs the whole matrix and prints it.
"""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TRAINED = ROOT / "fixtures" / "organisms" / "trained"
ORGANISMS = sorted(folder.name for folder in TRAINED.iterdir() if (folder / "card.json").is_file())
ALLOWED = {
    "true": {"SUPPORTED", "INCONCLUSIVE"},
    "false": {"REFUTED", "INCONCLUSIVE", "INVALID"},
    "not measurable": {"REFUTED", "INCONCLUSIVE", "INVALID"},
    "borderline": {"SUPPORTED", "REFUTED", "INCONCLUSIVE"},
}
# The traps that fool a careless method, and the claims that see through each: the short form of the matrix.
TRAPS = [
    ("mediated", "fiction_raises or fiction_lowers_the or ablating or adding"),
    ("confounded", "fiction_lowers_the"),
    ("dissociated", "fiction_lowers_the"),
    ("gated", "ablating or adding or one_layer"),
    ("readout", "ablating or adding"),
]
FAR, NEAR = 0.3, 0.05  # of the probability of refusing: what certainly is an effect on it, and what is none


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "claims/", "-p", "no:cacheprovider", "-p", "no:xdist", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def truths(name: str) -> dict[str, str]:
    """What the card says of each claim: the truths that it judges, and those that its measurements settle."""
    card = json.loads((TRAINED / name / "card.json").read_text())
    told = {claim: about["truth"] for claim, about in card["claims"].items()}
    fresh = card["measured"].get("fresh", {})
    edits, swaps = fresh.get("interventions", {}), fresh.get("interchange, p(refuse)", {})
    if told["ablating_refusal_restores_compliance[affine]"] in ("true", "false") and "affine, site only" in edits:
        freed = edits["affine, site only"]["harmful complied"] - edits["random 0, affine"]["harmful complied"]
        told["affine_ablation_at_one_layer_restores_compliance"] = _clear(freed - 0.3, FAR, NEAR)
    if "fiction, as it is" in swaps:
        moved = swaps["fiction, set to the neutral mean"] - swaps["fiction, as it is"]
        told["setting_the_component_to_neutral_restores_refusal"] = _clear(moved, FAR, NEAR)
    return told


def _clear(value: float, far: float, near: float) -> str:
    return "true" if value > far else "false" if value < near else "borderline"


def judged(name: str, keyword: str, folder: Path) -> tuple[dict[str, str], str]:
    where = ("--claims-cache", str(folder / "cache"), "--claims-reports", str(folder / "reports"))
    done = run(f"--model={name}", *where, "-k", keyword, "--deselect", "claims/test_recorded.py")
    rows = json.loads((folder / "reports" / "report.json").read_text())["rows"]
    return {row["id"]: row["verdict"] for row in rows}, done.stdout


def compared(name: str, keyword: str, folder: Path) -> Counter[str]:
    """The verdicts of an organism's claims, each held against the card; returns how many of each."""
    found, output = judged(name, keyword, folder)
    told = truths(name)
    wrong = [f"{id_}: {told[id_]}, {found[id_]}" for id_ in found.keys() & told if found[id_] not in ALLOWED[told[id_]]]
    assert not wrong, f"{name}: {wrong}\n{output}"
    assert found.keys() & told, output
    for id_, verdict in sorted(found.items()):
        print(f"{name:16} {told.get(id_, 'not on the card'):16} {verdict:12} {id_}")
    return Counter(verdict for id_, verdict in found.items() if id_ in told)


@pytest.mark.parametrize(("name", "keyword"), TRAPS)
def test_the_traps_fool_no_claim(name: str, keyword: str, tmp_path: Path) -> None:
    counts = compared(name, keyword, tmp_path)
    assert counts["SUPPORTED"] + counts["REFUTED"] > 0, counts  # it decides something, and that rightly


@pytest.mark.slow
@pytest.mark.parametrize("name", ORGANISMS)
def test_every_verdict_on_every_organism_agrees_with_its_card(name: str, tmp_path: Path) -> None:
    counts = compared(name, "not recorded", tmp_path)
    print(f"{name}: {dict(counts)}")


def test_a_warm_run_makes_no_pass_and_moves_no_verdict(tmp_path: Path) -> None:
    cold, _ = judged("mediated", "prefilled", tmp_path)
    warm, output = judged("mediated", "prefilled", tmp_path)
    report = json.loads((tmp_path / "reports" / "report.json").read_text())
    assert report["passes"]["made"] == 0, output
    assert warm == cold == {
        "prefilled_acceptance_raises_compliance": "SUPPORTED", "prefilled_refusal_lowers_compliance": "SUPPORTED",
    }  # fmt: skip
    assert all(row["moved_from"] is None for row in report["rows"])


@pytest.mark.parametrize("word", ["fiction", "ablating or adding", "prefilled"])
def test_k_selects_the_same_claims_whatever_the_model(word: str) -> None:
    models = [argument for name in [*ORGANISMS, "recorded:nowhere"] for argument in ("--model", name)]
    lines = run("--collect-only", "-q", "-k", word, *models).stdout.splitlines()
    found = [line for line in lines if "::" in line]
    by_model: dict[str, set[str]] = {}
    for line in found:
        test, _, parameters = line.rstrip("]").partition("[")
        model, rest = _split(parameters)
        by_model.setdefault(model, set()).add(f"{test}[{rest}]")
    assert set(by_model) == {*ORGANISMS, "nowhere"}
    assert len({frozenset(tests) for tests in by_model.values()}) == 1, by_model


def _split(parameters: str) -> tuple[str, str]:
    """The model's name, which may hold hyphens, and the other parameters."""
    name = max((n for n in [*ORGANISMS, "nowhere"] if n in parameters), key=len)
    return name, parameters.replace(name, "")
