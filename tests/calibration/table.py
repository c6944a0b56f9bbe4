"""Writes docs/calibration.md and its plots: `python -m tests.calibration.table` (a quarter of an hour on one core)."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from interp_core.stats import (
    bonett_price_interval,
    bounded_mean_interval,
    paired_binary_interval,
    simulated_chance,
    t_interval,
)
from tests.calibration import kinds, power, studies
from tests.calibration.plots import dots
from tests.calibration.populations import ALL

TARGET = Path(__file__).parents[2] / "docs"
ALPHA = 0.025
HEAD = """# Calibration

How often each end of an interval lies on the wrong side of the true effect. The effect is the margin, so that "low" is
the rate of a wrong SUPPORTED of `higher` and "high" that of a wrong REFUTED (for `lower`, the other way round). Both
should be at most alpha, .025 unless said otherwise. Written by `python -m tests.calibration.table`, seeded; quick
versions of all tables run in the test suite.
"""
DEFAULT = """
## Paired differences without bounds

t, bootstrap-t (a resample's standard error at least a tenth of the sample's), their union, and the default: the union
with the bootstrap at Hesterberg's expanded level, which costs 4 to 7 % of width at n = 32 and 2 to 4 % at n = 64.
"decided" counts only errors that the diagnostic lets through, and "withheld" is how often it withholds an end. The
first seven populations are those that the default is meant for. Samples without any variation decide nothing and are
left out. {samples} samples a row.

The diagnostic averages the measured errors of all simulated shapes, each weighted by the chance that it would look
like the sample, and withholds an end whose average is more than 1.1 alpha (1.01 alpha at alpha / 3), so that what is
decided of lognormal and Pareto data errs no more often than alpha. So the heavy end of exponential-looking data is
withheld in half of the samples, because some of what looks like that is lognormal; the light end always decides.
What no diagnostic can see stays: a sample of 32 without any of the rare far values (one in twenty) looks normal.

![Coverage](calibration-coverage.svg)

| n | population | t | bootstrap-t | union | default | decided | withheld | default, alpha / 3 | decided, alpha / 3 |
|---|---|---|---|---|---|---|---|---|---|
"""
BINARY = """
## Paired yes-or-no outcomes

Exact errors, nothing simulated: the largest over a grid of margins and of shares of pairs that flip.

| n | exact unconditional: low / high | Bonett-Price: low / high | median width, exact against Bonett-Price |
|---|---|---|---|
"""
BETTING = """
## Bounded scores: the betting interval

{samples} samples a row, on [0, 1]. The guarantee is a theorem; the table shows its price.

| n | distribution | betting | width | t | width |
|---|---|---|---|---|---|
"""
BOUNDED = """
## Bounded measures, frames crossed with requests, both random

Outcomes 0 or 1 with Beta rates: per frame (intraclass correlation icc), or per frame and per request; "noise" is the
rate of a baseline that is taken off. {samples} samples a row. "ANOVA" is the random-effects variance without the floor
and the score end.

Where frames differ by an icc of .4 (some work always, some never), eight of them are few for any interval of useful
width, and the end on the side of the rarer kind errs up to about .04; at an icc of .6 and a rate of .15, up to .09. It
cannot be seen in the sample: the samples that mislead are those in which the rare kind is missing, so that frames look
alike. Elsewhere the floor is conservative: it costs up to twice the ANOVA interval's width where frames hardly differ.

| frames x requests | cells | ANOVA: low / high | ours: low / high | width: ANOVA, ours |
|---|---|---|---|---|
"""
CROSSED = """
## Unbounded measures, frames crossed with requests, both random

Normal effects; "missing" is the share of cells that are left out at random (pigeonhole bootstrap). {samples} samples a
row, a quarter of that where cells are missing.

| frames x requests | sd of requests, of frames (cells 1) | missing | low / high |
|---|---|---|---|
"""
COMPONENTS = """
## Balanced cells at alpha and at alpha / 3

The same by variance components alone, which the requests alone can only widen: an upper bound of the errors, from
{samples} samples a row (standard errors .0025 and .0014).

| frames x requests | sd of requests, of frames (cells 1) | low / high at .025 | low / high at .0083 |
|---|---|---|---|
"""
INTERACTION = """
## Interactions under shared frames

Two groups of requests, 24 each, under eight frames; the frames' own effects are shared, those of the contrast are not.

| sd of frames, shared | sd of frames, contrast | low / high | median width |
|---|---|---|---|
"""
RATIO = """
## Ratios to a gap

Independent normal means, n = 64 each; samples whose gap may be zero decide nothing and are left out. Fieller's
interval is the same here, to the last digit: both use symmetric intervals.

| effect / gap | gap (standard error .25) | MOVER-R | Fieller |
|---|---|---|---|
"""


KINDS = """
## Every kind of prediction at its margin

Shares of wrong SUPPORTED and of wrong REFUTED where the true effect is the margin, at alpha and at alpha / 3, with the
library's own functions and draws; {samples} samples a row ({few} for the difference of AUCs), so that the standard
errors are .006 (.011) and .004 (.006). "lower" and "not worse" read the same ends as "higher".

![Wrong verdicts](calibration-verdicts.svg)

| prediction | data | SUPPORTED | REFUTED | at alpha / 3: SUPPORTED | REFUTED | undecided |
|---|---|---|---|---|---|---|
"""
EQUIVALENT = """
## Equivalence at its margin

The effect is as large as the margin, so that SUPPORTED ("no larger than") is wrong; {samples} samples a row.

| data | SUPPORTED | REFUTED |
|---|---|---|
"""
POWER = """
## Power at the planned minimum detectable effect

The chance of SUPPORTED that planning promises (.80) and the share of {samples} simulated runs that came out so, with
its standard error. Planning supposes normal differences, and no cost of telling whether frames differ where they
hardly do.

![Power](calibration-power.svg)

| design | margin | planned effect | SUPPORTED |
|---|---|---|---|
"""


def default_rows(samples: int, seen: dict[str, dict[str, float]]) -> Iterator[str]:
    for n in (32, 64):
        for population in ALL:
            found = studies.paired(population, n, (ALPHA, ALPHA / 3), seed=n, samples=samples, draws=6_000)
            methods = " | ".join(
                str(found[name, ALPHA]) for name in ("t", "bootstrap-t", "union", "default", "decided")
            )
            third = found["default", ALPHA / 3]
            seen[f"n = {n}, {population.name}"] = {
                name: 1 - found[name, ALPHA].low - found[name, ALPHA].high for name in ("t", "bootstrap-t", "default")
            }
            yield (
                f"| {n} | {population.name} | {methods} | {found['decided', ALPHA].width:.0%} "
                f"| {third.low:.4f} / {third.high:.4f} "
                f"| {found['decided', ALPHA / 3].low:.4f} / {found['decided', ALPHA / 3].high:.4f} |"
            )


def binary_rows() -> Iterator[str]:
    for n in (16, 32, 64):
        tables = [(a, b) for a in range(n + 1) for b in range(n + 1 - a)]
        flips = {(a, b): np.repeat([1.0, -1.0, 0.0], [a, b, n - a - b]) for a, b in tables}
        exact = {key: paired_binary_interval(x) for key, x in flips.items()}
        quick = {key: bonett_price_interval(x) for key, x in flips.items()}
        grid = [(u, d) for u in np.linspace(0, 1, 41) for d in np.linspace(0, 1, 41) if u + d <= 1 + 1e-9]
        worst = [
            np.max(
                [studies.exact_tails({k: (i.low, i.high) for k, i in ends.items()}, n, u, d) for u, d in grid], axis=0
            )
            for ends in (exact, quick)
        ]
        width = np.median([exact[key].width / quick[key].width for key in tables])
        yield f"| {n} | {worst[0][0]:.4f} / {worst[0][1]:.4f} | {worst[1][0]:.4f} / {worst[1][1]:.4f} | {width:.2f} |"


def betting_rows(samples: int) -> Iterator[str]:
    rng = np.random.default_rng(1)
    for n in (16, 32, 64, 128):
        for name, mean, draw in (
            ("uniform", 0.5, rng.random),
            ("Beta(10, 30)", 0.25, lambda n: rng.beta(10, 30, n)),
            ("Beta(8, 1)", 8 / 9, lambda n: rng.beta(8, 1, n)),
            ("0 or 1, rate .9", 0.9, lambda n: (rng.random(n) < 0.9) * 1.0),
        ):
            drawn = [draw(n) for _ in range(samples)]
            ours = studies.of([bounded_mean_interval(x, (0.0, 1.0)) for x in drawn], mean)
            plain = studies.of([t_interval(x) for x in drawn], mean)
            yield f"| {n} | {name} | {ours} | {ours.width:.3f} | {plain} | {plain.width:.3f} |"


def bounded_rows(samples: int) -> Iterator[str]:
    for shape in ((32, 8), (64, 10)):
        for name, cells, truth in bounded_cells():
            ours = studies.crossed(cells, truth, shape, seed=3, samples=samples, bounded=True)
            plain = studies.anova(cells, truth, shape, seed=3, samples=samples)
            yield (f"| {shape[1]} x {shape[0]} | {name} | {plain} | {ours} | {plain.width:.2f}, {ours.width:.2f} |")


def bounded_cells() -> Iterator[tuple[str, studies.Cells, float]]:
    for mean in (0.25, 0.5, 0.9, 0.95):
        for icc in (0.05, 0.2, 0.4):
            yield f"rate {mean}, icc {icc}", studies.beta_frames(mean, icc), mean
        yield f"rate {mean}, icc .2 of frames, .1 of requests", studies.beta_both(mean, 0.2, 0.1), mean
        yield f"rate {mean}, icc .2, noise .1", studies.beta_frames(mean, 0.2, 0.1), mean - 0.1


def crossed_rows(samples: int) -> Iterator[str]:
    for shape in ((10, 6), (32, 8), (64, 10)):
        for request, frame in ((0.0, 0.0), (0.5, 0.0), (0.0, 0.5), (0.2, 0.6), (1.0, 1.0)):
            for missing in (0.0, 0.1):
                found = studies.crossed(
                    studies.normal_effects(0.3, request, frame), 0.3, shape, seed=4,
                    samples=samples // 4 if missing else samples, bounded=False, missing=missing,
                )  # fmt: skip
                yield f"| {shape[1]} x {shape[0]} | {request}, {frame} | {missing:.0%} | {found} |"


def component_rows(samples: int) -> Iterator[str]:
    for shape in ((10, 6), (32, 8), (64, 10)):
        for request, frame in ((0.0, 0.0), (0.5, 0.0), (0.0, 0.5), (0.2, 0.6), (1.0, 1.0)):
            cells = studies.normal_effects(0.3, request, frame)
            found = studies.components(cells, 0.3, shape, (ALPHA, ALPHA / 3), seed=10, samples=samples)
            third = found[ALPHA / 3]
            row = f"| {shape[1]} x {shape[0]} | {request}, {frame} | {found[ALPHA]} "
            yield f"{row}| {third.low:.4f} / {third.high:.4f} |"


def interaction_rows(samples: int) -> Iterator[str]:
    for frame in (0.0, 2.0):
        for own in (0.0, 0.3, 1.0):
            found = studies.interaction(0.4, (24, 8), seed=5, samples=samples, frame=frame, own=own)
            yield f"| {frame} | {own} | {found} | {found.width:.2f} |"


def ratio_rows(samples: int) -> Iterator[str]:
    for truth in (0.0, 0.25, 0.8):
        for gap in (1.0, 3.0):
            ours, fieller = studies.ratio(truth, gap, seed=6, samples=samples)
            yield f"| {truth} | {gap} | {ours} | {fieller} |"


def kind_rows(samples: int, few: int, seen: dict[str, dict[str, float]]) -> Iterator[str]:
    for kind in kinds.everything():
        count = few if kind.name == "AUC difference" else samples
        full, third = (kinds.rates(kind, seed=7, samples=count, alpha=alpha) for alpha in (ALPHA, ALPHA / 3))
        seen[f"{kind.name}: {kind.data}"] = {"SUPPORTED": full.supported, "REFUTED": full.refuted}
        yield (
            f"| {kind.name} | {kind.data} | {full.supported:.3f} | {full.refuted:.3f} | {third.supported:.4f} "
            f"| {third.refuted:.4f} | {full.withheld:.0%} |"
        )


def equivalence_rows(samples: int) -> Iterator[str]:
    for n in (32, 64):
        for kind in (
            kinds.means(lambda rng, n=n: rng.normal(0.5, 1, n), f"normal, n = {n}", 0.5),
            kinds.means(lambda rng, n=n: rng.exponential(size=n), f"exponential, n = {n}", 1.0),
            kinds.means(lambda rng, n=n: 2 - rng.exponential(size=n), f"exponential to the left, n = {n}", 1.0),
            kinds.paired_rates(0.3, 0.05, n),
        ):
            found = kinds.rates(kind, seed=8, samples=samples, alpha=ALPHA, equivalence=True)
            yield f"| {kind.name}, {kind.data} | {found.supported:.3f} | {found.refuted:.3f} |"


def power_rows(samples: int, seen: dict[str, dict[str, float]]) -> Iterator[str]:
    for plan in power.plans():
        share, error = simulated_chance(plan.run, rng=np.random.default_rng(9), runs=samples)
        seen[plan.design] = {"SUPPORTED": share}
        yield f"| {plan.design} | {plan.margin:g} | {plan.effect:.3f} | {share:.2f} ({error:.2f}) |"


def document() -> dict[str, str]:
    """All files by name: the page and its plots."""
    coverage: dict[str, dict[str, float]] = {}
    wrong: dict[str, dict[str, float]] = {}
    chances: dict[str, dict[str, float]] = {}
    sections = (
        (HEAD, ()),
        (DEFAULT.format(samples=8_000), default_rows(8_000, coverage)),
        (KINDS.format(samples=600, few=200), kind_rows(600, 200, wrong)),
        (EQUIVALENT.format(samples=1_000), equivalence_rows(1_000)),
        (POWER.format(samples=1_000), power_rows(1_000, chances)),
        (BINARY, binary_rows()),
        (BETTING.format(samples=800), betting_rows(800)),
        (BOUNDED.format(samples=1_000), bounded_rows(1_000)),
        (CROSSED.format(samples=1_200), crossed_rows(1_200)),
        (COMPONENTS.format(samples=4_000), component_rows(4_000)),
        (INTERACTION, interaction_rows(1_500)),
        (RATIO, ratio_rows(4_000)),
    )
    page = "".join(head + "".join(f"{row}\n" for row in rows) for head, rows in sections)
    return {
        "calibration.md": page,
        "calibration-coverage.svg": dots("Coverage of 95 % intervals", coverage, mark=0.95, span=(0.75, 1.0)),
        "calibration-verdicts.svg": dots("Wrong verdicts at the margin", wrong, mark=ALPHA, span=(0.0, 0.06)),
        "calibration-power.svg": dots("SUPPORTED at the planned effect", chances, mark=0.8, span=(0.0, 1.0)),
    }


def main() -> None:
    for name, text in document().items():
        (TARGET / name).write_text(text)


if __name__ == "__main__":
    main()
