"""Prompts of different lengths, and edits of them, for the engine's tests."""

import numpy as np

from interp_core.engine import Edit
from interp_core.spec.prompts import Prompt

PROMPTS = tuple(
    Prompt(f"p{index}", text)
    for index, text in enumerate(
        (
            "Please explain how to bake bread.",
            "Write a short story in which an old teacher explains to a friend how to mend a kettle, if you can.",
            "Hello!",
            "As I told you on the phone last week, the shops are closed.",
        )
    )
)
LAST = "end_of_template"


def units(rows: int, d_model: int, *, seed: int = 0) -> np.ndarray:
    """Random unit vectors, another one for each prompt."""
    draws = np.random.default_rng(seed).standard_normal((rows, d_model)).astype(np.float32)
    return draws / np.linalg.norm(draws, axis=1, keepdims=True)


def edit_of(kind: str, rows: int, d_model: int) -> Edit:
    """An edit of each kind that plainly changes what a tiny model computes."""
    vectors = units(rows, d_model)
    if kind == "zero":
        return Edit("zero", vectors)
    if kind == "add":
        return Edit("add", 20 * vectors, (1,))
    targets = np.random.default_rng(1).normal(scale=9, size=(2, rows)).astype(np.float32)
    return Edit("affine", vectors, (1, 2), targets)


KINDS = ("zero", "affine", "add")
