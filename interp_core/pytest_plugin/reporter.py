"""The controller's side of a run of claims: collects findings, writes ledger and reports, sets the exit code."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from interp_core.errors import InterpClaimsError, LedgerError
from interp_core.harness import Options, document, exit_code, ledger_line, with_history

DESELECTED = pytest.StashKey[int]()
SELECTED = pytest.StashKey[list[tuple[str, str]]]()
_DESELECTED, _SELECTED = "claims_deselected", "claims_selected"


def note_deselected(config: pytest.Config) -> None:
    """Count one claim that was left out; a worker tells the controller when it ends."""
    config.stash[DESELECTED] = config.stash.get(DESELECTED, 0) + 1
    if hasattr(config, "workeroutput"):
        config.workeroutput[_DESELECTED] = config.stash[DESELECTED]


def note_selected(config: pytest.Config, claims: list[tuple[str, str]]) -> None:
    """Note the (id, model) of each claim that is about to run; a worker tells the controller when it ends."""
    config.stash[SELECTED] = claims
    if hasattr(config, "workeroutput"):
        config.workeroutput[_SELECTED] = claims


class ClaimsReporter:
    """One per run, never in a worker: the only writer of the ledger."""

    def __init__(self, config: pytest.Config, options: Options) -> None:
        self._config = config
        self._options = options
        self._rows: list[dict[str, Any]] = []
        self._not_evaluated: list[dict[str, Any]] = []
        self._document: dict[str, Any] = {}
        self._paths: Mapping[str, Any] = {}
        self._problem = ""

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over what a worker noted; every worker selects the same claims."""
        told = getattr(node, "workeroutput", {})
        stash = self._config.stash
        stash[DESELECTED] = max(told.get(_DESELECTED, 0), stash.get(DESELECTED, 0))
        stash[SELECTED] = [(id_, model) for id_, model in told.get(_SELECTED, [])] or stash.get(SELECTED, [])

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Collect what a claim's item carries, from this process or from a worker."""
        if report.when != "call" and not (report.when == "setup" and report.failed):
            return
        for name, value in report.user_properties:
            if name == "claim":
                self._rows.append(json.loads(str(value)))
            elif name == "claim_outcome":
                self._not_evaluated.append(json.loads(str(value)))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write ledger and reports, and set the exit code."""
        if not self._rows and not self._not_evaluated:
            return
        self._not_evaluated += self._not_reached()
        if not self._config.getoption("--claims-plan"):
            self._write()
        strict = self._config.getoption("--claims-strict")
        skipped = sum(entry["outcome"] == "skipped" for entry in self._not_evaluated)
        status = exit_code(self._rows, int(exitstatus), strict=strict, skipped=skipped)
        session.exitstatus = 12 if self._problem and status not in (2, 3, 4, 5) else status

    def _not_reached(self) -> list[dict[str, Any]]:
        """The claims that were selected, and that a run stopped by -x, Ctrl-C or a crash never came to."""
        reached = {(row["id"], row["model"]["name"]) for row in self._rows}
        reached |= {(entry["id"], entry["model"]) for entry in self._not_evaluated}
        missing = [pair for pair in self._config.stash.get(SELECTED, []) if pair not in reached]
        why = "the run stopped before it"
        return [{"id": id_, "model": model, "outcome": "not reached", "reason": why} for id_, model in missing]

    def _write(self) -> None:
        from interp_core import ledger
        from interp_core.report import write_reports

        path = self._options.reports / "ledger.jsonl"
        history: list[Mapping[str, Any]] = []
        try:
            history = ledger.read(path)
        except LedgerError as error:
            self._problem = f"LedgerError: {error}"
        rows = with_history(self._rows, history)
        self._rows = rows
        self._document = document(rows, self._not_evaluated, self._selection(), self._options)
        try:
            if not self._problem:
                ledger.append(path, [ledger_line(row, self._document["created"]) for row in rows])
            self._paths = write_reports(self._document, self._options.reports)
        except (OSError, InterpClaimsError) as error:
            self._problem = f"the reports folder cannot be written ({error}). Name another: --claims-reports DIR."

    def _selection(self) -> dict[str, Any]:
        option, deselected = self._config.option, self._config.stash.get(DESELECTED, 0)
        return {"keyword": option.keyword, "marker": option.markexpr, "deselected": deselected}

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print the verdict table, where the report is, and what is wrong with the ledger."""
        if self._config.getoption("--claims-plan"):
            self._print_plan(terminalreporter)
        if not self._document:
            return
        from interp_core.report import render_terminal

        terminalreporter.section("claims")
        writer = terminalreporter._tw
        for line in render_terminal(self._document, width=writer.fullwidth, color=writer.hasmarkup):
            terminalreporter.write_line(line)
        if self._problem:
            terminalreporter.write_line(self._problem, red=True)
        if self._paths:
            terminalreporter.write_line(f"report: {self._paths['html']}")

    def _print_plan(self, terminalreporter: Any) -> None:
        planned = [entry for entry in self._not_evaluated if entry["outcome"] == "planned"]
        if planned:
            terminalreporter.section("plan")
        for entry in planned:
            terminalreporter.write_line(f"{entry['id']} on {entry['model']}: {entry['reason']}")
