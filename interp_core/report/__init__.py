"""Findings rendered for people and machines: one JSON document in; a terminal table, a page and a comment out."""

from interp_core.report.alone import Drawing, heat_drawing, response_drawing, space_drawing
from interp_core.report.compare import changed_prompts, compare_reports
from interp_core.report.document import SCHEMA, VERDICTS, Document, counts, passes_line, summary_sentence
from interp_core.report.html import render_html
from interp_core.report.markdown import render_markdown
from interp_core.report.numbers import interval
from interp_core.report.said import context, left_open, licensed, summary
from interp_core.report.terminal import render_terminal
from interp_core.report.write import read_report, schema, write_reports

__all__ = [
    "SCHEMA",
    "VERDICTS",
    "Document",
    "Drawing",
    "changed_prompts",
    "compare_reports",
    "context",
    "counts",
    "heat_drawing",
    "interval",
    "left_open",
    "licensed",
    "passes_line",
    "read_report",
    "render_html",
    "render_markdown",
    "render_terminal",
    "response_drawing",
    "schema",
    "space_drawing",
    "summary",
    "summary_sentence",
    "write_reports",
]
