"""What makes a claim unusable, found before anything is computed: form, scope, pairing, leakage."""

from collections.abc import Iterable

from interp_core.errors import ClaimError, InvalidEvidence
from interp_core.spec.claim import ALPHA, FACTORS, KINDS, MAX_ALPHA, Claim
from interp_core.spec.direction import Direction
from interp_core.spec.measure import Judged, Measure, Projection
from interp_core.spec.model import Contrast, Measurement, Model
from interp_core.spec.prediction import Prediction, Reference
from interp_core.spec.prompts import PromptSet, overlap
from interp_core.spec.quantity import Surface
from interp_core.spec.statistic import Correlation, Separation, Trend


def check(claim: Claim) -> tuple[str, ...]:
    """Find what makes a claim unusable before anything is computed; returns notes about its scope.

    Raises
    ------
    ClaimError : no prediction, an unknown kind or factor, an alpha outside 0 to 0.05, a causal claim without an
        intervention, an arm on a third model, arms of two models that do not compare, unpaired arms, a judge whose
        known errors cannot be carried.
    InvalidEvidence : a direction is scaled on prompts that it was fitted on, or evaluated on either.
    """
    _check_form(claim)
    _check_scope(claim)
    for prediction in claim.every_prediction:
        _check_paired(prediction, claim.where)
        _check_across(prediction, claim.where)
        _check_corrected(prediction, claim.where)
    _check_variants(claim)
    return _check_leakage(claim) + _not_pinned(claim)


def _check_form(claim: Claim) -> None:
    if not claim.predictions:
        raise ClaimError(
            f"the claim {claim.id!r} predicts nothing, so it could not fail. "
            "End its body with claim.expect(treatment.lower_than(baseline, by=...)).",
            where=claim.where,
        )
    if claim.kind not in KINDS:
        raise ClaimError(f"kind={claim.kind!r} is unknown. Write one of: {', '.join(KINDS)}.", where=claim.where)
    unknown = [factor for factor in claim.random if factor not in FACTORS]
    if unknown or "request" not in claim.random:
        raise ClaimError(
            f"random={claim.random!r} names the factors to generalise over. It holds 'request', and 'frame' where "
            "the claim is about frames in general.",
            where=claim.where,
        )
    if claim.kind == "causal" and not any(p.treatment.arms[0].intervenes for p in claim.predictions):
        raise ClaimError(
            f"the claim {claim.id!r} is causal, but no treatment intervenes on the model. "
            "Write model.under(zero(refusal)), or call the claim correlational (a recording says in recording.json "
            "which arms were intervened on).",
            where=claim.where,
        )


def _check_variants(claim: Claim) -> None:
    """Raise ClaimError for variants that could not stand beside the claim's first prediction."""
    if not claim.predictions:
        return
    first = claim.predictions[0]
    for variant in claim.variants:
        other = variant.prediction
        if type(other.treatment) is not type(first.treatment) or other.relation != first.relation:
            raise ClaimError(
                f"the variant {variant.name!r} is {other.relation} of another kind of comparison than the claim's own "
                f"prediction, which is {first.relation}. Vary the analysis, not what is predicted.",
                where=other.where or claim.where,
            )


def _check_labels(claim: Claim) -> None:
    """Raise ClaimError where two different arms go by one name: tables, and recordings, could not tell them apart."""
    first: dict[str, Measurement] = {}
    for arm in claim.arms:
        other = first.setdefault(f"{arm.quantity.noun} of {arm.label}", arm)
        if other != arm:
            raise ClaimError(
                f"two different arms are both called {arm.label!r}. Give their prompt sets, frames or directions names "
                "that tell them apart; system prompts go in claims of their own.",
                where=arm.where or claim.where,
            )


def _check_repeats(arm: Measurement, where: str) -> None:
    """Raise ClaimError where one request stands in an arm under several ids: it would count as independent evidence."""
    first: dict[str, str] = {}
    for prompt in arm.prompts:
        text = prompt.direct.strip()
        if text and first.setdefault(text, prompt.request) != prompt.request:
            raise ClaimError(
                f"{arm.prompts.label} holds one request under two ids, {first[text]!r} and {prompt.request!r}: "
                f"{text[:60]!r}. Each would count as independent evidence: keep one of them.",
                where=arm.where or where,
            )


def _check_scope(claim: Claim) -> None:
    if "frame" in claim.random and not any(prompt.frame for arm in claim.arms for prompt in arm.prompts):
        raise ClaimError(
            f"random={claim.random!r} generalises over frames, but no arm is framed. Frame the requests, as in "
            "harmful.test.framed(FICTION), or leave 'frame' out.",
            where=claim.where,
        )
    if not 0 < claim.alpha <= MAX_ALPHA:
        raise ClaimError(
            f"alpha={claim.alpha!r} is no one-sided error of a verdict: it lies above 0 and is at most {MAX_ALPHA}, "
            f"and the interval shown is 1 - 2 alpha. Leave it out for {ALPHA}.",
            where=claim.where,
        )
    for arm in claim.arms:
        _check_repeats(arm, claim.where)
        for used in _models(arm):
            if used not in (claim.model.bare, claim.base):
                raise ClaimError(
                    f"the arm {arm.label!r} needs the model {used.name!r}, but the claim is about {claim.subject}. "
                    "Build every arm from the fixtures `model` and `base`; a second --model gives a second row.",
                    where=arm.where or claim.where,
                )
    _check_base(claim)
    _check_labels(claim)


def _models(arm: Measurement) -> Iterable[Model]:
    """The bare models that an arm needs: the one that is measured, and those that its directions are fitted in."""
    homes = (direction.home for direction in arm.directions)
    return (arm.model.bare, *(home for home in homes if home is not None))


def _check_base(claim: Claim) -> None:
    """Raise ClaimError where one of the two models of a claim has no part in it."""
    if claim.arms and not any(arm.model.bare == claim.model.bare for arm in claim.arms):
        raise ClaimError(
            f"the claim {claim.id!r} measures nothing on {claim.model.name}, the model that it is about. "
            "Measure it, or run a claim without `base` on the other model: --model.",
            where=claim.where,
        )
    if claim.base is not None and not any(claim.base in _models(arm) for arm in claim.arms):
        raise ClaimError(
            f"the claim {claim.id!r} asks for `base` and uses nothing of it. Measure it, fit a direction in it "
            "(refusal.fitted_in(base)), or leave the fixture out.",
            where=claim.where,
        )


def _check_across(prediction: Prediction, where: str) -> None:
    """Raise ClaimError where arms on two models would compare nothing, or numbers that have no unit in common."""
    where = prediction.where or where
    for side in (prediction.treatment, prediction.baseline):
        if isinstance(side, Separation | Trend) and _several(side.arms):
            raise ClaimError(
                f"{side.label!r} mixes two models. Take each of its arms from one, and compare it with the other's: "
                "separation(a, b).higher_than(separation(c, d), by=...).",
                where=where,
            )
    if _several(prediction.arms):
        for arm in prediction.arms:
            _check_unit(arm, ranked=isinstance(prediction.treatment, Separation | Correlation), where=where)


def _check_unit(arm: Measurement, *, ranked: bool, where: str) -> None:
    """Raise ClaimError for a number that does not compare with another model's; ranks need no unit."""
    quantity = arm.quantity
    if isinstance(quantity, Surface):
        raise ClaimError(
            "surface features read the prompts and no model, so two models differ by nothing. Compare what the models "
            "do.",
            where=where,
        )
    if isinstance(quantity, Projection) and quantity.direction.home is None and not ranked:
        raise ClaimError(
            f"{quantity.direction.name!r} is another vector in each model, and its gap another unit. Project both on "
            "one: model.projection(..., on=refusal.fitted_in(base)); or compare what has no unit: model.cosine(...).",
            where=where,
        )


def _check_corrected(prediction: Prediction, where: str) -> None:
    """Raise ClaimError where what is known of a judge's errors could not be carried into the interval."""
    treatment = prediction.treatment
    kind = type(treatment).__name__.lower()
    for arm in prediction.arms:
        judge = arm.quantity.judge if isinstance(arm.quantity, Judged) else None
        if judge and (judge.calibrations or judge.labels) and not isinstance(treatment, Measurement):
            raise ClaimError(
                f"the judge {judge.name!r} is {'labelled' if judge.labels else 'calibrated'}, which corrects the "
                f"difference of two arms and no {kind}. Compare two arms, or say how far the judge may be off: "
                "judge.biased_by_at_most(.1).",
                where=prediction.where or where,
            )
        if judge and judge.bias_bound is not None and isinstance(treatment, Separation | Correlation):
            raise ClaimError(
                f"how far a bias of {judge.bias_bound:g} of the judge {judge.name!r} moves a {kind} is not known: "
                "which answers it misjudges decides. Compare means, or leave the bound out.",
                where=prediction.where or where,
            )


def _several(arms: Iterable[Measurement]) -> bool:
    return len({arm.model.bare for arm in arms}) > 1


def _check_paired(prediction: Prediction, where: str) -> None:
    where = prediction.where or where
    treatment, baseline = prediction.treatment, prediction.baseline
    for side in (treatment, baseline):
        if isinstance(side, Contrast):
            _same_requests(side.minuend.prompts, side.subtrahend.prompts, where)
    if isinstance(treatment, Contrast) and isinstance(baseline, Contrast):
        _all_or_none(treatment.minuend.prompts, baseline.minuend.prompts, where)
    elif isinstance(treatment, Trend) and isinstance(baseline, Trend):
        _same_doses(treatment, baseline, where)
        _same_requests(treatment.measurements[0].prompts, baseline.measurements[0].prompts, where)
    elif not isinstance(baseline, Reference):
        for first, second in zip(treatment.arms, baseline.arms, strict=True):
            _same_requests(first.prompts, second.prompts, where)


def _all_or_none(first: PromptSet, second: PromptSet, where: str) -> None:
    """Raise ClaimError where two groups of requests overlap in part: neither paired nor independent."""
    shared = set(first.requests) & set(second.requests)
    if shared and set(first.requests) != set(second.requests):
        raise ClaimError(
            f"the two contrasts share {len(shared)} requests and differ in others, so they are neither paired nor "
            f"independent: {first.label!r} and {second.label!r}. Use the same requests in both, or none in common.",
            where=where,
        )


def _same_doses(treatment: Trend, baseline: Trend, where: str) -> None:
    if treatment.doses != baseline.doses:
        raise ClaimError(
            f"the trends run over different doses, {treatment.doses} and {baseline.doses}. Sweep both alike.",
            where=where,
        )


def _same_requests(treatment: PromptSet, baseline: PromptSet, where: str) -> None:
    difference = sorted(set(treatment.requests) ^ set(baseline.requests))
    if difference:
        raise ClaimError(
            f"the arms are not paired: {treatment.label!r} and {baseline.label!r} differ in {len(difference)} "
            f"requests, {difference[0]!r} among them. Build both arms from one prompt set, or compare contrasts: "
            "(a - b) with (c - d).",
            where=where,
        )
    partners = {prompt.id for prompt in baseline} | {prompt.request for prompt in baseline if not prompt.frame}
    lonely = [prompt.id for prompt in treatment if not {prompt.id, prompt.request} & partners]
    if lonely:
        raise ClaimError(
            f"the arms are not paired: {len(lonely)} prompts of {treatment.label!r} have no partner in "
            f"{baseline.label!r}, {lonely[0]!r} among them. Frame both arms with the same set, or leave the baseline "
            "unframed.",
            where=where,
        )


def _check_leakage(claim: Claim) -> tuple[str, ...]:
    notes: dict[str, None] = {}
    for arm in claim.arms:
        for direction in arm.directions:
            _check_scaled(direction, arm.where or claim.where)
        for seen in _seen_by(arm):
            found = overlap(seen, arm.prompts)
            if found.equal:
                raise InvalidEvidence(
                    f"the direction of {arm.label!r} was fitted or scaled on {len(found.equal)} of the prompts that "
                    f"it is tested on, {found.equal[0]!r} among them. Test on held-out prompts: harmful.test.",
                    where=arm.where or claim.where,
                )
            if found.near:
                notes[_near_note(arm.prompts, seen, len(found.near))] = None
    return tuple(notes)


def _check_scaled(direction: Direction, where: str) -> None:
    positive_fit, negative_fit, positive_select, negative_select = direction.seen
    for fit, select in ((positive_fit, positive_select), (negative_fit, negative_select)):
        shared = overlap(fit, select).equal
        if shared:
            raise InvalidEvidence(
                f"{len(shared)} of the prompts of {select.label} repeat one of {fit.label}, {shared[0]!r} among them: "
                f"the unit of {direction.name!r} would be estimated where it was fitted. Give each request one split.",
                where=where,
            )


def _near_note(tested: PromptSet, seen: PromptSet, count: int) -> str:
    whole = len(tested.requests)
    return f"{count} of {whole} requests of {tested.name}.{tested.split} nearly repeat one of {seen.label}"


def _seen_by(arm: Measurement) -> Iterable[PromptSet]:
    return dict.fromkeys(seen for direction in arm.directions for seen in direction.seen)


def _not_pinned(claim: Claim) -> tuple[str, ...]:
    """Notes on judges and measures whose code cannot all be read, so that it may change without an amendment."""
    quantities = [arm.quantity for arm in claim.arms]
    owners = [q.judge if isinstance(q, Judged) else q for q in quantities if isinstance(q, Judged | Measure)]
    notes = (f"code not pinned: {owner.name} uses {', '.join(gaps)}" for owner in owners if (gaps := owner.not_pinned))
    return tuple(dict.fromkeys(notes))
