"""The study's own claims, on organisms whose truth is known: every verdict against the ground-truth card."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TRAINED = ROOT / "fixtures" / "organisms" / "trained"
ORGANISMS = sorted(folder.name for folder in TRAINED.iterdir() if (folder / "card.json").is_file())
EXPECTED = {"true": "SUPPORTED", "false": "REFUTED"}


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "claims/", "-p", "no:cacheprovider", "-p", "no:xdist", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_every_verdict_agrees_with_the_ground_truth(tmp_path: Path) -> None:
    models = [argument for name in ORGANISMS for argument in ("--model", name)]
    where = ("--claims-cache", str(tmp_path / "cache"), "--claims-reports", str(tmp_path / "reports"))
    done = run(*models, *where)
    rows = json.loads((tmp_path / "reports" / "report.json").read_text())["rows"]
    found = {(row["id"], row["model"]["name"]): row["verdict"] for row in rows}
    truth = {
        (claim, name): EXPECTED[about["truth"]]
        for name in ORGANISMS
        for claim, about in json.loads((TRAINED / name / "card.json").read_text())["claims"].items()
    }
    assert found == truth, done.stdout
    assert len(found) == 24
    assert done.returncode == 1  # the false claims are refuted

    warm = run(*models, *where, "--deselect", "claims/test_recorded.py")
    again = json.loads((tmp_path / "reports" / "report.json").read_text())
    assert again["passes"]["made"] == 0, warm.stdout
    assert {(row["id"], row["model"]["name"]): row["verdict"] for row in again["rows"]} == truth
    assert all(row["moved_from"] is None for row in again["rows"])


@pytest.mark.parametrize("word", ["fiction", "ablating or adding", "prefilled"])
def test_k_selects_the_same_claims_whatever_the_model(word: str) -> None:
    def selected(model: str) -> set[str]:
        lines = run("--collect-only", "-q", "-k", word, "--model", model).stdout.splitlines()
        return {line.partition("[")[0] for line in lines if "::" in line}

    names = {name: selected(name) for name in [*ORGANISMS, "recorded:nowhere"]}
    assert all(names.values())
    assert len({frozenset(found) for found in names.values()}) == 1, names
