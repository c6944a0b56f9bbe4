"""Interventions: what is done to activations while the model runs."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from interp_core.errors import ClaimError
from interp_core.spec.autoencoder import Feature, RandomFeatures
from interp_core.spec.direction import Direction, RandomDirections
from interp_core.spec.identity import Tree, caller
from interp_core.spec.prompts import Prompt, PromptSet
from interp_core.spec.site import Site, check_position

EVERYWHERE, PROMPT, ANSWER = "everywhere", "prompt", "answer"


@dataclass(frozen=True)
class Intervention:
    """One edit of the residual stream along a direction.

    Attributes
    ----------
    kind : ``zero`` removes the component along the direction from every write to the residual stream; ``affine`` sets
        it to the mean of the direction's negative set, at every layer from the direction's site on (or at the site
        alone); ``add`` adds `coefficient` times the direction; ``set_to`` sets the component to the mean of
        `reference`, at the site's layer; ``orthogonalise`` does what ``zero`` does by editing the weights.
    direction : the recipe of the vector.
    coefficient : multiples of the direction; meaningful for ``add`` only.
    site_only : for ``affine``, whether only the site's layer is edited.
    layers : for ``add``, the layers whose input is edited; empty for the site's.
    position : for ``add`` and ``set_to``, which tokens: ``everywhere``, ``prompt``, ``answer`` or a position by role.
    reference : for ``set_to``, the prompts whose mean it is.
    """

    kind: str
    direction: Direction
    coefficient: float = 1.0
    site_only: bool = False
    layers: tuple[int, ...] = ()
    position: str = EVERYWHERE
    reference: PromptSet | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.direction, Direction):
            raise ClaimError(
                f"an intervention edits along a direction, and got {self.direction!r}. "
                "Make one with difference_in_means(harmful, harmless, at=Site(depth=0.67)).",
                where=caller(),
            )

    @property
    def directions(self) -> tuple[Direction, ...]:
        """The directions that it depends on."""
        return (self.direction,)

    @property
    def label(self) -> str:
        """What a table calls it: "zero ablation of refusal"."""
        if self.kind == "set_to":
            assert self.reference is not None
            return f"setting {self.direction.name} to the mean of {self.reference.label}{self._at}"
        if self.kind == "orthogonalise":
            return f"weights orthogonal to {self.direction.name}"
        if self.kind != "add":
            return f"{self.kind} ablation of {self.direction.name}{' at its site' if self.site_only else ''}"
        return f"adding {self.coefficient:g} x {self.direction.name}{self._at}"

    @property
    def _at(self) -> str:
        layers = f" at layers {', '.join(map(str, self.layers))}" if self.layers else ""
        return layers + ("" if self.position == EVERYWHERE else f", {self.position} only")

    def design(self) -> Tree:
        """What of the intervention a claim's design depends on."""
        more: dict[str, Tree] = {"layers": list(self.layers)} if self.layers else {}
        more |= {} if self.position == EVERYWHERE else {"position": self.position}
        more |= {"reference": self.reference.design()} if self.reference else {}
        return {
            "intervention": self.kind,
            "direction": self.direction.design(),
            "coefficient": self.coefficient,
            "site_only": self.site_only,
            **more,
        }

    def data(self) -> Tree:
        """The hashes of prompts that it depends on, its direction apart."""
        return self.reference.data() if self.reference else None


@dataclass(frozen=True)
class Substitution:
    """Activations put in the place of the model's own: activation patching, or a mean ablation.

    Attributes
    ----------
    kind : ``patch`` takes each prompt's activation from the prompt of `source` with the same request (Vig et al. 2020;
        Meng et al. 2022); ``mean`` takes the mean over the prompts of `source`.
    source : where the activations come from; they are read on the model without interventions.
    site : the layer, and the position at which source and target are read and written.
    part : ``residual`` (the input of the layer), ``attention`` or ``mlp`` (what the block adds to the stream), or
        ``head K`` (the K-th head's output before the output projection).
    """

    kind: str
    source: PromptSet
    site: Site
    part: str = "residual"

    @property
    def directions(self) -> tuple[Direction, ...]:
        """None: no direction is involved."""
        return ()

    @property
    def head(self) -> int | None:
        """The index of the head, where the part is one."""
        return int(self.part.partition(" ")[2]) if self.part.startswith("head ") else None

    @property
    def label(self) -> str:
        """What a table calls it."""
        layer = f"layer {self.site.layer}" if self.site.layer is not None else f"depth {self.site.depth:g}"
        place = f"{self.part} of {layer}, {self.site.position}"
        if self.kind == "patch":
            return f"{place} patched from {self.source.label}"
        return f"{place} set to the mean of {self.source.label}"

    def design(self) -> Tree:
        """What of the intervention a claim's design depends on."""
        return {
            "intervention": self.kind,
            "source": self.source.design(),
            "site": self.site.design(),
            "part": self.part,
        }

    def data(self) -> Tree:
        """The hashes of the source's prompts."""
        return self.source.data()

    def partners(self, prompts: Iterable[Prompt]) -> tuple[Prompt, ...]:
        """The source prompt of each of `prompts`: of the same id, or else of the same request.

        Raises
        ------
        ClaimError : a prompt has no partner, or several.
        """
        by_id = {prompt.id: [prompt] for prompt in self.source}
        by_request: dict[str, list[Prompt]] = {}
        for prompt in self.source:
            by_request.setdefault(prompt.request, []).append(prompt)
        return tuple(self._only(p, by_id.get(p.id) or by_request.get(p.request, [])) for p in prompts)

    def _only(self, prompt: Prompt, found: Sequence[Prompt]) -> Prompt:
        if len(found) == 1:
            return found[0]
        raise ClaimError(
            f"{self.source.label!r} has {len(found)} prompts for {prompt.id!r}, and patching takes each activation "
            "from one. Build both from one prompt set: patch(harmful.test, ...) for harmful.test.framed(...).",
            where=caller(),
        )


@dataclass(frozen=True)
class NeuronAblation:
    """MLP neurons that write a direction, set to their mean over the direction's negative set at the site's position.

    A neuron writes its activation times the component of its output weights along the unit direction; its share is
    the difference of that between the direction's two sets (``fit`` split), over all layers below the site.

    Attributes
    ----------
    direction : what they write; a fitted one.
    count : how many neurons.
    chosen : ``strongest``, those with the largest share, or ``random`` ones, drawn from all others below the site.
    """

    direction: Direction
    count: int
    chosen: str = "strongest"

    @property
    def directions(self) -> tuple[Direction, ...]:
        """The direction that the neurons are chosen by."""
        return (self.direction,)

    @property
    def label(self) -> str:
        """What a table calls it."""
        which = "that write most of" if self.chosen == "strongest" else "at random below the site of"
        return f"mean ablation of {self.count} neurons {which} {self.direction.name}"

    def design(self) -> Tree:
        """What of the intervention a claim's design depends on."""
        how = {"intervention": "neurons", "count": self.count, "chosen": self.chosen}
        return {**how, "direction": self.direction.design()}

    def data(self) -> Tree:
        """Nothing beside what its direction depends on."""
        return None


@dataclass(frozen=True)
class FeatureAblation:
    """What a feature of a sparse autoencoder writes, taken out of the stream: x <- x - f(x) w_dec at the site's layer.

    The rest of the stream stays, what the autoencoder does not explain included (the error term of Marks et al. 2024,
    sparse feature circuits; features as in Bricken et al. 2023). The feature is read anew at every token.

    Attributes
    ----------
    feature : the feature, or others like it.
    position : which tokens: ``everywhere``, ``prompt``, ``answer`` or a position by role.
    """

    feature: Feature | RandomFeatures
    position: str = EVERYWHERE

    @property
    def directions(self) -> tuple[Direction, ...]:
        """None: no direction is fitted."""
        return ()

    @property
    def label(self) -> str:
        """What a table calls it."""
        site = self.feature.source.site
        layer = f"layer {site.layer}" if site.layer is not None else f"depth {site.depth:g}"
        where = "" if self.position == EVERYWHERE else f", {self.position} only"
        return f"ablation of {self.feature.name} at {layer}{where}"

    def design(self) -> Tree:
        """What of the intervention a claim's design depends on."""
        return {"intervention": "feature", "feature": self.feature.design(), "position": self.position}

    def data(self) -> Tree:
        """The hashes of the prompts that other features are chosen on."""
        return self.feature.like.data() if isinstance(self.feature, RandomFeatures) else None


AnyIntervention = Intervention | Substitution | NeuronAblation | FeatureAblation


@dataclass(frozen=True)
class ZeroAblation:
    """Directional ablation (Arditi et al. 2024, eq. 4): x <- x - (x . r) r for every write to the residual stream."""

    def __call__(self, direction: Direction) -> Intervention:
        """The intervention for `direction`."""
        return Intervention("zero", direction)

    def __str__(self) -> str:
        return "zero"


@dataclass(frozen=True)
class AffineAblation:
    """Affine ablation (Marshall et al. 2024): the component along r is set to the negative set's mean, not to zero."""

    def __call__(self, direction: Direction, *, site_only: bool = False) -> Intervention:
        """The intervention for `direction`; `site_only` edits the site's layer and no later one."""
        return Intervention("affine", direction, site_only=site_only)

    def __str__(self) -> str:
        return "affine"


@dataclass(frozen=True)
class Addition:
    """Activation addition (Turner et al. 2023; Arditi et al. 2024, eq. 3): x <- x + c r at the direction's site."""

    def __call__(
        self,
        direction: Direction,
        *,
        coefficient: float = 1.0,
        layers: Sequence[int] = (),
        position: str = EVERYWHERE,
    ) -> Intervention:
        """The intervention for `direction`.

        Parameters
        ----------
        coefficient : multiples of the direction; not zero.
        layers : the layers at whose input it is added; the direction's own by default.
        position : ``everywhere``, ``prompt``, ``answer`` (the prefill and the new tokens) or a position by role.

        Raises
        ------
        ClaimError : a coefficient of zero or one that is not finite, a negative layer, an unknown position.
        """
        if coefficient == 0 or not math.isfinite(coefficient):
            raise ClaimError(
                f"add(direction, coefficient={coefficient}) changes no activation in a way that can be measured. "
                "Write a number of times the direction: coefficient=1.0 is the default.",
                where=caller(),
            )
        where = check_position(position, EVERYWHERE, PROMPT, ANSWER)
        return Intervention("add", direction, coefficient=coefficient, layers=_layers(layers), position=where)

    def __str__(self) -> str:
        return "add"


@dataclass(frozen=True)
class Interchange:
    """The component along r is set to another prompt set's mean at the site: an interchange of one variable.

    Geiger et al. 2021 (interchange interventions), here with the mean of a set in the place of one prompt's value, so
    that nothing but the component moves. It tells a direction that carries the difference between two sets from one
    that merely correlates with it.
    """

    def __call__(self, direction: Direction, *, mean_of: PromptSet, position: str = EVERYWHERE) -> Intervention:
        """The intervention for `direction`, at its site's layer; the mean is read at the site's position.

        Raises
        ------
        ClaimError : `mean_of` is no prompt set, or the position is unknown.
        """
        if not isinstance(mean_of, PromptSet):
            raise ClaimError(f"set_to(..., mean_of={mean_of!r}): give a prompt set.", where=caller())
        where = check_position(position, EVERYWHERE, PROMPT, ANSWER)
        return Intervention("set_to", direction, position=where, reference=mean_of)

    def __str__(self) -> str:
        return "set to"


@dataclass(frozen=True)
class Orthogonalisation:
    """Weight orthogonalisation (Arditi et al. 2024, section 4.1): W_out <- W_out - r r^T W_out for all that writes.

    The same model as under zero ablation, at no cost for each token. Where a norm stands between a block's output and
    the residual stream (Gemma 2 and 3), no edit of the weights does this, and measuring raises NotApplicable.
    """

    def __call__(self, direction: Direction) -> Intervention:
        """The intervention for `direction`; raises ClaimError for random directions, which differ between prompts."""
        if isinstance(direction, RandomDirections) and direction.draws > 1:
            raise ClaimError(
                "weights can be orthogonal to one direction at a time, and random directions rotate over the requests. "
                "Use zero(refusal.random()) for the sham: it computes the same.",
                where=caller(),
            )
        return Intervention("orthogonalise", direction)

    def __str__(self) -> str:
        return "orthogonalise"


def patch(source: PromptSet, *, at: Site, part: str = "residual") -> Substitution:
    """Put the activations of `source`, each prompt's from that of the same request, in the place of the model's own.

    With a clean source under corrupted prompts this is denoising, the other way round noising (Heimersheim & Nanda
    2024): denoising finds what suffices to restore behaviour, noising what is needed for it.

    Parameters
    ----------
    source : the prompts whose activations are taken, paired with the targets by request.
    at : the layer and the position; both prompts are read there by role, whatever their lengths.
    part : ``residual``, ``attention``, ``mlp`` or ``head K``.
    """
    return Substitution("patch", source, at, _part(part))


def mean_ablation(over: PromptSet, *, at: Site, part: str) -> Substitution:
    """Set a head's, an attention's or an MLP's output to its mean over `over` (Wang et al. 2023, section 3.2)."""
    return Substitution("mean", over, at, _part(part))


def neurons(direction: Direction, *, count: int = 10, chosen: str = "strongest") -> NeuronAblation:
    """Mean-ablate the neurons that write most of a direction, or (`chosen="random"`) as many others: the sham.

    Raises
    ------
    ClaimError : no neurons, an unknown choice, or random directions, which no neuron writes on purpose.
    """
    if count < 1 or chosen not in ("strongest", "random"):
        raise ClaimError(
            f"neurons(count={count}, chosen={chosen!r}): write a count of 1 or more, and 'strongest' or 'random'.",
            where=caller(),
        )
    if isinstance(direction, RandomDirections):
        raise ClaimError(
            "neurons(...) chooses neurons by a fitted direction. For the sham of it write chosen='random'.",
            where=caller(),
        )
    return NeuronAblation(direction, count, chosen)


def ablate_feature(feature: Feature | RandomFeatures, *, position: str = EVERYWHERE) -> FeatureAblation:
    """Take what a feature writes out of the stream while the model runs; see FeatureAblation.

    ``ablate_feature(sae.feature(1702, at=site))``, beside its sham ``ablate_feature(feature.random(like=prompts))``.

    Raises
    ------
    ClaimError : no feature is given, or the position is unknown.
    """
    if not isinstance(feature, Feature | RandomFeatures):
        raise ClaimError(
            f"ablate_feature({feature!r}): give a feature, as in sparse_autoencoder('sae.safetensors').feature(1702, "
            "at=Site(layer=12)).",
            where=caller(),
        )
    return FeatureAblation(feature, check_position(position, EVERYWHERE, PROMPT, ANSWER))


def _part(part: str) -> str:
    word, _, index = part.partition(" ")
    if part in ("residual", "attention", "mlp") or (word == "head" and index.isdecimal()):
        return part
    raise ClaimError(f"part={part!r} is unknown. Write residual, attention, mlp or 'head 3'.", where=caller())


def _layers(layers: Sequence[int]) -> tuple[int, ...]:
    if any(layer < 0 for layer in layers) or len(set(layers)) < len(layers):
        raise ClaimError(f"layers={tuple(layers)}: name each layer once, counted from 0.", where=caller())
    return tuple(layers)


zero = ZeroAblation()
affine = AffineAblation()
add = Addition()
set_to = Interchange()
orthogonalise = Orthogonalisation()
