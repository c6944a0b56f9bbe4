"""Fits the weights by which sentences are read as alike: `python -m tests.audit.learn` writes ``likeness.tsv`` anew.

`python -m tests.audit.learn --by-hand` fits them without one hand's passages after the other, audits these with the
rest, and prints recall and precision by sentence: what a hand can expect whom nobody has read. The lexicon has been
mended on the older hands, so that only the figures of the banks (k1 to k8), which it never saw, are honest for both.
"""

import re
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import diags
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from interp_core.audit.lexicon import read_lexicon
from interp_core.audit.likeness import BIAS, WEIGHTS, Likeness, read_likeness
from interp_core.audit.rules import alike
from interp_core.audit.rules.common import Text
from interp_core.audit.statements import statements
from interp_core.audit.study import Study
from tests.audit.score import HERE, corpus, labelled, overall, score_sentences, study, table, writeup_of

CORPORA = ("dev", "second", "heldout", "third", "blind", "opened", "bank")
_KEPT = 8_000  # features
_FIRM = 300.0  # the inverse of the penalty's strength
_HAND = re.compile(r"[a-z]\d(?=-)")


class Row(NamedTuple):
    """A sentence: what is seen in it, what it was asked for, and what it was marked for."""

    found: frozenset[str]
    asked: frozenset[str]
    marked: frozenset[str]


def hands() -> dict[str, list[dict[str, Any]]]:
    """The passages by who wrote them."""
    found = defaultdict(list)
    for name in CORPORA:
        for entry in corpus(HERE / f"corpus_{name}.jsonl"):
            hand = _HAND.match(entry["id"]) if name in ("opened", "bank") else None
            found[hand[0] if hand else name].append(entry)
    return dict(found)


def rows(entries: Sequence[Mapping[str, Any]], against: Study) -> list[Row]:
    """The sentences of passages that are marked for every rule."""
    found: list[Row] = []
    for entry in entries:
        if entry.get("rules"):
            continue
        writeup = writeup_of(entry)
        read = statements(writeup, against, read_lexicon())
        text = Text(writeup, against, read_lexicon(), read)
        marked = labelled(entry, writeup.text, [one.end for one in read])
        found += [
            Row(alike.read(one, text), frozenset(alike.asked(one, text)), frozenset(marked[place]))
            for place, one in enumerate(read)
        ]
    return found


def fit(sentences: Sequence[Row]) -> Likeness:
    """Weights for every rule: of all features first, then of those that weigh most."""
    rules = tuple(alike.ASKED)
    every = _Fitted(sentences, rules, None)
    heaviest = np.argsort(-np.abs(every.weights).max(axis=0) * every.rarity, kind="stable")[:_KEPT]
    kept = _Fitted(sentences, rules, sorted(every.names[heaviest]))
    weights = {name: tuple(kept.weights[:, place].round(2)) for place, name in enumerate(kept.names)}
    rarity = dict(zip(kept.names, kept.rarity.round(2), strict=True))
    return Likeness(rules, rarity, {BIAS: tuple(kept.biases.round(2)), **weights})


class _Fitted:
    def __init__(self, sentences: Sequence[Row], rules: Sequence[str], names: Sequence[str] | None) -> None:
        counted = TfidfVectorizer(analyzer=sorted, min_df=1 if names else 2, vocabulary=names, norm=None)
        weighed = counted.fit_transform([row.found for row in sentences])
        self.names, self.rarity = counted.get_feature_names_out(), counted.idf_
        strange = np.array([len(row.found) for row in sentences]) - np.diff(weighed.indptr)
        length = np.sqrt(weighed.power(2).sum(axis=1).A1 + strange * self.rarity.max() ** 2)
        seen = diags(1 / np.maximum(length, 1e-9)) @ weighed
        models = [self._model(seen, sentences, rule) for rule in rules]
        self.weights = np.vstack([model.coef_[0] for model in models])
        self.biases = np.array([model.intercept_[0] for model in models])

    def _model(self, seen: Any, sentences: Sequence[Row], rule: str) -> LogisticRegression:
        asked = np.array([rule in row.asked for row in sentences])
        marked = np.array([rule in row.marked for row in sentences])
        model = LogisticRegression(C=_FIRM, class_weight="balanced", solver="liblinear", max_iter=1_000, random_state=0)
        return model.fit(seen[asked], marked[asked])


def write(likeness: Likeness, path: Path = WEIGHTS) -> None:
    """One feature in a line: how rare it is, then its weight for each rule."""
    lines = ["\t".join(["feature", "rarity", *likeness.rules])]
    for name in (BIAS, *sorted(likeness.rarity)):
        figures = (likeness.rarity.get(name, 0.0), *likeness.weights[name])
        lines.append("\t".join([name, *(f"{figure:.2f}" for figure in figures)]))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def by_hand(names: Sequence[str]) -> None:
    """Every hand's passages audited with weights that never saw them."""
    written, against = hands(), study()
    seen = {name: rows(entries, against) for name, entries in written.items()}
    total = defaultdict(list)
    for name in names or written:
        rest = [row for other, found in seen.items() if other != name for row in found]
        likeness = fit(rest)
        scores = score_sentences(written[name], against, likeness)
        one = overall(scores)
        print(f"{name:8} n = {one.n:4}  recall {one.recall:.2f}  precision {one.precision:.2f}", flush=True)
        for rule, part in scores.items():
            total[rule].append(part)
    summed = {rule: sum(parts[1:], parts[0]) for rule, parts in total.items()}
    print(table(summed))
    for rule in sorted(summed, key=lambda r: int(r[1:])):
        for kind in ("missed", "false"):
            for line in getattr(summed[rule], kind):
                print(f"{rule} {kind}: {line}")


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["--by-hand"]:
        by_hand(arguments[1:])
        return
    against = study()
    write(fit([row for entries in hands().values() for row in rows(entries, against)]))
    read_likeness.cache_clear()
    print(f"{WEIGHTS}: {len(read_likeness().rarity):,} features")


if __name__ == "__main__":
    main(sys.argv[1:])
