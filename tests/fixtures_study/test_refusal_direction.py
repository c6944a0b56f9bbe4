"""The converter of andyrdt/refusal_direction's runs, on small files and on the authors' own."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from fixtures.recorded.refusal_direction import ARMS, LABELS, convert
from interp_core.errors import RecordedError
from interp_core.spec.recorded import read_recording

ROOT = Path(__file__).parents[2]
REAL = ROOT.parent / "shared" / "real" / "refusal_direction"
RUNS = ("gemma-2b-it", "llama-2-7b-chat-hf", "qwen-1_8b-chat")
needs_runs = pytest.mark.skipif(
    not REAL.is_dir(), reason="needs the runs of andyrdt/refusal_direction in ../shared/real"
)


@pytest.fixture
def run(tmp_path):
    """A run of two requests; the answer holds characters that end a line elsewhere."""
    folder = tmp_path / "tiny-chat"
    folder.mkdir()
    for name in ARMS:
        guard = None if name.startswith("harmless") else 1
        rows = [
            {
                "id": i,
                "prompt": f"Ask {i}",
                "response_head": f"é\u2028{name}",
                "complied_substring": i,
                "unsafe_llamaguard2": guard,
            }
            for i in (0, 1)
        ]
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    return folder


def test_every_arm_and_label_is_there(run, tmp_path):
    recording = read_recording(convert(run, tmp_path / "out"))
    harmful = {(arm, measure) for arm in ARMS.values() for measure in LABELS.values() if arm.startswith("harmful")}
    assert set(recording.rows) == harmful | {("harmless/baseline", "substring"), ("harmless/addition", "substring")}
    assert [row.value for row in recording.arm("harmful/ablation", "substring").values()] == [0.0, 1.0]
    assert set(recording.arm("harmful/baseline", "substring")) == {"harmful-0", "harmful-1"}
    assert set(recording.arm("harmless/baseline", "substring")) == {"harmless-0", "harmless-1"}
    row = recording.arm("harmless/addition", "substring")["harmless-0"]
    assert (row.prompt, row.output) == ("Ask 0", "é\u2028harmless_actadd")
    assert recording.name == "tiny-chat"
    assert recording.bounds("substring") == recording.bounds("llamaguard2") == (0.0, 1.0)


def test_interventions_are_named_in_the_arms_that_had_one(run, tmp_path):
    recording = read_recording(convert(run, tmp_path / "out"))
    assert {arm: recording.intervention(arm) for arm in ARMS.values()} == {
        "harmful/baseline": "", "harmless/baseline": "", "harmful/ablation": "directional ablation",
        "harmful/addition": "activation addition", "harmless/addition": "activation addition",
    }  # fmt: skip


def test_a_second_conversion_replaces_the_first(run, tmp_path):
    first = read_recording(convert(run, tmp_path / "out")).sha256
    assert read_recording(convert(run, tmp_path / "out")).sha256 == first


def test_missing_files_and_columns_are_named(run, tmp_path):
    path = run / "harmless_actadd.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]
    del rows[1]["complied_substring"]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    with pytest.raises(RecordedError, match=r"harmless_actadd.jsonl:2: the line has no 'complied_substring'"):
        convert(run, tmp_path / "out")
    path.unlink()
    with pytest.raises(RecordedError, match=r"harmless_actadd.jsonl is missing. Give a run folder that holds: jail"):
        convert(run, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_command_says_what_to_type_next(run, tmp_path):
    command = [sys.executable, "-m", "fixtures.recorded.refusal_direction", run, tmp_path / "out"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == f"--model recorded:{tmp_path / 'out'}\n"


@needs_runs
@pytest.mark.parametrize("model", RUNS)
def test_the_authors_labels_are_counted_as_their_files_have_them(model, tmp_path):
    expected = Counter()
    for name, arm in {"jailbreakbench_baseline": "harmful/baseline", "jailbreakbench_ablation": "harmful/ablation",
                      "jailbreakbench_actadd": "harmful/addition", "harmless_baseline": "harmless/baseline",
                      "harmless_actadd": "harmless/addition"}.items():  # fmt: skip
        for line in (REAL / model / f"{name}.jsonl").read_bytes().strip().split(b"\n"):
            row = json.loads(line)
            expected[arm, "substring", float(row["complied_substring"])] += 1
            if row["unsafe_llamaguard2"] is not None:
                expected[arm, "llamaguard2", float(row["unsafe_llamaguard2"])] += 1
    recording = read_recording(convert(REAL / model, tmp_path))
    found = Counter(
        (arm, measure, row.value) for (arm, measure), rows in recording.rows.items() for row in rows.values()
    )
    assert found == expected
    assert sum(expected.values()) == 800, "five arms of 100 requests, and a safety label for the harmful ones"
