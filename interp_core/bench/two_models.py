"""The bench of two models: each arm is measured on the bench of its own, and the findings are about the pair."""

from collections.abc import Sequence

from interp_core.bench.live import LiveBench
from interp_core.bench.values import Bench, Gap, Value
from interp_core.errors import ClaimError
from interp_core.spec.identity import Tree
from interp_core.spec.model import Measurement, Model
from interp_core.store import Address, Passes


class TwoModelBench:
    """Measures a model and the one that it is compared with.

    Attributes
    ----------
    model, base : the two, as recipes: ``look(bench.model.judged(...), bench.base.judged(...), bench)``.
    own, other : their benches; each answers for its own model, as in ``Reader(bench.own)``.

    Parameters
    ----------
    arms : what will be asked for. All of it is measured at the first question, model by model, so that the two do not
        take turns in memory with every arm.
    """

    def __init__(self, model: Model, own: Bench, base: Model, other: Bench, arms: Sequence[Measurement] = ()) -> None:
        self.model, self.own = model, own
        self.base, self.other = base, other
        self._arms = arms
        self._found: dict[Measurement, tuple[Value, ...]] = {}

    @property
    def passes(self) -> Passes:
        """What was asked of the store so far, for both models."""
        both = self.own.passes.copy()
        both.add(self.other.passes.tree())
        return both

    def values(self, arm: Measurement) -> tuple[Value, ...]:
        """The values of an arm, on its own model."""
        if arm not in self._found:
            wanted = self._arms if arm in self._arms else (arm,)
            for bench in sorted((self.own, self.other), key=_at_hand, reverse=True):
                self._found |= {one: bench.values(one) for one in wanted if self._of(one.model) is bench}
        return self._found[arm]

    def gap(self, arm: Measurement) -> Gap:
        """The projections that make the unit of an arm, in its own model."""
        return self._of(arm.model).gap(arm)

    def demands(self, arm: Measurement) -> frozenset[tuple[Address, bool]]:
        """Every stored value that an arm needs, and whether it is there."""
        return self._of(arm.model).demands(arm)

    def identity(self) -> Tree:
        """The hashes of both models' files, those of the other one with ``base`` before their names."""
        return {**self.own.identity(), **{f"base {name}": value for name, value in self.other.identity().items()}}

    def close(self) -> None:
        """Free what both hold."""
        self.own.close()
        self.other.close()

    def _of(self, model: Model) -> Bench:
        if model.bare == self.model:
            return self.own
        if model.bare == self.base:
            return self.other
        raise ClaimError(f"{model.name} is neither {self.model.name} nor {self.base.name}: measure one of the two.")


def _at_hand(bench: Bench) -> bool:
    """Whether the weights are in memory."""
    return isinstance(bench, LiveBench) and bench.fetcher.live is not None
