"""What of a prompt can be seen without understanding it: the features of the baseline that every probe needs."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from interp_core.reading.logistic import fit_logistic

FIRST_WORDS = 8  # the commonest first words of the fitted texts, each a feature of its own


def surface_features(
    texts: Sequence[str], *, first_words: Sequence[str] | None = None
) -> tuple[Float[np.ndarray, "text feature"], tuple[str, ...]]:
    """Length in characters and words, punctuation, digits, capitals, the last character and the first word.

    A classifier on these is what a direction must beat before it is said to read meaning: in a published set 79 % of
    harmless prompts end in punctuation and 34 % of harmful ones.

    Parameters
    ----------
    texts : what the user says.
    first_words : the first words that have a feature each; by default the commonest ones of `texts`. Hand the ones of
        the fitted texts over for held-out texts.

    Returns
    -------
    The features, and the first words that were used.
    """
    opening = [(text.split() or [""])[0].casefold() for text in texts]
    known = tuple(first_words) if first_words is not None else _commonest(opening)
    rows = [
        [*_shape(text), *(float(word == other) for other in known)] for text, word in zip(texts, opening, strict=True)
    ]
    return np.array(rows, dtype=np.float64).reshape(len(texts), -1), known


def surface_probabilities(
    positive: Sequence[str], negative: Sequence[str], texts: Sequence[str]
) -> Float[np.ndarray, "text"]:
    """The probability that each text is positive, by a logistic regression on the surface of the first two sets."""
    fitted, words = surface_features([*positive, *negative])
    labels = np.arange(len(fitted)) < len(positive)
    model = fit_logistic(fitted, labels, standardise=True)
    return model.probabilities(surface_features(texts, first_words=words)[0])


def _commonest(words: Sequence[str]) -> tuple[str, ...]:
    names, counts = np.unique(np.asarray(words), return_counts=True)
    return tuple(str(name) for name in names[np.argsort(-counts, kind="stable")][:FIRST_WORDS])


def _shape(text: str) -> list[float]:
    marks = sum(not (c.isalnum() or c.isspace()) for c in text)
    return [
        float(len(text)),
        float(len(text.split())),
        float(marks),
        float(sum(c.isdigit() for c in text)),
        float(sum(c.isupper() for c in text)),
        float(text.rstrip()[-1:] in set(".!?")),
        float(text.rstrip()[-1:] == "?"),
    ]
