"""What is read off logits: log-odds of sets of tokens, and the divergence between two models."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from scipy.special import logsumexp, softmax

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
    mine = np.zeros(logits.shape[-1], dtype=bool)
    mine[list(of)] = True
    others = ~mine
    if against:
        others = np.zeros_like(mine)
        others[list(against)] = True
    if not mine.any() or not others.any():
        raise ClaimError("log-odds need tokens on both sides. Give phrases of=[...], not covering the vocabulary.")
    exact = logits.astype(np.float64)
    return np.asarray(logsumexp(exact[..., mine], axis=-1) - logsumexp(exact[..., others], axis=-1))


def kl_divergence(before: Logits, after: Logits) -> Float[np.ndarray, "*prompt"]:
    """KL(before || after) of the next-token distributions, in nats; computed in float64, and never below 0."""
    p, q = (side.astype(np.float64) - logsumexp(side.astype(np.float64), axis=-1, keepdims=True)
            for side in (before, after))  # fmt: skip
    return np.asarray(np.maximum((np.exp(p) * (p - q)).sum(-1), 0.0))


def total_variation(before: Logits, after: Logits) -> Float[np.ndarray, "*prompt"]:
    """The largest change in the probability of any set of next tokens, in [0, 1]: half the sum of all changes."""
    p, q = (softmax(side.astype(np.float64), axis=-1) for side in (before, after))
    return np.asarray(np.clip(np.abs(p - q).sum(-1) / 2, 0.0, 1.0))
