"""``claims audit draft.md``: where the prose says more than the evidence."""

import argparse
import os
import shutil
import sys
from pathlib import Path

from interp_core import audit as audits
from interp_core.cli.evidence import add_options, read_study
from interp_core.errors import InterpClaimsError

FORMATS = ("terminal", "sarif", "github", "html", "json")


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand."""
    parser = commands.add_parser("audit", help="find overclaims in a write-up", description=__doc__)
    parser.add_argument(
        "writeup", type=Path, metavar="FILE", help="Markdown, LaTeX, notebook or plain text; - reads Markdown"
    )
    parser.add_argument(
        "newer", type=Path, nargs="?", metavar="NEWER", help="a newer version: what was mended, what came in"
    )
    parser.add_argument(
        "--form", choices=sorted(set(audits.FORMS.values())), help="the form, where the name does not tell"
    )
    parser.add_argument("--format", choices=FORMATS, default="terminal", help="what to print (default: terminal)")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write there instead, and print the summary")
    parser.add_argument(
        "--fail-on", choices=("error", "warning"), default="error", help="exit with 1 from this severity on"
    )
    parser.add_argument(
        "--lexicon", type=Path, metavar="FILE", help="phrases of your own, added to the lexicon's lists"
    )
    add_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Audit one write-up, or compare two versions; 1 where the (newer) text has findings of the severity asked for."""
    study, lexicon = read_study(options), audits.read_lexicon(options.lexicon)
    given = [path for path in (options.writeup, options.newer) if path is not None]
    made = [audits.audit(_read(path, options.form), study, lexicon) for path in given]
    text = _rendered(made, options)
    if options.output is None:
        sys.stdout.write(text)
    else:
        _write(options.output, text)
        sys.stdout.write(f"{audits.summary_sentence(made[-1])}\n{options.format}: {options.output}\n")
    return int(bool(made[-1].at_least(options.fail_on)))


def _read(path: Path, form: str | None) -> audits.Writeup:
    if str(path) == "-":
        return audits.read_writeup(sys.stdin.buffer.read(), "-", form=form or "markdown")
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = error.strerror or "it cannot be read"
        raise InterpClaimsError(f"{path} cannot be read ({reason}). Name the file of the write-up.") from None
    return audits.read_writeup(data, path.as_posix(), form=form)


def _rendered(made: list[audits.Audit], options: argparse.Namespace) -> str:
    newest = made[-1]
    if options.format == "sarif":
        return audits.render_sarif([newest])
    if options.format == "github":
        return audits.render_github([newest])
    if options.format == "html":
        return audits.render_html(newest)
    if options.format == "json":
        return audits.render_json(newest) if len(made) == 1 else audits.render_comparison_json(audits.compare(*made))
    width, color = shutil.get_terminal_size((100, 24)).columns, _colored(options.output)
    if len(made) == 1:
        return audits.render_terminal(newest, width=width, color=color)
    return audits.render_comparison(audits.compare(*made), width=width, color=color)


def _colored(output: Path | None) -> bool:
    return output is None and sys.stdout.isatty() and "NO_COLOR" not in os.environ


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InterpClaimsError(
            f"{path} cannot be written ({error.strerror}). Name a file in a folder that exists."
        ) from None
