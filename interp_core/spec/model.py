"""Models by reference, and the measurements made of them: frozen recipes, no weights and no numbers."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from interp_core.errors import ClaimError, NotApplicable
from interp_core.spec.autoencoder import Feature
from interp_core.spec.direction import Direction, FittedDirection, LogisticProbe, SelectedDirection
from interp_core.spec.frames import LengthMatched, fill
from interp_core.spec.identity import Tree, caller
from interp_core.spec.intervention import AnyIntervention, Substitution
from interp_core.spec.judge import Judge
from interp_core.spec.measure import Along, Judged, Measure, Projection, Quantity, Recorded
from interp_core.spec.prediction import Comparable, check_comparable, refuse_deeper
from interp_core.spec.prompts import PromptSet
from interp_core.spec.quantity import (
    Activation,
    Cosine,
    Divergence,
    Likelihood,
    LogOdds,
    Preference,
    Probed,
    Sided,
    Surface,
    phrases,
    template,
)
from interp_core.spec.recorded import read_recording
from interp_core.spec.site import Site

DTYPES = ("float32", "bfloat16", "float16")


@dataclass(frozen=True)
class Measurement(Comparable):
    """One quantity of one model over one prompt set: a recipe, no number yet."""

    quantity: Quantity
    model: "Model"
    prompts: PromptSet
    where: str = field(default="", compare=False)
    arm: str = ""

    @property
    def condition(self) -> str:
        """The prompts and the interventions: what a recording names an arm of a judged measurement."""
        if self.arm:
            return self.arm
        edits = "".join(f", {edit.label}" for edit in self.model.interventions)
        return f"{self.prompts.label}{edits}"

    @property
    def label(self) -> str:
        """What a table calls the arm; it names the model where that is the one compared with."""
        return f"{self.condition}, in {self.model.name}" if self.model.role else self.condition

    def __str__(self) -> str:
        unit = f" {self.quantity.unit}" if self.quantity.unit else ""
        return f"{self.quantity.noun}{unit} of {self.condition}, on {self.model.name}\n{self.prompts}"

    @property
    def arms(self) -> "tuple[Measurement, ...]":
        """Itself."""
        return (self,)

    @property
    def directions(self) -> tuple[Direction, ...]:
        """Every direction that the number depends on."""
        own = (self.quantity.direction,) if isinstance(self.quantity, Along) else ()
        return own + tuple(direction for edit in self.model.interventions for direction in edit.directions)

    @property
    def intervenes(self) -> bool:
        """Whether the model is intervened on while the number is made, here or where it was recorded."""
        if self.arm:
            return bool(read_recording(self.model.recording_folder).intervention(self.arm))
        return bool(self.model.interventions)

    @property
    def gap(self) -> FittedDirection | SelectedDirection | None:
        """The direction whose gap is the unit, if one is."""
        quantity = self.quantity
        return None if not isinstance(quantity, Projection) or quantity.raw else quantity.direction.fitted

    def __sub__(self, other: object) -> "Contrast":
        if not isinstance(other, Measurement):
            refuse_deeper()
        check_comparable(self, other, "minuend", "subtrahend", caller())
        return Contrast(self, other)

    def values(self) -> Mapping[str, float]:
        """The number of each prompt, by prompt id. Looking before the prediction makes the claim exploratory."""
        from interp_core.spec.claim import look_at

        return look_at(self)

    def design(self) -> Tree:
        """What a claim's design depends on."""
        return {
            "quantity": self.quantity.design(),
            "model": self.model.design(),
            "prompts": self.arm or self.prompts.design(),
        }

    def data(self) -> Tree:
        """The hashes of everything the number is computed from, the model apart."""
        references = [data for edit in self.model.interventions if (data := edit.data()) is not None]
        references += [self.quantity.data()] if isinstance(self.quantity, Surface) else []
        more = {"references": references} if references else {}
        return {"prompts": self.prompts.data(), "directions": [d.data() for d in self.directions], **more}


@dataclass(frozen=True)
class Contrast(Comparable):
    """The difference of two measurements over the same requests: a side of a 2 x 2 interaction."""

    minuend: Measurement
    subtrahend: Measurement

    @property
    def label(self) -> str:
        """What a table calls the arm."""
        return f"({self.minuend.label}) minus ({self.subtrahend.label})"

    @property
    def arms(self) -> tuple[Measurement, ...]:
        """Both measurements."""
        return (self.minuend, self.subtrahend)

    @property
    def quantity(self) -> Quantity:
        """The quantity of both."""
        return self.minuend.quantity

    @property
    def gap(self) -> FittedDirection | SelectedDirection | None:
        """The direction whose gap is the unit, if one is."""
        return self.minuend.gap

    @property
    def widest(self) -> float:
        """Two contrasts differ by up to twice what two measurements do."""
        return 2 * super().widest

    def design(self) -> Tree:
        """What a claim's design depends on."""
        return {"contrast": [self.minuend.design(), self.subtrahend.design()]}


@dataclass(frozen=True)
class Model:
    """A model by its source, revision and dtype, plus the interventions in force.

    Attributes
    ----------
    source : an organism's name, the path of a `save_pretrained` folder, a hub id whose files are on this machine, or
        ``recorded:DIR``.
    name : what tables call it.
    revision : the hub revision; None for local folders.
    dtype : float32, bfloat16 or float16; part of the row, since it changes results.
    interventions : applied in order while the model runs.
    role : ``base`` for the model that a claim's own is compared with; "" for a claim's own.
    """

    source: str
    name: str = field(default="", compare=False)
    revision: str | None = None
    dtype: str = "float32"
    interventions: tuple[AnyIntervention, ...] = ()
    role: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if self.dtype not in DTYPES:
            raise ClaimError(f"unknown dtype {self.dtype!r}. Write one of: {', '.join(DTYPES)}.")
        if not self.name:
            object.__setattr__(self, "name", self.source.removeprefix("recorded:").rstrip("/").rsplit("/", 1)[-1])

    @property
    def is_recorded(self) -> bool:
        """Whether its results were recorded elsewhere."""
        return self.source.startswith("recorded:")

    @property
    def bare(self) -> "Model":
        """The same model without interventions."""
        return replace(self, interventions=())

    def under(self, *interventions: AnyIntervention) -> "Model":
        """The same model with `interventions` in force besides those it has, applied in their order at each site."""
        for edit in interventions:
            if not isinstance(edit, AnyIntervention):
                raise ClaimError(
                    f"model.under({edit!r}): give interventions, as in model.under(zero(refusal)).", where=caller()
                )
        return replace(self, interventions=self.interventions + interventions)

    def projection(self, prompts: PromptSet, *, on: Direction, raw: bool = False) -> Measurement:
        """The projection of each prompt's residual stream on a direction, at the direction's site.

        Parameters
        ----------
        prompts : what to run; not the prompts that the direction was fitted on.
        on : the direction, which carries its site.
        raw : leave the unit of the residual stream; otherwise the unit is the direction's gap on its select split.
        """
        return self._measurement(Projection(on, raw), prompts)

    def cosine(self, prompts: PromptSet, *, on: Direction) -> Measurement:
        """The cosine of each prompt's residual stream with a direction, at the direction's site."""
        return self._measurement(Cosine(on), prompts)

    def probed(self, prompts: PromptSet, *, by: LogisticProbe) -> Measurement:
        """The probability, in [0, 1], that a logistic probe gives to its positive set."""
        if not isinstance(by, LogisticProbe):
            raise ClaimError(
                f"model.probed(..., by={by!r}): give a logistic_probe(harmful, harmless, at=site). Another direction "
                "has no probability; measure model.projection(..., on=...).",
                where=caller(),
            )
        return self._measurement(Probed(by), prompts)

    def sided(self, prompts: PromptSet, *, by: Direction) -> Measurement:
        """1 where a prompt lies on the positive set's side of a direction, halfway between the sets' means; else 0."""
        return self._measurement(Sided(by), prompts)

    def activation(self, prompts: PromptSet, *, of: Feature) -> Measurement:
        """How active a feature of a sparse autoencoder is, at its site."""
        if not isinstance(of, Feature):
            raise ClaimError(
                f"model.activation(..., of={of!r}): give one feature, as in sparse_autoencoder('sae.safetensors')"
                ".feature(1702, at=Site(layer=12)).",
                where=caller(),
            )
        return self._measurement(Activation(of), prompts)

    def surface(self, prompts: PromptSet, *, positive: PromptSet, negative: PromptSet) -> Measurement:
        """The probability of the positive set by surface features alone: what a direction must beat to read meaning.

        Raises
        ------
        ClaimError : a prompt is a length-matched control, whose text depends on the model's tokenizer.
        """
        if any(isinstance(prompt.user, LengthMatched) for prompt in prompts):
            raise ClaimError(
                f"{prompts.label!r} holds length-matched controls, whose texts are not known before a model is. "
                "Measure the surface of prompts that are written.",
                where=caller(),
            )
        return self._measurement(Surface(positive, negative), prompts)

    def log_odds(
        self,
        prompts: PromptSet,
        *,
        of: Sequence[str],
        against: Sequence[str] = (),
        name: str = "refusal",
        at: Site | None = None,
    ) -> Measurement:
        """The log-odds, in nats, that the next token opens one of some phrases.

        Parameters
        ----------
        prompts : what to run.
        of, against : phrases; the model's own tokenizer says which tokens open them. Without `against`, the odds are
            against every other token.
        name : what the phrases stand for, in tables.
        at : read by the logit lens at this site instead of after the last layer.

        Raises
        ------
        ClaimError : a list is no list of phrases; when measured, a token that opens phrases of both.
        """
        quantity = LogOdds(name, phrases(of, "of"), phrases(against, "against"), at)
        if not quantity.phrases:
            raise ClaimError('log_odds(of=[]) names no phrase. Write of=["I\'m sorry", "I can\'t"].', where=caller())
        return self._measurement(quantity, prompts)

    def divergence(self, prompts: PromptSet, *, kind: str = "KL") -> Measurement:
        """How far the next-token distribution lies from the bare model's; 0 for a bare model.

        `kind` is ``KL``, KL(bare || self) in nats, or ``total variation``, in [0, 1].
        """
        if kind not in ("KL", "total variation"):
            raise ClaimError(f"divergence(kind={kind!r}): write 'KL' or 'total variation'.", where=caller())
        return self._measurement(Divergence(kind), prompts)

    def log_likelihood(self, prompts: PromptSet, *, of: str | None = None) -> Measurement:
        """The mean log-likelihood a token, in nats, of an answer, or of the prompts' own texts without any template.

        `of` is the answer, with fields of the prompts in braces: ``of="Sure, here is how to {action}."``.
        """
        quantity = Likelihood(None if of is None else template(of, "of"))
        self._fill(prompts, of or "", "of")
        return self._measurement(quantity, prompts)

    def preference(self, prompts: PromptSet, *, right: str = "{right}", wrong: str = "{wrong}") -> Measurement:
        """The log-likelihood, in nats, of a right answer over a wrong one, with fields of the prompts in braces."""
        for argument, text in (("right", right), ("wrong", wrong)):
            self._fill(prompts, template(text, argument), argument)
        return self._measurement(Preference(right, wrong), prompts)

    @staticmethod
    def _fill(prompts: PromptSet, text: str, argument: str) -> None:
        for prompt in prompts:
            fill(text, dict(prompt.fields), owner=f"{argument}={text!r}")

    def judged(
        self,
        prompts: PromptSet,
        *,
        by: Judge,
        max_new_tokens: int = 48,
        draws: int | None = None,
        temperature: float = 1.0,
        until_settled: bool = False,
    ) -> Measurement:
        """A judge's score of each prompt's answer of at most `max_new_tokens` tokens.

        The greedy answer, or the mean over `draws` answers sampled at `temperature`. Greedy rates of half-way
        conditions swing with a model's seed; sampled ones are steadier. `until_settled` ends each answer where the
        judge's decision cannot change any more, for a judge that can say so; one answer in eight, and at least eight
        of an arm, is generated whole, to see whether the model degenerates.
        """
        if not isinstance(by, Judge):
            raise ClaimError(
                f"model.judged(..., by={by!r}): give a Judge, as @judge makes of a function.", where=caller()
            )
        if max_new_tokens < 1:
            raise ClaimError(
                f"max_new_tokens={max_new_tokens} leaves no answer to judge. Write at least 1; 48 is the default.",
                where=caller(),
            )
        if draws is not None and (draws < 1 or not 0 < temperature < math.inf):
            raise ClaimError(
                f"draws={draws} at temperature={temperature}: sample at least one answer, at a temperature above 0. "
                "Leave draws out for the greedy answer.",
                where=caller(),
            )
        if until_settled and by.settled is None:
            raise ClaimError(
                f"the judge {by.name!r} does not say when its decision is settled. Give it a function of the answer so "
                "far, @judge(..., settled=...), use refusal_phrases(...), or leave until_settled out.",
                where=caller(),
            )
        if until_settled and by.labels is not None:
            raise ClaimError(
                f"the judge {by.name!r} is corrected by people's labels, and people read whole answers. Leave "
                "until_settled out.",
                where=caller(),
            )
        quantity = Judged(by, max_new_tokens, draws=draws or 0, temperature=temperature, until_settled=until_settled)
        return self._measurement(quantity, prompts)

    def measured(self, prompts: PromptSet, *, by: Measure) -> Measurement:
        """A measure of the user's own, as `@measure` makes of a function of activations or logits."""
        if not isinstance(by, Measure):
            raise ClaimError(f"model.measured(..., by={by!r}): give a Measure, as @measure makes.", where=caller())
        return self._measurement(by, prompts)

    def _measurement(self, quantity: Quantity, prompts: PromptSet) -> Measurement:
        """A measurement; raises ClaimError where a prompt has no partner in a patch's source."""
        for edit in self.interventions:
            if isinstance(edit, Substitution) and edit.kind == "patch":
                edit.partners(prompts)
        return Measurement(quantity, self, prompts, caller())

    def recorded(self, arm: str, *, measure: str = "value") -> Measurement:
        """The numbers that a recording holds of one arm, under the name that the recording gives it.

        Raises
        ------
        NotApplicable : the model is not a recording, or the recording has no such arm: the claim is skipped.
        """
        recording = read_recording(self.recording_folder)
        quantity = Recorded(measure, recording.unit(measure), recording.bounds(measure))
        return Measurement(quantity, self, recording.prompts(arm, measure), caller(), arm)

    @property
    def recording_folder(self) -> Path:
        """The folder of a recording; raises NotApplicable for any other model."""
        if not self.is_recorded:
            raise NotApplicable("the claim reads recorded results: run it with --model recorded:DIR.")
        return Path(self.source.removeprefix("recorded:")).expanduser()

    def design(self) -> Tree:
        """What a claim's design depends on: the interventions and the model's role, not which model it is."""
        edits = [edit.design() for edit in self.interventions]
        return {"role": self.role, "interventions": edits} if self.role else edits
