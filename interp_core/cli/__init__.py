"""The console command ``claims``: one small module for each subcommand."""

import argparse
import sys
from collections.abc import Sequence

from interp_core.cli import audit as _audit
from interp_core.cli import record as _record
from interp_core.cli import render as _render
from interp_core.cli import report as _report
from interp_core.errors import InterpClaimsError as _InterpClaimsError

USAGE = 2
_COMMANDS = (_audit, _render, _report, _record)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand and return its exit code: 0 clean, 1 findings, 2 a usage error."""
    parser = _parser()
    try:
        options = parser.parse_args(arguments)
        return int(options.run(options))
    except _InterpClaimsError as error:
        print(f"claims: {error}", file=sys.stderr)
        return USAGE
    except BrokenPipeError:  # a reader such as `head` that has seen enough
        sys.stderr.close()
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="claims", description="Claims about language models, held against their tests."
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in _COMMANDS:
        command.add(commands)
    return parser


__all__ = ["USAGE", "main"]
