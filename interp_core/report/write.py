"""The three reports on disk; ``report.json`` is the source of truth, the others are made from it."""

import json
import os
import tempfile
from pathlib import Path
from typing import Any, NoReturn

from interp_core.errors import InterpClaimsError
from interp_core.report.document import SCHEMA, Document
from interp_core.report.html import render_html
from interp_core.report.markdown import render_markdown
from interp_core.report.said import context


def write_reports(document: Document, folder: Path) -> dict[str, Path]:
    """Write ``report.json``, ``report.html``, ``report.md`` and ``context.md`` into `folder`, made if need be.

    Each file is replaced as a whole or left as it was, and none is touched before all could be rendered.

    Returns
    -------
    The path of each, under ``json``, ``html``, ``md`` and ``context``.

    Raises
    ------
    InterpClaimsError : the folder cannot be written.
    ValueError : the document holds NaN or an infinity, which JSON cannot say; write None where nothing was computed.
    """
    texts = {
        "json": canonical(document),
        "html": render_html(document),
        "md": render_markdown(document),
        "context": context(document),
    }
    paths = {kind: folder / ("context.md" if kind == "context" else f"report.{kind}") for kind in texts}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for kind, path in paths.items():
            _replace(path, texts[kind])
    except OSError as error:
        raise InterpClaimsError(
            f"the report cannot be written into {folder} ({error}). Name a folder that can be written."
        ) from None
    return paths


def read_report(path: Path) -> Document:
    """The document in a ``report.json``.

    Raises
    ------
    InterpClaimsError : no such file, not JSON, no report, or of another schema than this version reads.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse)
    except OSError as error:
        raise InterpClaimsError(f"{path} cannot be read ({error}). Run the claims first: pytest claims/") from None
    except ValueError as error:
        raise InterpClaimsError(
            f"{path} is not a report: {error}. Give the report.json of a run, or run the claims again: pytest claims/"
        ) from None
    return _checked(document, path)


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a report document."""
    loaded: dict[str, Any] = json.loads((Path(__file__).parent / "schema.json").read_text(encoding="utf-8"))
    return loaded


def canonical(document: Document) -> str:
    """The document's one text: keys sorted, one space of indentation, ASCII, a final newline; NaN is a ValueError."""
    return json.dumps(document, sort_keys=True, indent=1, ensure_ascii=True, allow_nan=False) + "\n"


def _checked(document: Any, path: Path) -> Document:
    found = document.get("schema") if isinstance(document, dict) else None
    if isinstance(document, dict) and found == SCHEMA:
        return document
    if found is None:
        raise InterpClaimsError(f"{path} is JSON but no report: it has no schema number. Give a run's report.json.")
    raise InterpClaimsError(
        f"{path} has report schema {found!r}, and this version of interp-claims reads {SCHEMA}. "
        "Run the claims again to write it anew, or install the version that wrote it."
    )


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"it holds {constant}, which is no number")


def _replace(path: Path, text: str) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        # mkstemp makes a private file; a report may be read by everyone the folder lets in.
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
