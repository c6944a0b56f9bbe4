"""The mathematics of reading activations, in numpy and scipy alone: arrays in, arrays and numbers out."""

from interp_core.reading.compare import cosines, linear_cka
from interp_core.reading.components import Components, principal_components, silhouette
from interp_core.reading.logistic import Logistic, fit_logistic
from interp_core.reading.logits import kl_divergence, log_odds, total_variation
from interp_core.reading.sae import SparseAutoencoder
from interp_core.reading.separation import auc, class_separation
from interp_core.reading.surface import surface_features, surface_probabilities

__all__ = [
    "Components",
    "Logistic",
    "SparseAutoencoder",
    "auc",
    "class_separation",
    "cosines",
    "fit_logistic",
    "kl_divergence",
    "linear_cka",
    "log_odds",
    "principal_components",
    "silhouette",
    "surface_features",
    "surface_probabilities",
    "total_variation",
]
