"""A line on the terminal while long passes are made, with the time that is left."""

import os
import time
from typing import Any

import pytest

from interp_core.harness import Progress

_EVERY = 0.2  # seconds between two drawings


class Remaining:
    """The time that a series of passes still takes, judged by those since it began: what came before is no part."""

    def __init__(self) -> None:
        self._series, self._began, self._first, self._last = "", 0.0, 0, 0

    def seconds(self, what: str, done: int, of: int, now: float) -> float | None:
        """Seconds left when `done` of `of` passes are made at the time `now`; None before any of the series is."""
        if what != self._series or done <= self._last:
            self._series, self._began, self._first = what, now, done
        self._last = done
        made = done - self._first
        return (now - self._began) * (of - done) / made if made else None


def progress_of(config: pytest.Config) -> Progress:
    """Draws a line for long passes on a terminal; silent in logs and in workers."""
    remaining, shown = Remaining(), 0.0

    def show(what: str, done: int, of: int) -> None:
        nonlocal shown
        reporter = config.pluginmanager.getplugin("terminalreporter")
        if reporter is None or not reporter.isatty or os.environ.get("CI"):
            return
        now = time.monotonic()
        left = remaining.seconds(what, done, of, now)
        if of == 0:
            _draw(config, reporter, what)
        elif done == of:
            _draw(config, reporter, "")
        elif left is not None and now - shown >= _EVERY:
            shown = now
            _draw(config, reporter, f"{what}: {done} of {of}, {left:.0f} s left")

    return show


def _draw(config: pytest.Config, reporter: Any, text: str) -> None:
    """Put `text` on the terminal's current line; pytest begins a new line for its next result."""
    capture = config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        reporter.rewrite(text[: reporter._tw.fullwidth - 1], erase=True)
        reporter.rewrite("")
        reporter.currentfspath = None
