"""The device of a run in words: processor, driver and runtime, read off the machine without importing torch."""

import importlib.util
import os
import platform
import re
import subprocess
from collections import Counter
from pathlib import Path

_PROCESSOR = Path("/proc/cpuinfo")
_SMI = ("nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader")


def described(device: str) -> str:
    """What ``--device`` stands for on this machine; the bare word where the machine does not say.

    ``cuda: 2 × NVIDIA H100 80GB HBM3, driver 570.86.15, CUDA 12.8``; ``cpu: Intel(R) Xeon(R) Processor, 2 cores``. GPUs
    are all those of the machine.
    """
    gpus = _gpus() if device in ("cuda", "auto") else []
    told = [*gpus, *_runtime()] if gpus else [] if device == "cuda" else _cpu()
    return f"{device}: {', '.join(told)}" if told else device


def _gpus() -> list[str]:
    """The names of the GPUs, and their driver; nothing where the NVIDIA driver's own command does not answer."""
    try:
        done = subprocess.run(_SMI, capture_output=True, text=True, check=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return []
    found = [line.rpartition(", ") for line in done.stdout.splitlines() if ", " in line]
    names = [f"{count} × {name}" for name, count in Counter(name for name, _, _ in found).items()]
    return [*names, *(f"driver {driver}" for driver in dict.fromkeys(driver.strip() for _, _, driver in found))]


def _runtime() -> list[str]:
    """The version of CUDA or ROCm that the installed torch was built with, from the file in which it says so."""
    torch = importlib.util.find_spec("torch")
    if torch is None or torch.origin is None:
        return []
    try:
        text = Path(torch.origin).with_name("version.py").read_text(encoding="utf-8")
    except OSError:
        return []
    found = re.findall(r"^(cuda|hip)\b[^=\n]*= '([^']+)'", text, re.MULTILINE)
    return [f"{'CUDA' if name == 'cuda' else 'ROCm'} {version}" for name, version in found]


def _cpu() -> list[str]:
    """The processor, and how many of its cores this process may use; OMP_NUM_THREADS where it is set."""
    threads = os.environ.get("OMP_NUM_THREADS")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    held = [f"OMP_NUM_THREADS {threads}"] if threads else []
    return [_processor(), f"{cores} {'core' if cores == 1 else 'cores'}", *held]


def _processor() -> str:
    try:
        named = re.search(r"^model name\s*: (.+)$", _PROCESSOR.read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        named = None
    return named[1].strip() if named else platform.processor() or platform.machine()
