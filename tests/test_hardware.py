"""The device of a run is read off the machine, and torch stays out of it."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from interp_core import hardware
from interp_core.hardware import described

SMI = "#!/bin/sh\nprintf 'NVIDIA H100 80GB HBM3, 570.86.15\\nNVIDIA H100 80GB HBM3, 570.86.15\\n'\n"


@pytest.fixture
def gpus(tmp_path, monkeypatch):
    """A machine with two GPUs: a driver's command that says so."""
    path = tmp_path / "nvidia-smi"
    path.write_text(SMI)
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")


@pytest.fixture
def torch_built_with(tmp_path, monkeypatch):
    """A torch that was built with the CUDA or ROCm of its version.py."""

    def build(text):
        (tmp_path / "version.py").write_text(text)
        spec = SimpleNamespace(origin=str(tmp_path / "__init__.py"))
        monkeypatch.setattr("importlib.util.find_spec", lambda name: spec)

    return build


@pytest.mark.parametrize(
    ("version", "runtime"),
    [
        ("cuda: Optional[str] = '12.8'\nhip: Optional[str] = None\n", ", CUDA 12.8"),
        ("cuda = None\nhip: Optional[str] = '6.3.1'\n", ", ROCm 6.3.1"),
        ("cuda: Optional[str] = None\nhip: Optional[str] = None\n", ""),
    ],
)
def test_a_gpu_run_names_gpus_driver_and_runtime(gpus, torch_built_with, version, runtime):
    torch_built_with(version)
    assert described("cuda") == f"cuda: 2 × NVIDIA H100 80GB HBM3, driver 570.86.15{runtime}"
    assert described("auto").startswith("auto: 2 × NVIDIA H100")
    assert "NVIDIA" not in described("cpu")


def test_a_gpu_that_no_driver_names_is_only_called_what_it_was_asked_as(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert described("cuda") == "cuda"


def test_a_run_on_the_processor_names_it_its_cores_and_the_threads_it_was_held_to(tmp_path, monkeypatch):
    info = tmp_path / "cpuinfo"
    info.write_text(
        "processor\t: 0\nmodel name\t: Made-up CPU @ 1 GHz\nprocessor\t: 1\nmodel name\t: Made-up CPU @ 1 GHz\n"
    )
    monkeypatch.setattr(hardware, "_PROCESSOR", info)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1}, raising=False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert described("cpu") == "cpu: Made-up CPU @ 1 GHz, 2 cores"
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert described("cpu") == "cpu: Made-up CPU @ 1 GHz, 2 cores, OMP_NUM_THREADS 1"


def test_torch_is_not_imported_to_describe_a_device(gpus):
    code = "import sys; from interp_core.hardware import described; print(described('cuda'), 'torch' in sys.modules)"
    root = Path(__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=True)
    assert "driver 570.86.15" in done.stdout
    assert done.stdout.endswith("False\n")
