"""A pytest plugin for our own tests: `-p tests.typechecked` checks every annotation of interp_core while they run.

It has to be named on the command line: the project's entry point imports interp_core before any conftest is read. The
hooks of our pytest plugin stay as they are, since pluggy looks whether a hook is a generator function.
"""

from jaxtyping import install_import_hook

CHECKED = ("errors", "spec", "store", "stats", "engine", "ledger", "evaluate", "report", "harness")

install_import_hook([f"interp_core.{name}" for name in CHECKED], "beartype.beartype")
