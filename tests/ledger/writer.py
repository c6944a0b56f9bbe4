"""What the processes run that append at once; light, since each of them imports it."""

from pathlib import Path

from interp_core import ledger


def append_often(path: Path, writer: int) -> None:
    for number in range(10):
        ledger.append(path, [{"claim": f"{writer}-{number}", "part": part} for part in "ab"])
