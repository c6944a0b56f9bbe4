"""How a number was made, in words for the report: the direction and its site, the prompts behind it, the decoding."""

from collections.abc import Iterable

from interp_core.bench.cutting import whole
from interp_core.spec.direction import Direction
from interp_core.spec.measure import Judged
from interp_core.spec.model import Measurement
from interp_core.spec.prediction import Prediction

_KNOWN = {
    (False, False): "not calibrated",
    (True, False): "calibrated",
    (False, True): "corrected by people's labels of random pairs",
}


def facts(prediction: Prediction, unit: float) -> list[str]:
    """Sentences about a prediction's instrument, each once.

    Parameters
    ----------
    prediction : the prediction.
    unit : the size of its unit in units of the residual stream; 1 where it is raw.
    """
    found = [fact for arm in prediction.arms for fact in _of_arm(arm)]
    if prediction.treatment.gap is not None:
        where = prediction.treatment.arms[0].model.name
        found.append(f"the gap, its unit, is {unit:.4g} in units of the residual stream of {where}")
    return list(dict.fromkeys(found))


def _of_arm(arm: Measurement) -> Iterable[str]:
    for direction in arm.directions:
        yield _direction(direction)
    if isinstance(arm.quantity, Judged):
        judge = arm.quantity.judge
        known = "exact by construction" if judge.exact else _KNOWN[bool(judge.calibrations), judge.labels is not None]
        yield f"greedy answers of at most {arm.quantity.max_new_tokens} tokens, judged by {judge.name!r}, {known}"
        if arm.quantity.until_settled and not arm.model.is_recorded:
            yield (
                "answers were cut where the judge's decision was settled: whether they degenerate after that was seen "
                f"in {whole(len(arm.prompts))} of {len(arm.prompts)}, which were generated whole"
            )


def _direction(direction: Direction) -> str:
    positive, negative, *_ = direction.seen
    where = ", ".join(f"{name} {value}" for name, value in _site(direction).items() if value is not None)
    sizes = f"{len(positive)} {positive.name} and {len(negative)} {negative.name} prompts"
    home = "" if direction.home is None else f" in {direction.home.name}"
    return f"{direction.name}: fitted{home} on {sizes}, at {where}"


def _site(direction: Direction) -> dict[str, object]:
    site = getattr(direction.fitted, "site", None)
    if site is None:
        return {"site": "selected among candidates"}
    return {"layer": site.layer, "depth": site.depth, "position": site.position}
