"""The study's fixtures, for the claims in `claims/`."""

pytest_plugins = ["fixtures.study"]
