"""A trap of pytest's: a folder after an option that it does not know yet is a test path, and may move its root."""

import itertools
from pathlib import Path

import pytest

OPTIONS = ("--model", "--base", "--claims-cache", "--claims-reports")


def refuse_moved_root(config: pytest.Config) -> None:
    """Raise UsageError where the folder of an option has moved pytest's root, and with it cache, reports and ledger."""
    given = [str(argument) for argument in config.invocation_params.args]
    here = config.invocation_params.dir
    for option, value in itertools.pairwise(given):
        folder = here / Path(value).expanduser()
        if option in OPTIONS and folder.exists() and _moved(config.rootpath, folder.resolve(), here.resolve()):
            raise pytest.UsageError(
                f"pytest took {value!r} for a test path and moved its root to {config.rootpath}, where cache, reports "
                f"and ledger would go. Write {option}={value}, with an equals sign."
            )


def _moved(root: Path, folder: Path, here: Path) -> bool:
    """Whether the root holds the option's folder, although nothing else of the command line lies there."""
    return folder.is_relative_to(root) and not (here.is_relative_to(root) and folder.is_relative_to(here))
