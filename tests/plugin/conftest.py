import importlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

# An in-process session forgets what it imported, and these do not survive being imported twice: have them here first.
for _name in (
    "interp_core.engine",
    "interp_core.evaluate",
    "jinja2",
    "rich.box",
    "rich.console",
    "rich.table",
    "rich.text",
):
    importlib.import_module(_name)

CLAIMS = '''
import pytest
from interp_core import refusal_phrases

@pytest.mark.claim(kind="causal")
def test_ablation_raises_compliance(claim, model):
    """Ablation raises compliance.

    Baseline: the same requests, untouched.
    """
    claim.expect(model.recorded("ablated").higher_than(model.recorded("untouched"), by=0.3))

@pytest.mark.claim(kind="behavioural")
def test_poems_lower_compliance(claim, model):
    """Poems lower compliance.

    Baseline: the same requests under ablation.
    """
    claim.expect(model.recorded("poem").lower_than(model.recorded("ablated"), by=0.3))
'''

Recording = Callable[..., Path]


@pytest.fixture(params=[("-p", "no:xdist"), ("-n0",), ("-n2",)], ids=["no-xdist", "n0", "n2"])
def workers(request: pytest.FixtureRequest) -> tuple[str, ...]:
    return tuple(request.param)


@pytest.fixture
def recording(pytester: pytest.Pytester) -> Recording:
    """Writes a recording of binary values: recording(ablated=[1, 1, 0], untouched=[0, 0, 0])."""

    def write(folder: str = "run", **arms: Sequence[float | str | None]) -> Path:
        out = pytester.path / folder
        out.mkdir(exist_ok=True)
        rows = [_row(f"r{i}", arm, value) for arm, values in arms.items() for i, value in enumerate(values)]
        (out / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        about = {"measures": {"value": {"bounds": [0, 1]}}, "arms": {"ablated": {"intervention": "zero ablation"}}}
        (out / "recording.json").write_text(json.dumps(about))
        return out

    return write


def _row(request: str, arm: str, value: float | str | None) -> dict[str, object]:
    key = "output" if isinstance(value, str) else "value"
    return {"id": request, "arm": arm, key: value}


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makepyfile(test_claims=CLAIMS)
    return pytester


def report_of(pytester: pytest.Pytester) -> dict[str, object]:
    return dict(json.loads((pytester.path / "reports" / "report.json").read_text()))
