"""Statistics: intervals that are valid for the design, and the verdicts read off them."""

from interp_core.stats.betting import bounded_mean_interval
from interp_core.stats.binary import (
    bonett_price_interval,
    clopper_pearson_interval,
    mcnemar_exact,
    paired_binary_interval,
    wilson_interval,
)
from interp_core.stats.crossed import FEWEST_LEVELS, crossed_interval
from interp_core.stats.decide import Decision, Verdict, decide, decide_equivalence
from interp_core.stats.interaction import interaction_interval
from interp_core.stats.interval import Design, Interval
from interp_core.stats.means import (
    bca_interval,
    bootstrap_t_interval,
    percentile_interval,
    sign_flip_interval,
    t_interval,
)
from interp_core.stats.paired import paired_mean_interval
from interp_core.stats.power import chance_supported, minimum_detectable_effect, n_to_decide, paired_rate_sd
from interp_core.stats.ratio import ratio_interval
from interp_core.stats.unpaired import unpaired_mean_interval

__all__ = [
    "FEWEST_LEVELS",
    "Decision",
    "Design",
    "Interval",
    "Verdict",
    "bca_interval",
    "bonett_price_interval",
    "bootstrap_t_interval",
    "bounded_mean_interval",
    "chance_supported",
    "clopper_pearson_interval",
    "crossed_interval",
    "decide",
    "decide_equivalence",
    "interaction_interval",
    "mcnemar_exact",
    "minimum_detectable_effect",
    "n_to_decide",
    "paired_binary_interval",
    "paired_mean_interval",
    "paired_rate_sd",
    "percentile_interval",
    "ratio_interval",
    "sign_flip_interval",
    "t_interval",
    "unpaired_mean_interval",
    "wilson_interval",
]
