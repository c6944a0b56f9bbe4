"""``claims render draft.md``: print the draft with its ``{{ claim("ID").effect }}`` filled in from the report."""

import argparse
import sys
from pathlib import Path

from interp_core.audit import render_draft
from interp_core.cli.evidence import add_options, read_study
from interp_core.errors import InterpClaimsError


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand."""
    parser = commands.add_parser("render", help="fill a draft's numbers in from the report", description=__doc__)
    parser.add_argument("draft", type=Path, metavar="FILE", help="a draft in any text format")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write there instead of printing")
    add_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Render a draft; 0, since what cannot be rendered is an error."""
    text = render_draft(_read(options.draft), read_study(options), name=options.draft.as_posix())
    if options.output is None:
        sys.stdout.write(text)
        return 0
    if options.output.exists() and options.output.samefile(options.draft):
        raise InterpClaimsError(
            f"{options.output} is the draft itself, and its injections would be lost. Name another file."
        )
    try:
        options.output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InterpClaimsError(
            f"{options.output} cannot be written ({error.strerror}). Name a file in a folder that exists."
        ) from None
    return 0


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InterpClaimsError(f"{path} cannot be read ({error}). Give a draft in UTF-8.") from None
