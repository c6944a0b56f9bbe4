"""Settings of the whole suite."""

from hypothesis import settings

# The same examples in every run: a pull request fails for what it changed, never for the luck of a draw.
settings.register_profile("suite", derandomize=True)
settings.load_profile("suite")
