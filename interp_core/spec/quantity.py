"""Quantities that the harness computes itself: one number for each prompt, from logits or from the residual stream."""

from collections.abc import Sequence
from dataclasses import dataclass

from interp_core.errors import ClaimError
from interp_core.spec.autoencoder import Feature
from interp_core.spec.direction import Direction, FittedDirection
from interp_core.spec.frames import placeholders
from interp_core.spec.identity import Tree, caller
from interp_core.spec.prompts import PromptSet
from interp_core.spec.site import Site

Bounds = tuple[float, float]


@dataclass(frozen=True)
class LogOdds:
    """The log-odds that the next token opens one of some phrases, in nats.

    log of the summed probability of the first tokens of `phrases` over that of `against`, or over that of all other
    tokens where `against` is empty (the refusal metric of Arditi et al. 2024, appendix C). The next token follows the
    template, the thought and the prefill, whichever of them comes last.

    With a site it is the logit lens (nostalgebraist 2020): the stream at that layer and position goes through the final
    norm and the head as if it were the last layer's.
    """

    name: str
    phrases: tuple[str, ...]
    against: tuple[str, ...] = ()
    site: Site | None = None
    unit: str = "nats"
    bounds: Bounds | None = None

    @property
    def noun(self) -> str:
        """What is measured, in a noun."""
        lens = "" if self.site is None else f" by the logit lens at {_place(self.site)}"
        return f"log-odds of {self.name}{lens}"

    def design(self) -> Tree:
        """What a claim's design depends on."""
        site = self.site.design() if self.site else None
        return {"quantity": "log-odds", "of": list(self.phrases), "against": list(self.against), "site": site}


@dataclass(frozen=True)
class Divergence:
    """How far the next-token distribution of the model under its interventions lies from the bare model's.

    ``KL``: KL(bare || intervened), in nats, never below 0. ``total variation``: the largest change in the probability
    of any set of tokens, in [0, 1]; bounded, so that few prompts decide it. Of the bare model against itself both are 0
    by construction, which makes that the baseline of an equivalence.
    """

    kind: str = "KL"

    @property
    def unit(self) -> str:
        """The unit of the number."""
        return "nats" if self.kind == "KL" else ""

    @property
    def bounds(self) -> Bounds | None:
        """Its least and greatest value, where it has both."""
        return None if self.kind == "KL" else (0.0, 1.0)

    @property
    def noun(self) -> str:
        """What is measured, in a noun."""
        return f"{'KL divergence' if self.kind == 'KL' else 'total variation'} from the bare model"

    def design(self) -> Tree:
        """What a claim's design depends on."""
        return {"quantity": "divergence", "of": "next token", "kind": self.kind}


@dataclass(frozen=True)
class Likelihood:
    """The mean log-likelihood of a text's tokens, in nats a token: minus the logarithm of its perplexity.

    `text` is an answer, with fields of the prompts in braces, or None for the prompt's own text, read as plain text
    without a chat template (perplexity on held-out text).
    """

    text: str | None = None
    unit: str = "nats a token"
    bounds: Bounds | None = None

    @property
    def noun(self) -> str:
        """What is measured, in a noun."""
        return "log-likelihood of the text" if self.text is None else f"log-likelihood of {self.text!r}"

    def design(self) -> Tree:
        """What a claim's design depends on."""
        return {"quantity": "log-likelihood", "text": self.text}


@dataclass(frozen=True)
class Preference:
    """The log-likelihood of a right answer minus that of a wrong one, in nats; both are whole answers, not means.

    The two are texts with fields of the prompts in braces. Small models can be scored so, that write no legible answer.
    """

    right: str
    wrong: str
    unit: str = "nats"
    bounds: Bounds | None = None

    @property
    def noun(self) -> str:
        """What is measured, in a noun."""
        return f"preference for {self.right!r} over {self.wrong!r}"

    def design(self) -> Tree:
        """What a claim's design depends on."""
        return {"quantity": "preference", "right": self.right, "wrong": self.wrong}


@dataclass(frozen=True)
class Probed:
    """The probability that a logistic probe gives to its positive set."""

    probe: FittedDirection
    unit: str = ""
    bounds: Bounds | None = (0.0, 1.0)

    @property
    def direction(self) -> Direction:
        """The direction of the probe's weights."""
        return self.probe

    @property
    def noun(self) -> str:
        """What is measured, in a noun."""
        return f"probability of {self.probe.positive.name} by {self.probe.name}"

    def design(self) -> Tree:
        """What a claim's design depends on."""
        return {"quantity": "probed", "by": self.probe.design()}


@dataclass(frozen=True)
class Sided:
    """1 where the stream lies on the positive set's side of a direction, 0 where it does not.

    The threshold is the middle between the two sets' mean projections on the ``fit`` split. The mean over prompts is a
    share: with both sets measured, their difference is Youden's J, and 1 where the direction tells them apart.
    """

    direction: Direction
    unit: str = ""
    bounds: Bounds | None = (0.0, 1.0)

    @property
    def noun(self) -> str:
        """What is measured, in a noun."""
        return f"share on the positive side of {self.direction.name}"

    def design(self) -> Tree:
        """What a claim's design depends on."""
        return {"quantity": "sided", "by": self.direction.design()}


@dataclass(frozen=True)
class Surface:
    """The probability of the positive set by what can be seen without understanding: the baseline of every probe.

    An L2-logistic regression, fitted on both sets' ``fit`` split, on length, words, punctuation, digits, capitals, how
    the text ends, and its first word. It reads the user's message and runs no model.
    """

    positive: PromptSet
    negative: PromptSet
    unit: str = ""
    bounds: Bounds | None = (0.0, 1.0)

    @property
    def noun(self) -> str:
        """What is measured, in a noun."""
        return f"probability of {self.positive.name} by surface features"

    def design(self) -> Tree:
        """What a claim's design depends on."""
        sets = {"positive": self.positive.fit.design(), "negative": self.negative.fit.design()}
        return {"quantity": "surface features", **sets}

    def data(self) -> Tree:
        """The hashes of the prompts that it is fitted on."""
        return [self.positive.fit.data(), self.negative.fit.data()]


@dataclass(frozen=True)
class Activation:
    """How active a feature of a sparse autoencoder is at its site; 0 where it is off."""

    feature: Feature
    unit: str = ""
    bounds: Bounds | None = None

    @property
    def noun(self) -> str:
        """What is measured, in a noun."""
        return f"activation of {self.feature.name}"

    def design(self) -> Tree:
        """What a claim's design depends on."""
        return {"quantity": "activation", "of": self.feature.design()}


@dataclass(frozen=True)
class Cosine:
    """The cosine of the residual stream at the direction's site with the direction: its projection, length apart."""

    direction: Direction
    unit: str = ""
    bounds: Bounds | None = (-1.0, 1.0)

    @property
    def noun(self) -> str:
        """What is measured, in a noun."""
        return f"cosine with {self.direction.name}"

    def design(self) -> Tree:
        """What a claim's design depends on."""
        return {"quantity": "cosine", "with": self.direction.design()}


def phrases(given: Sequence[str], argument: str) -> tuple[str, ...]:
    """Checked phrases; raises ClaimError for a single text or an empty one."""
    if isinstance(given, str) or not all(isinstance(text, str) and text for text in given):
        raise ClaimError(
            f'{argument}={given!r} wants a list of phrases, none of them empty, as in ["I\'m sorry", "I can\'t"].',
            where=caller(),
        )
    return tuple(given)


def template(text: str, argument: str) -> str:
    """A checked text with fields of the prompts in braces; raises ClaimError where it is empty."""
    if not isinstance(text, str) or not text:
        raise ClaimError(
            f"{argument}={text!r}: give the answer's text, with the prompts' fields in braces.", where=caller()
        )
    placeholders(text, owner=f"{argument}={text!r}")
    return text


def _place(site: Site) -> str:
    layer = f"layer {site.layer}" if site.layer is not None else f"depth {site.depth:g}"
    return f"{layer}, {site.position}"
