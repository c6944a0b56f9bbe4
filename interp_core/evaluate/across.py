"""What the rows of a run say together: adjusted p-values of a family, and one claim over several models."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from interp_core import stats

Row = dict[str, Any]


def adjusted(rows: Sequence[Row]) -> list[Row]:
    """The rows, each secondary one with Holm's and Benjamini and Hochberg's p over the secondary rows of its family.

    Headline claims share alpha instead, so theirs stay empty.
    """
    families: dict[str, list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        if row["p"] is not None and not row["registration"]["headline"]:
            families[row["registration"]["family"]].append(index)
    changed = [{**row, "holm": None, "benjamini_hochberg": None} for row in rows]
    for members in families.values():
        found = stats.adjusted_p_values([rows[index]["p"] for index in members])
        for index, holm, bh in zip(members, found.holm, found.benjamini_hochberg, strict=True):
            changed[index] |= {"holm": holm, "benjamini_hochberg": bh}
    return changed


def families(rows: Sequence[Row]) -> list[Row]:
    """Each family's headline and secondary rows, and the false SUPPORTED to expect of the latter if all were null."""
    names = sorted({row["registration"]["family"] for row in rows})
    return [_family(name, [row for row in rows if row["registration"]["family"] == name]) for name in names]


def _family(name: str, rows: Sequence[Row]) -> Row:
    secondary = [row["alpha"] for row in rows if not row["registration"]["headline"]]
    return {
        "name": name,
        "headline": len(rows) - len(secondary),
        "secondary": len(secondary),
        "expected_false": round(stats.expected_false_supported(secondary), 3) if secondary else 0.0,
    }


def over_models(rows: Sequence[Row]) -> list[Row]:
    """For each claim on two models or more: in how many it holds, the pooled effect and its heterogeneity."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row["effect"] is not None:
            groups[row["id"]].append(row)
    return [_pooled(id_, found) for id_, found in sorted(groups.items()) if len(found) > 1]


def _pooled(id_: str, rows: Sequence[Row]) -> Row:
    pooled = _one_effect(rows)
    return {
        "id": id_,
        "sentence": rows[0]["sentence"],
        "models": [row["model"]["name"] for row in rows],
        "verdicts": [row["verdict"] for row in rows],
        "holds": sum(row["verdict"] == "SUPPORTED" for row in rows),
        "effect": pooled.interval.estimate,
        "low": pooled.interval.low,
        "high": pooled.interval.high,
        "unit": rows[0]["unit"],
        "scope": "models like these" if pooled.levels >= stats.FEWEST_LEVELS else f"these {pooled.levels} models only",
        "tau": float(np.sqrt(pooled.tau2)),
        "i2": pooled.i2,
        "q_p": pooled.q_p,
        "prediction": list(pooled.prediction) if pooled.prediction else None,
    }


def _one_effect(rows: Sequence[Row]) -> stats.Pooled:
    """Pooled request by request where the models share their requests, else interval by interval."""
    tables = [row["predictions"][0]["differences"] for row in rows]
    alpha = min(row["alpha"] for row in rows)
    designs = {row["digests"]["design"] for row in rows}
    if tables[0] and len({len(table) for table in tables}) == 1 and len(designs) == 1:
        rng = np.random.default_rng(rows[0]["seed"])
        span = rows[0]["predictions"][0]["span"]
        return stats.pooled_matrix(np.array(tables), rng=rng, alpha=alpha, bounds=tuple(span) if span else None)
    return stats.pooled_interval([_interval(row, alpha) for row in rows])


def _interval(row: Mapping[str, Any], alpha: float) -> stats.Interval:
    return stats.Interval(row["effect"], row["low"], row["high"], alpha, "as in its row", row["n"])
