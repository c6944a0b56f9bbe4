"""Quantities: what is measured of a prompt, one number each."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from interp_core.errors import ClaimError
from interp_core.spec.code import code_fingerprint
from interp_core.spec.direction import Direction
from interp_core.spec.identity import Tree, caller, digest
from interp_core.spec.judge import Judge
from interp_core.spec.quantity import (
    Activation,
    Bounds,
    Cosine,
    Divergence,
    Likelihood,
    LogOdds,
    Preference,
    Probed,
    Sided,
    Surface,
)
from interp_core.spec.site import Site


@dataclass(frozen=True)
class Projection:
    """The scalar projection of the residual stream at the direction's site onto the unit direction.

    In units of the gap between the direction's two prompt sets (their mean projections on the ``select`` split), or
    raw, in units of the residual stream.
    """

    direction: Direction
    raw: bool = False
    bounds: Bounds | None = None

    @property
    def unit(self) -> str:
        """The unit of the number."""
        return "of the residual stream" if self.raw else "of the gap"

    @property
    def noun(self) -> str:
        """What is measured, in a noun."""
        return f"projection on {self.direction.name}"

    def design(self) -> Tree:
        """What a claim's design depends on."""
        return {"quantity": "projection", "on": self.direction.design(), "unit": self.unit}


@dataclass(frozen=True)
class Judged:
    """A judge's score of the model's answer, in [0, 1].

    Of the greedy answer; or, with `draws`, the mean over that many answers sampled at `temperature`, each seeded by
    the prompt and the number of the draw. A prompt of which fewer than half the draws can be judged has no score.

    With `until_settled` an answer is generated until the judge's decision cannot change any more; a share of the
    answers is generated whole all the same, to see whether the model degenerates.
    """

    judge: Judge
    max_new_tokens: int
    bounds: Bounds | None = (0.0, 1.0)
    unit: str = ""
    draws: int = 0
    temperature: float = 1.0
    until_settled: bool = False

    @property
    def noun(self) -> str:
        """What is measured, in a noun."""
        return self.judge.measures

    def design(self) -> Tree:
        """What a claim's design depends on."""
        more: dict[str, Tree] = {"draws": self.draws, "temperature": self.temperature} if self.draws else {}
        more |= {"until_settled": digest(self.judge.settled_code)} if self.until_settled else {}
        return {"quantity": "judged", "judge": self.judge.design(), "max_new_tokens": self.max_new_tokens, **more}


@dataclass(frozen=True)
class Measure:
    """A user's own measure: a pure function of the residual stream or of the next-token logits at one position.

    Attributes
    ----------
    name, unit, bounds : what tables print; bounds make a clean sweep decidable.
    function : called with a float32 array, ``[d_model]`` for a residual and ``[vocabulary]`` for logits; returns a
        finite number.
    site : the hook point for a residual; None for the logits after the last template token.
    """

    name: str
    function: Callable[[Any], float] = field(hash=False)  # an object that is called may be unhashable
    unit: str
    site: Site | None = None
    bounds: Bounds | None = None

    @property
    def code(self) -> Tree:
        """The function's source and all it reaches. Read when first asked for: its helpers may be defined below it."""
        return code_fingerprint(self.function)

    @property
    def not_pinned(self) -> tuple[str, ...]:
        """What of its code could not be read, and may change without an amendment."""
        return tuple(self.code["not_pinned"])

    @property
    def noun(self) -> str:
        """What is measured, in a noun."""
        return self.name

    def design(self) -> Tree:
        """What a claim's design depends on."""
        site = self.site.design() if self.site else "logits"
        return {
            "quantity": "measure",
            "name": self.name,
            "unit": self.unit,
            "site": site,
            "bounds": list(self.bounds) if self.bounds else None,
            "code": digest(self.code),
        }


def measure(
    *, of: Site | str, unit: str, name: str | None = None, bounds: Bounds | None = None
) -> Callable[[Callable[[Any], float]], Measure]:
    """Make a measure of a function of activations or logits.

    ``@measure(of=Site(depth=0.5), unit="norm")`` above ``def f(residual) -> float``, or ``of="logits"``.

    Raises
    ------
    ClaimError : `of` is neither a Site nor "logits", or the bounds are not two numbers in order.
    """
    if not isinstance(of, Site) and of != "logits":
        raise ClaimError(f"@measure(of={of!r}): give a Site for the residual stream, or 'logits'.", where=caller())
    if bounds is not None and not (math.isfinite(bounds[1] - bounds[0]) and bounds[0] < bounds[1]):
        raise ClaimError(
            f"@measure(bounds={bounds!r}): give the lowest and the highest value that it can take, as in (0.0, 1.0).",
            where=caller(),
        )

    def wrap(function: Callable[[Any], float]) -> Measure:
        label = name or str(getattr(function, "__name__", "measure"))
        site = of if isinstance(of, Site) else None
        return Measure(label, function, unit, site, bounds)

    return wrap


@dataclass(frozen=True)
class Recorded:
    """A number that a recording holds for each prompt of one of its arms."""

    measure: str
    unit: str = ""
    bounds: Bounds | None = None

    @property
    def noun(self) -> str:
        """What is measured, in a noun."""
        return self.measure

    def design(self) -> Tree:
        """What a claim's design depends on."""
        return {"quantity": "recorded", "measure": self.measure, "unit": self.unit, "bounds": self.bounds}


Along = Projection | Probed | Cosine | Sided  # quantities that depend on a direction
Quantity = Along | Judged | Measure | Recorded | Activation | LogOdds | Divergence | Likelihood | Preference | Surface
