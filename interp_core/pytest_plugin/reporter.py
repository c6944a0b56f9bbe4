"""The controller's side of a run of claims: collects findings, writes ledger and reports, sets the exit code."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from interp_core import record
from interp_core.errors import InterpClaimsError, LedgerError
from interp_core.harness import Harness, exit_code, unknown_models

LEDGER = "ledger.jsonl"

DESELECTED = pytest.StashKey[int]()
SELECTED = pytest.StashKey[list[tuple[str, str]]]()
KNOWN = pytest.StashKey[Sequence[str]]()
_DESELECTED, _SELECTED, _KNOWN = "claims_deselected", "claims_selected", "claims_known"


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


def note_known(config: pytest.Config, names: list[str]) -> None:
    """Note the models of which claims know a refutation, and that do not run; a worker tells the controller."""
    config.stash[KNOWN] = names
    if hasattr(config, "workeroutput"):
        config.workeroutput[_KNOWN] = names


class ClaimsReporter:
    """One per run, never in a worker: the only writer of the ledger."""

    def __init__(self, config: pytest.Config, harness: Harness) -> None:
        self._config = config
        self._harness = harness
        self._options = harness.options
        self._interrupted = False
        self._warnings: list[str] = []
        self._rows: list[dict[str, Any]] = []
        self._not_evaluated: list[dict[str, Any]] = []
        self._locked: list[dict[str, Any]] = []
        self._told: tuple[str, ...] = ()
        self._document: dict[str, Any] = {}
        self._paths: Mapping[str, Any] = {}
        self._problem = ""

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over what a worker noted; every worker selects the same claims."""
        told = getattr(node, "workeroutput", {})
        stash = self._config.stash
        stash[DESELECTED] = max(told.get(_DESELECTED, 0), stash.get(DESELECTED, 0))
        stash[KNOWN] = told.get(_KNOWN) or stash.get(KNOWN, [])
        stash[SELECTED] = [(id_, model) for id_, model in told.get(_SELECTED, [])] or stash.get(SELECTED, [])

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Collect what a claim's item carries, from this process or from a worker."""
        if report.when != "call" and (report.when != "setup" or report.passed):
            return
        for name, value in report.user_properties:
            if name == "claim":
                self._rows.append(json.loads(str(value)))
            elif name == "claim_locked":
                self._locked.append(json.loads(str(value)))
            elif name == "claim_outcome":
                self._not_evaluated.append(json.loads(str(value)))

    def pytest_keyboard_interrupt(self) -> None:
        """Note that the run was stopped by hand."""
        self._interrupted = True

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write ledger and reports, and set the exit code."""
        if not self._rows and not self._not_evaluated:
            return
        self._not_evaluated += self._not_reached()
        if self._config.getoption("--claims-register"):
            self._register()
        elif not self._config.getoption("--claims-plan"):
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

    def _past(self) -> record.Past:
        """What is on record; where the ledger or the lock is damaged, nothing, and the problem is told."""
        from interp_core import ledger

        try:
            lines = ledger.read(self._options.reports / LEDGER)
            return record.Past(lines, ledger.read_lock(self._options.lock))
        except LedgerError as error:
            self._problem = f"LedgerError: {error}"
            return record.Past((), ledger.Lock())

    def _write(self) -> None:
        from interp_core import ledger
        from interp_core.report import write_reports

        past, when = self._past(), record.now()
        self._warnings = unknown_models(self._config.stash.get(KNOWN, []), past.models, self._options.search)
        self._rows = record.concluded(self._rows, past)
        run = record.Run(self._selection(), self._not_evaluated, self._options.device, self._options.lock)
        lines = [record.finding_line(row, when) for row in self._rows]
        try:
            self._document = record.document(self._rows, past, run)
            if not self._problem:
                written = [record.run_line(self._document), *lines]
                self._document["ledger"] = ledger.append(self._options.reports / LEDGER, written)
            self._paths = write_reports(self._document, self._options.reports)
        except (OSError, InterpClaimsError) as error:
            self._problem = f"the reports folder cannot be written ({error}). Name another: --claims-reports DIR."

    def _register(self) -> None:
        """Write the lock, and the ledger's line about it; nothing where a claim could not be registered."""
        from interp_core import ledger

        past = self._past()
        if self._problem:
            return
        try:
            rows = record.to_register(self._locked, past)
            done = ledger.register(past.lock, rows, reason=self._config.getoption("--claims-reason"))
            ledger.write_lock(self._options.lock, done.lock)
            ledger.append(self._options.reports / LEDGER, [record.registration_line(done.lock, done.told)])
            self._told = done.told
        except (OSError, InterpClaimsError) as error:
            self._problem = f"{type(error).__name__}: {error}"

    def _selection(self) -> dict[str, Any]:
        option, deselected = self._config.option, self._config.stash.get(DESELECTED, 0)
        return {"keyword": option.keyword, "marker": option.markexpr, "deselected": deselected}

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print the verdict table, where the report is, and what is wrong with the ledger."""
        if self._interrupted and self._harness.made:
            terminalreporter.section("claims stopped")
            terminalreporter.write_line(f"{self._harness.made:,} passes saved; the next run goes on from there")
        if self._config.getoption("--claims-plan"):
            self._print_plan(terminalreporter)
        if self._config.getoption("--claims-register"):
            self._print_registered(terminalreporter)
        if not self._document:
            return
        from interp_core.report import render_terminal

        terminalreporter.section("claims")
        writer = terminalreporter._tw
        for line in render_terminal(self._document, width=writer.fullwidth, color=writer.hasmarkup):
            terminalreporter.write_line(line)
        for warning in self._warnings:
            terminalreporter.write_line(f"warning: {warning}", yellow=True)
        if self._problem:
            terminalreporter.write_line(self._problem, red=True)
        if self._paths:
            terminalreporter.write_line(f"report: {self._paths['html']}")

    def _print_registered(self, terminalreporter: Any) -> None:
        terminalreporter.section("registered")
        for sentence in self._told:
            terminalreporter.write_line(sentence)
        for row in self._locked:
            for line in (*row["told"], *(f"warning: {warning}" for warning in row["warnings"])):
                terminalreporter.write_line(f"  {row['claim']}: {line}")
        if self._problem:
            terminalreporter.write_line(self._problem, red=True)
            terminalreporter.write_line("nothing was registered", red=True)
        else:
            terminalreporter.write_line(f"lock: {self._options.lock}. Commit it before you look at the data.")

    def _print_plan(self, terminalreporter: Any) -> None:
        planned = [entry for entry in self._not_evaluated if entry["outcome"] == "planned"]
        if not planned:
            return
        terminalreporter.section("plan")
        keys: set[str] = set()
        for entry in planned:
            told = json.loads(entry["reason"])
            keys.update(told["passes"])
            terminalreporter.write_line(f"{entry['id']} on {entry['model']}: {told['text']}")
        terminalreporter.write_line(f"in all: {len(keys):,} passes to make, each shared one once", bold=True)
