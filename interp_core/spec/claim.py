"""Claims: one sentence, its predictions, its scope and its two digests."""

import contextvars
import inspect
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from interp_core.errors import ClaimError
from interp_core.spec.identity import Tree, caller, digest
from interp_core.spec.model import Measurement, Model
from interp_core.spec.prediction import Comparable, Prediction
from interp_core.spec.registration import UNREGISTERED, Registration

KINDS = ("behavioural", "correlational", "causal")
FACTORS = ("request", "frame")
ALPHA = 0.025
MAX_ALPHA = 0.05


@dataclass(frozen=True)
class Variant:
    """A prediction beside the claim's own: another defensible analysis, or the method without one of its parts."""

    role: Literal["analysis", "without"]
    name: str
    prediction: Prediction

    def design(self) -> Tree:
        """What a claim's design depends on."""
        return {"role": self.role, "name": self.name, "prediction": self.prediction.design()}


@dataclass(frozen=True)
class Claim:
    """One sentence about one model, with everything that decides how it will be judged.

    Attributes
    ----------
    id : stable over runs and files; unique in a suite, the model apart.
    statement : the sentence, parameters filled in, without its margin.
    baseline : the docstring's own words about the baseline.
    kind : ``behavioural``, ``correlational`` or ``causal``.
    predictions : all must hold.
    controls : predictions about the instrument; where one does not hold, the claim cannot be SUPPORTED.
    random : the factors generalised over; the others are fixed and part of the scope.
    alpha : one-sided error of a verdict: this claim's share of its family's, over its looks.
    variants : the same claim by other analyses, and by the method without one of its parts; they decide nothing.
    registration : what was said about it before the data.
    base : the model that `model` is compared with; None for a claim about one model.
    where : the line of the claims file, "path:line".
    """

    id: str
    statement: str
    baseline: str
    kind: str
    model: Model
    predictions: tuple[Prediction, ...]
    controls: tuple[Prediction, ...] = ()
    random: tuple[str, ...] = ("request",)
    alpha: float = ALPHA
    variants: tuple[Variant, ...] = ()
    registration: Registration = UNREGISTERED
    base: Model | None = None
    where: str = field(default="", compare=False)

    @property
    def sentence(self) -> str:
        """The statement with its margins: what every surface prints."""
        margins = " and ".join(prediction.phrase for prediction in self.predictions)
        return f"{self.statement.rstrip('.')}, {margins}."

    @property
    def subject(self) -> str:
        """What the claim is about, and what its history is kept under: a model, or "tuned against base"."""
        return subject(self.model, self.base)

    @property
    def arms(self) -> tuple[Measurement, ...]:
        """Every measurement that the claim needs, each once."""
        return tuple(dict.fromkeys(arm for p in self.every_prediction for arm in p.arms))

    @property
    def every_prediction(self) -> tuple[Prediction, ...]:
        """The claim's own predictions, its controls and its variants."""
        return self.predictions + self.controls + tuple(variant.prediction for variant in self.variants)

    def design(self) -> Tree:
        """Everything that decides how the claim is judged, prompts' texts and the model apart."""
        return {
            "statement": self.statement,
            "kind": self.kind,
            "predictions": [prediction.design() for prediction in self.predictions],
            "controls": [prediction.design() for prediction in self.controls],
            "random": list(self.random),
            "alpha": self.alpha,
            "estimator": "default/1",
            **({"variants": [variant.design() for variant in self.variants]} if self.variants else {}),
        }

    def design_digest(self) -> str:
        """SHA-256 of the design: a change is an amendment."""
        return digest(self.design())

    def data_digest(self, model_files: Tree) -> str:
        """SHA-256 of prompts, model weights, tokenizer and template: a change is a replication."""
        return digest(self.data(model_files))

    def data(self, model_files: Tree) -> Tree:
        """The hashes of what the claim is evaluated on: prompts by arm, and the model's files."""
        return {"arms": {arm.label: arm.data() for arm in self.arms}, "model": model_files}

    def seed(self) -> int:
        """The seed of its resampling, from its design alone."""
        return int(self.design_digest()[:13], 16)  # 52 bits: JSON readers keep it whole


def subject(model: Model, base: Model | None) -> str:
    """The name of a model, or of the pair of it and the one that it is compared with."""
    return model.name if base is None else f"{model.name} against {base.name}"


class ClaimRecorder:
    """What a claim's body sees as `claim`: it records predictions and evaluates nothing."""

    def __init__(self) -> None:
        self.predictions: list[Prediction] = []
        self.controls: list[Prediction] = []
        self.variants: list[Variant] = []
        self.peeked = False

    def expect(self, *predictions: Prediction) -> None:
        """Record predictions of which all must hold; they are judged together when the body has returned."""
        self.predictions += [_a_prediction(prediction, "expect") for prediction in predictions]

    def control(self, *predictions: Prediction) -> None:
        """Record predictions about the instrument: where one does not hold, the claim cannot be SUPPORTED."""
        self.controls += [_a_prediction(prediction, "control") for prediction in predictions]

    def look(self, treatment: Comparable, baseline: Comparable) -> None:
        """Print an effect, its interval and ten random examples: exploration, without a margin and without a verdict.

        A claim that looks before it predicts is exploratory.
        """
        print(_open_eyes("claim.look()").effect(treatment, baseline))

    def multiverse(self, analyses: Mapping[str, Prediction]) -> None:
        """Record the same claim under other defensible analyses, by name: another layer, position or judge.

        They decide nothing: the report shows their median, range and share in the predicted direction, and the
        specification curve (Simonsohn et al. 2020).
        """
        self._add("analysis", analyses, "multiverse")

    def without_parts(self, parts: Mapping[str, Prediction]) -> None:
        """Record the prediction with one part of the method left out, by the part's name.

        The report shows how much of the effect goes with each part: what is left without it was not its doing.
        """
        self._add("without", parts, "without_parts")

    def _add(self, role: Literal["analysis", "without"], given: Mapping[str, Prediction], method: str) -> None:
        self.variants += [Variant(role, str(name), _a_prediction(p, method)) for name, p in given.items()]


def _a_prediction(value: object, method: str) -> Prediction:
    if isinstance(value, Prediction):
        return value
    raise ClaimError(
        f"claim.{method}({value!r}) wants a prediction. Write claim.{method}(treatment.lower_than(baseline, by=...)).",
        where=caller(),
    )


@dataclass(frozen=True)
class Eyes:
    """What a running claim's body can look with, before it predicts.

    Attributes
    ----------
    values : a measurement's numbers, by prompt id.
    effect : two sides' effect, its interval and random examples, in words.
    """

    values: Callable[[Measurement], Mapping[str, float]]
    effect: Callable[[Comparable, Comparable], str]


_eyes: contextvars.ContextVar[Eyes | None] = contextvars.ContextVar("eyes", default=None)


def looking_with(eyes: Eyes) -> contextvars.Token[Eyes | None]:
    """Let `Measurement.values()` and `claim.look()` see until the token is reset with `stop_looking`."""
    return _eyes.set(eyes)


def stop_looking(token: contextvars.Token[Eyes | None]) -> None:
    """Undo `looking_with`."""
    _eyes.reset(token)


def look_at(measurement: Measurement) -> Mapping[str, float]:
    """The measurement's numbers, by prompt id; raises ClaimError outside a running claim."""
    return _open_eyes("values()").values(measurement)


def _open_eyes(method: str) -> Eyes:
    eyes = _eyes.get()
    if eyes is None:
        raise ClaimError(f"{method} works in the body of a claim, where a model is at hand.", where=caller())
    return eyes


def read_docstring(doc: str | None, parameters: Mapping[str, object], where: str) -> tuple[str, str]:
    """A claim's statement and its words about the baseline, out of the test's docstring.

    Raises
    ------
    ClaimError : no docstring, no "Baseline:" paragraph, or a placeholder that is not a parameter of the test.
    """
    text = inspect.cleandoc(doc or "").strip()
    if not text:
        raise ClaimError(
            "a claim needs a docstring: its first sentence is the statement that the report prints. Write\n"
            '    """Fictional frames lower the refusal projection.\n\n'
            '    Baseline: the same requests behind neutral frames of equal length.\n    """',
            where=where,
        )
    statement, _, rest = text.partition("\n\n")
    paragraphs = [paragraph for paragraph in rest.split("\n\n") if paragraph.lower().startswith("baseline:")]
    baseline = _one_line("".join(paragraphs[:1]).partition(":")[2])
    if not baseline:
        raise ClaimError(
            f"the claim {statement!r} names no baseline. Add a paragraph to its docstring that says what the effect "
            'is measured against: "Baseline: the same requests behind neutral frames of equal length."',
            where=where,
        )
    return _named(_one_line(statement), parameters, where), baseline


def _one_line(text: str) -> str:
    return " ".join(textwrap.dedent(text).split())


def _named(statement: str, parameters: Mapping[str, object], where: str) -> str:
    try:
        filled = statement.format(**{key: str(value) for key, value in parameters.items()})
    except (KeyError, IndexError, ValueError, AttributeError, TypeError) as error:
        raise ClaimError(
            f"the statement {statement!r} has a placeholder that is no parameter of the test ({error}). "
            f"Its parameters are: {', '.join(sorted(parameters)) or 'none'}.",
            where=where,
        ) from None
    return filled[:1].upper() + filled[1:]
