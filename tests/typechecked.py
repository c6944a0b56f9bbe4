"""A pytest plugin for our own tests: `-p tests.typechecked` checks every annotation of interp_core while they run.

It has to be named on the command line: the project's entry point imports interp_core before any conftest is read. The
hooks of the pytest plugin are left out, since pytest wants its wrappers to be plain generator functions.
"""

from pathlib import Path

from beartype import BeartypeConf, beartype
from jaxtyping import install_import_hook

import tests

_PACKAGE = Path(tests.__file__).parents[1] / "interp_core"
_MODULES = {
    f"interp_core.{path.stem}" for path in _PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
}

check = beartype(conf=BeartypeConf(is_pep484_tower=True))  # an int is a float, as it is for mypy

install_import_hook(sorted(_MODULES - {"interp_core.pytest_plugin"}), "tests.typechecked.check")
