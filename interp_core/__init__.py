"""Claims about language models as pytest tests: baselines, intervals, verdicts and a report."""

from interp_core import spec
from interp_core.spec import *  # noqa: F403  the language of claims is the public interface

__all__ = list(spec.__all__)
