"""The language of claims: frozen recipes, without numpy and without torch."""

from interp_core.spec.autoencoder import Autoencoder, Feature, RandomFeatures, sparse_autoencoder
from interp_core.spec.best import Best, best_of
from interp_core.spec.capability import CAPABILITY
from interp_core.spec.claim import Claim, ClaimRecorder
from interp_core.spec.direction import (
    DifferenceInMeans,
    Direction,
    LogisticProbe,
    PrincipalComponent,
    RandomDirections,
    SelectedDirection,
    difference_in_means,
    logistic_probe,
    principal_component,
    select_direction,
)
from interp_core.spec.frames import Frame, FrameSet, LengthMatched, Neutral
from interp_core.spec.intervention import (
    FeatureAblation,
    Intervention,
    NeuronAblation,
    Substitution,
    ablate_feature,
    add,
    affine,
    mean_ablation,
    neurons,
    orthogonalise,
    patch,
    set_to,
    zero,
)
from interp_core.spec.judge import Calibration, Judge, judge, refusal_phrases
from interp_core.spec.measure import Measure, measure
from interp_core.spec.model import Contrast, Measurement, Model
from interp_core.spec.prediction import Prediction
from interp_core.spec.prompts import Prompt, PromptSet
from interp_core.spec.registration import Alternative, Registration
from interp_core.spec.site import Site
from interp_core.spec.statistic import Correlation, Separation, Trend, correlation, separation, trend

__all__ = [
    "CAPABILITY",
    "Alternative",
    "Autoencoder",
    "Best",
    "Calibration",
    "Claim",
    "ClaimRecorder",
    "Contrast",
    "Correlation",
    "DifferenceInMeans",
    "Direction",
    "Feature",
    "FeatureAblation",
    "Frame",
    "FrameSet",
    "Intervention",
    "Judge",
    "LengthMatched",
    "LogisticProbe",
    "Measure",
    "Measurement",
    "Model",
    "NeuronAblation",
    "Neutral",
    "Prediction",
    "PrincipalComponent",
    "Prompt",
    "PromptSet",
    "RandomDirections",
    "RandomFeatures",
    "Registration",
    "SelectedDirection",
    "Separation",
    "Site",
    "Substitution",
    "Trend",
    "ablate_feature",
    "add",
    "affine",
    "best_of",
    "correlation",
    "difference_in_means",
    "judge",
    "logistic_probe",
    "mean_ablation",
    "measure",
    "neurons",
    "orthogonalise",
    "patch",
    "principal_component",
    "refusal_phrases",
    "select_direction",
    "separation",
    "set_to",
    "sparse_autoencoder",
    "trend",
    "zero",
]
