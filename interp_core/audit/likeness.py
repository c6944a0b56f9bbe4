"""How much a sentence reads like those that people have marked for a rule's mistake, whatever words it says it in.

The lexicon finds a mistake in words that somebody wrote down. This finds it by the company of its words: a weighted sum
over word stems and pairs of them (logistic regression, L2), fitted to the labelled passages in ``tests/audit`` by
``python -m tests.audit.learn`` and kept in ``likeness.tsv``, one word or pair in a line, to be read and argued with.
The words of the study's own claims, names of models and numbers are each read as one word, so that what is learned is
how a thing is said and not what of.
"""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path

from interp_core.audit.study import Study, squeeze, stem

WEIGHTS = Path(__file__).parent / "likeness.tsv"
BIAS = "(always)"
TOPIC, TESTED, UNTESTED, NUMBER = "<topic>", "<tested>", "<untested>", "<number>"
_MODEL = re.compile(
    r"\b(?:qwen|llama|gpt|gemma|gemini|mistral|mixtral|claude|phi|deepseek|olmo|pythia|falcon|grok|vicuna|yi)"
    r"(?:[\s-]?\d[\w.]*)?(?:-[\w.]*\w)?",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"<\w+>|[a-z]+(?:'[a-z]+)?|\d+(?:[.,]\d+)*|[?%:“\"]")
_SMALL = frozenset(
    re.findall(
        r"\w+",
        "the a an of in on at to for and or by with this that these those it its is are was were be been we our i my "
        "as from",
    )
)
_WORD = re.compile(r"[^\W\d_]{3,}(?:'[a-z]+)?")
_PARTED = re.compile(r" |\.\.")
_SHORT = 6  # words
_REACH = 3  # content words between which a pair is made


def features(text: str, beside: Iterable[str], study: Study) -> frozenset[str]:
    """What is looked at in a sentence, and in those beside it.

    The stems of its words, their pairs ("at all"), pairs of content words not far apart ("tun..seed"), and the words of
    the sentences beside it ("~ours").
    """
    found = _tokens(text, study)
    content = [word for word in found if word not in _SMALL]
    near = (f"~{word}" for other in beside for word in _tokens(other, study))
    short = ["<short>"] if len(found) < _SHORT else []
    return frozenset([*short, *found, *map(" ".join, pairwise(found)), *_apart(content), *near])


def _tokens(text: str, study: Study) -> list[str]:
    own = study.topics
    named = _MODEL.sub(lambda match: f" {_model(match[0], study)} ", text)
    words = (word if word[0] == "<" else NUMBER if word[0].isdigit() else stem(word)
             for word in _TOKEN.findall(named.lower()))  # fmt: skip
    return [TOPIC if word in own else word for word in words]


def _model(name: str, study: Study) -> str:
    family = squeeze(name).split()[0].rstrip("0123456789")
    return TESTED if any(squeeze(tested).startswith(family) for tested in study.models) else UNTESTED


def _apart(words: Sequence[str]) -> Iterator[str]:
    for place, word in enumerate(words):
        yield from (f"{word}..{other}" for other in words[place + 1 : place + 1 + _REACH])


@dataclass(frozen=True)
class Likeness:
    """The weights: of each feature how rare it is, and what it says for each rule.

    Attributes
    ----------
    rules : the rules that have weights, in the order of the columns.
    rarity : of each known feature its inverse document frequency.
    weights : of each known feature a weight for each rule; of `BIAS`, the sum's beginning.
    """

    rules: tuple[str, ...]
    rarity: Mapping[str, float]
    weights: Mapping[str, tuple[float, ...]]

    @cached_property
    def rarest(self) -> float:
        """The inverse document frequency of what was never seen, so that strange words count against any likeness."""
        return max(self.rarity.values())

    def scores(self, found: frozenset[str]) -> dict[str, float]:
        """The probability, by rule, that a sentence of these features was marked for it (of gated sentences)."""
        length = math.sqrt(sum(self.rarity.get(one, self.rarest) ** 2 for one in found)) or 1.0
        sums = list(self.weights[BIAS])
        for one in sorted(found & self.rarity.keys()):
            share = self.rarity[one] / length
            sums = [total + share * weight for total, weight in zip(sums, self.weights[one], strict=True)]
        return {rule: 1 / (1 + math.exp(-total)) for rule, total in zip(self.rules, sums, strict=True)}

    def tells(self, text: str, rule: str, study: Study) -> list[str]:
        """The words of a sentence that speak most for a rule, the weightiest first."""
        column = self.rules.index(rule)
        found = features(text, (), study)
        weighed: dict[str, float] = {}
        for word in dict.fromkeys(_WORD.findall(text)):
            parts = [token for token in _tokens(word, study) if token[0] != "<" and token not in _SMALL]
            with_it = [one for one in found if one in self.rarity and set(parts) & set(_PARTED.split(one))]
            weighed[word] = sum(self.rarity[one] * self.weights[one][column] for one in with_it)
        return sorted((word for word, weight in weighed.items() if weight > 0), key=lambda word: -weighed[word])


@cache
def read_likeness(path: Path = WEIGHTS) -> Likeness:
    """The weights out of their file."""
    header, *lines = path.read_text(encoding="utf-8").splitlines()
    rarity: dict[str, float] = {}
    weights: dict[str, tuple[float, ...]] = {}
    for line in lines:
        name, rare, *values = line.split("\t")
        rarity[name] = float(rare)
        weights[name] = tuple(map(float, values))
    del rarity[BIAS]
    return Likeness(tuple(header.split("\t")[2:]), rarity, weights)
