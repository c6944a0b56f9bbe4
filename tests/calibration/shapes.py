"""Writes interp_core/stats/_shape_table.py: `python -m tests.calibration.shapes` (about four minutes)."""

from pathlib import Path

import numpy as np

from tests.calibration.populations import ALL, Population
from tests.calibration.vectorised import many, weights

ALPHAS = (0.025, 0.025 / 3, 0.0021)
SIZES = (16, 32, 64, 128, 256)
TARGET = Path(__file__).parents[2] / "interp_core" / "stats" / "_shape_table.py"


def row(population: Population, n: int, rng: np.random.Generator, drawn: np.ndarray, samples: int) -> tuple:
    x = population.draw(rng, (samples, n))
    x = x[np.ptp(x, axis=1) > 0]
    found = many(x, drawn, ALPHAS)
    ends = [found.ends["default", alpha] for alpha in ALPHAS]
    heavy = [float((high < population.mean).mean()) for _, high in ends]
    light = [float((low > population.mean).mean()) for low, _ in ends]
    spread = np.maximum(found.look.std(axis=0), 0.02)
    rounded = [
        tuple(round(float(value), 4) for value in values) for values in (found.look.mean(axis=0), spread, heavy, light)
    ]
    return (n, population.name, population.trusted, *rounded)


def table(samples: int = 6_000, draws: int = 6_000, seed: int = 2026) -> list[tuple]:
    rng = np.random.default_rng(seed)
    rows = []
    for n in SIZES:
        drawn = weights(rng, draws, n)
        rows += [row(population, n, rng, drawn, samples) for population in ALL]
    return rows


def main() -> None:
    lines = "\n".join(f"    {line!r}," for line in table())
    TARGET.write_text(
        '"""Measured by `python -m tests.calibration.shapes`; do not edit. See `interp_core.stats.shapes.Shape`."""\n\n'
        f"ALPHAS = {ALPHAS!r}\n"
        "Row = tuple[int, str, bool, tuple[float, ...], tuple[float, ...], tuple[float, ...], tuple[float, ...]]\n"
        f"ROWS: tuple[Row, ...] = (\n{lines}\n)\n"
    )


if __name__ == "__main__":
    main()
