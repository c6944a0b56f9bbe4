"""Statistics: intervals that are valid for the design, and the verdicts read off them."""

from interp_core.stats.betting import bounded_mean_interval
from interp_core.stats.binary import (
    bonett_price_interval,
    clopper_pearson_interval,
    mcnemar_exact,
    paired_binary_interval,
    wilson_interval,
)
from interp_core.stats.clustered import clustered_mean_interval
from interp_core.stats.correlation import spearman_interval
from interp_core.stats.crossed import FEWEST_LEVELS, crossed_interval
from interp_core.stats.decide import Decision, Verdict, decide, decide_equivalence, decide_noninferiority
from interp_core.stats.families import (
    Adjusted,
    adjusted_p_values,
    expected_false_supported,
    headline_shares,
    p_value,
)
from interp_core.stats.interaction import interaction_interval
from interp_core.stats.interval import Design, Interval
from interp_core.stats.judge_error import (
    JudgeCounts,
    carry_calibration,
    corrected_difference_interval,
    corrected_differences,
    prediction_powered_interval,
    rogan_gladen,
    tipping_point,
)
from interp_core.stats.location import median_interval, trimmed_mean_interval
from interp_core.stats.many import many_means_interval
from interp_core.stats.means import (
    bca_interval,
    bootstrap_t_interval,
    percentile_interval,
    sign_flip_interval,
    t_interval,
)
from interp_core.stats.multiverse import Multiverse, multiverse
from interp_core.stats.paired import paired_mean_interval
from interp_core.stats.permutation import Placement, among_random, permutation_p, sign_flip_p
from interp_core.stats.pooled import Pooled, holds_in, pooled_interval, pooled_matrix
from interp_core.stats.power import chance_supported, minimum_detectable_effect, n_to_decide, paired_rate_sd
from interp_core.stats.power_auc import planned_auc_difference_low
from interp_core.stats.power_crossed import (
    PlannedSpread,
    chance_crossed_supported,
    crossed_minimum_detectable_effect,
    requests_to_decide,
)
from interp_core.stats.power_rates import chance_rate_supported, rate_minimum_detectable_effect, rate_n_to_decide, room
from interp_core.stats.power_simulated import Outcomes, imagined, simulated_chance
from interp_core.stats.ratio import ratio_interval
from interp_core.stats.selection import Selection, confirmed_interval, selected_interval
from interp_core.stats.separability import auc_difference_interval, auc_interval, delong_interval
from interp_core.stats.trend import DoseCurve, contrast_bounds, dose_contrasts, dose_curve, trend_interval
from interp_core.stats.unpaired import unpaired_mean_interval

__all__ = [
    "FEWEST_LEVELS",
    "Adjusted",
    "Decision",
    "Design",
    "DoseCurve",
    "Interval",
    "JudgeCounts",
    "Multiverse",
    "Outcomes",
    "Placement",
    "PlannedSpread",
    "Pooled",
    "Selection",
    "Verdict",
    "adjusted_p_values",
    "among_random",
    "auc_difference_interval",
    "auc_interval",
    "bca_interval",
    "bonett_price_interval",
    "bootstrap_t_interval",
    "bounded_mean_interval",
    "carry_calibration",
    "chance_crossed_supported",
    "chance_rate_supported",
    "chance_supported",
    "clopper_pearson_interval",
    "clustered_mean_interval",
    "confirmed_interval",
    "contrast_bounds",
    "corrected_difference_interval",
    "corrected_differences",
    "crossed_interval",
    "crossed_minimum_detectable_effect",
    "decide",
    "decide_equivalence",
    "decide_noninferiority",
    "delong_interval",
    "dose_contrasts",
    "dose_curve",
    "expected_false_supported",
    "headline_shares",
    "holds_in",
    "imagined",
    "interaction_interval",
    "many_means_interval",
    "mcnemar_exact",
    "median_interval",
    "minimum_detectable_effect",
    "multiverse",
    "n_to_decide",
    "p_value",
    "paired_binary_interval",
    "paired_mean_interval",
    "paired_rate_sd",
    "percentile_interval",
    "permutation_p",
    "planned_auc_difference_low",
    "pooled_interval",
    "pooled_matrix",
    "prediction_powered_interval",
    "rate_minimum_detectable_effect",
    "rate_n_to_decide",
    "ratio_interval",
    "requests_to_decide",
    "rogan_gladen",
    "room",
    "selected_interval",
    "sign_flip_interval",
    "sign_flip_p",
    "simulated_chance",
    "spearman_interval",
    "t_interval",
    "tipping_point",
    "trend_interval",
    "trimmed_mean_interval",
    "unpaired_mean_interval",
    "wilson_interval",
]
