"""The wheel alone, in somebody else's repository: a working plugin and a model to try it on, offline."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

PROJECT = '''
import pytest
from interp_core import PromptSet, Site, difference_in_means

GOOD = PromptSet.from_splits("good", **{
    split: PromptSet.from_texts(f"good-{split}", [f"Explain how to paint the {split} shed {i}." for i in range(20)])
    for split in ("fit", "select", "test")})
BAD = PromptSet.from_splits("bad", **{
    split: PromptSet.from_texts(f"bad-{split}", [f"Explain how to steal from the {split} shed {i}." for i in range(20)])
    for split in ("fit", "select", "test")})

@pytest.mark.claim(kind="correlational")
def test_a_system_prompt_lowers_the_projection(claim, model):
    """A system prompt lowers the projection.

    Baseline: the same requests without one.
    """
    direction = difference_in_means(BAD, GOOD, at=Site(depth=0.67))
    told = model.projection(BAD.test.with_system("You are a careful assistant."), on=direction)
    claim.expect(told.lower_than(model.projection(BAD.test, on=direction), by=0.5))
'''


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    return next(out.glob("*.whl"))


def test_the_wheel_holds_the_package_and_one_small_organism(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        organism = sum(info.file_size for info in archive.infolist() if "/organisms/" in info.filename)
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"interp_core"}
    assert "interp_core/organisms/mediated/model.safetensors" in names
    assert "interp_core/py.typed" in names
    assert organism <= 2_100_000


def test_it_works_in_a_strange_project_without_network(wheel: Path, tmp_path: Path) -> None:
    installed, project = tmp_path / "installed", tmp_path / "project"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(installed)]
    subprocess.run([*install, str(wheel)], check=True, capture_output=True)
    project.mkdir()
    (project / "test_mine.py").write_text(PROJECT)
    offline = {"PYTHONPATH": str(installed), "HF_HUB_OFFLINE": "1", "https_proxy": "http://127.0.0.1:9"}
    run = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-W", "error"]
    done = subprocess.run(run, cwd=project, env=os.environ | offline, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1, 14), done.stdout + done.stderr
    assert "1 claim on 1 model" in done.stdout
    assert (project / "reports" / "report.html").is_file()
    where = [sys.executable, "-c", "import interp_core; print(interp_core.__file__)"]
    found = subprocess.run(where, cwd=project, env=os.environ | offline, capture_output=True, text=True, check=True)
    assert found.stdout.startswith(str(installed))
