"""A write-up held against the evidence: text and rows in; out comes where the prose says more than the tests found."""

from interp_core.audit.compare import Comparison, compare, comparison_sentence
from interp_core.audit.finding import RULES, SEVERITIES, Overclaim
from interp_core.audit.lexicon import Lexicon, read_lexicon
from interp_core.audit.output.machines import render_github, render_sarif
from interp_core.audit.output.page import render_html
from interp_core.audit.output.records import render_comparison_json, render_json
from interp_core.audit.output.terminal import render_comparison, render_terminal
from interp_core.audit.reading import FORMS, read_writeup
from interp_core.audit.render import render_draft
from interp_core.audit.run import Audit, audit
from interp_core.audit.study import Study, study_of_ledger, study_of_report
from interp_core.audit.summary import summary_sentence
from interp_core.audit.wording import licensed
from interp_core.audit.writeup import Writeup

__all__ = [
    "FORMS",
    "RULES",
    "SEVERITIES",
    "Audit",
    "Comparison",
    "Lexicon",
    "Overclaim",
    "Study",
    "Writeup",
    "audit",
    "compare",
    "comparison_sentence",
    "licensed",
    "read_lexicon",
    "read_writeup",
    "render_comparison",
    "render_comparison_json",
    "render_draft",
    "render_github",
    "render_html",
    "render_json",
    "render_sarif",
    "render_terminal",
    "study_of_ledger",
    "study_of_report",
    "summary_sentence",
]
