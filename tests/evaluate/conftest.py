from tests.bench.conftest import ORGANISMS, Opener, checked, harmful, harmless, opened, study

__all__ = ["ORGANISMS", "Opener", "checked", "harmful", "harmless", "opened", "study"]
