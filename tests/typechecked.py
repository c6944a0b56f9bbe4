"""A pytest plugin for our own tests: `-p tests.typechecked` checks every annotation of interp_core while they run.

It has to be named on the command line: the project's entry point imports interp_core before any conftest is read.
"""

from jaxtyping import install_import_hook

install_import_hook("interp_core", "beartype.beartype")
