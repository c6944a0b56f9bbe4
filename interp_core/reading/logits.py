"""What is read off logits: log-odds of sets of tokens, and the divergence between two models."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from scipy.special import logsumexp

from interp_core.errors import ClaimError

Logits = Float[np.ndarray, "*prompt vocabulary"]


def log_odds(logits: Logits, of: Sequence[int], against: Sequence[int] = ()) -> Float[np.ndarray, "*prompt"]:
    """log of the summed probability of tokens `of` over that of `against`, or over that of all the others, in nats.

    Raises
    ------
    ClaimError : a token is on both sides, or `of` is empty or the whole vocabulary.
    """
    both = sorted(set(of) & set(against))
    if both:
        raise ClaimError(f"the token {both[0]} is on both sides of the log-odds, so they would say nothing of it.")
    vocabulary = logits.shape[-1]
    others = list(against) or sorted(set(range(vocabulary)) - set(of))
    if not of or not others:
        raise ClaimError("log-odds need tokens on both sides. Give phrases of=[...], not covering the vocabulary.")
    exact = logits.astype(np.float64)
    return np.asarray(logsumexp(exact[..., list(of)], axis=-1) - logsumexp(exact[..., others], axis=-1))


def kl_divergence(before: Logits, after: Logits) -> Float[np.ndarray, "*prompt"]:
    """KL(before || after) of the next-token distributions, in nats; computed in float64, and never below 0."""
    p, q = (side.astype(np.float64) - logsumexp(side.astype(np.float64), axis=-1, keepdims=True)
            for side in (before, after))  # fmt: skip
    return np.asarray(np.maximum((np.exp(p) * (p - q)).sum(-1), 0.0))
