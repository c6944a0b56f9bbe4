"""The language of claims: frozen recipes, without numpy and without torch."""

from interp_core.spec.claim import Claim, ClaimRecorder
from interp_core.spec.direction import DifferenceInMeans, Direction, RandomDirections, Site, difference_in_means
from interp_core.spec.frames import Frame, FrameSet, LengthMatched, Neutral
from interp_core.spec.intervention import Intervention, add, affine, zero
from interp_core.spec.judge import Judge, judge, refusal_phrases
from interp_core.spec.measure import Measure, measure
from interp_core.spec.model import Contrast, Measurement, Model, Prediction
from interp_core.spec.prompts import Prompt, PromptSet

__all__ = [
    "Claim",
    "ClaimRecorder",
    "Contrast",
    "DifferenceInMeans",
    "Direction",
    "Frame",
    "FrameSet",
    "Intervention",
    "Judge",
    "LengthMatched",
    "Measure",
    "Measurement",
    "Model",
    "Neutral",
    "Prediction",
    "Prompt",
    "PromptSet",
    "RandomDirections",
    "Site",
    "add",
    "affine",
    "difference_in_means",
    "judge",
    "measure",
    "refusal_phrases",
    "zero",
]
