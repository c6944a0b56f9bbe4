"""The study's fixtures for `claims/`, and pytester for `tests/plugin`."""

pytest_plugins = ["fixtures.study", "pytester"]
