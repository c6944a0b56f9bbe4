"""The command line: a parser of subcommands, and errors of users as one line."""

import argparse
import sys
from collections.abc import Sequence

from interp_core.cli import audit, record, render, report
from interp_core.errors import InterpClaimsError

USAGE = 2
_COMMANDS = (audit, render, report, record)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand and return its exit code: 0 clean, 1 findings, 2 a usage error."""
    parser = _parser()
    try:
        options = parser.parse_args(arguments)
        return int(options.run(options))
    except InterpClaimsError as error:
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
