"""Rows of a lock, made up."""

from interp_core.spec.identity import digest
from interp_core.spec.registration import Registration


def locked(claim="a", model="m", *, margin=0.25, prompts="p1", weights="w1", data_seen=False, **said):
    """A row as registering a claim makes it."""
    design = {"statement": "It holds.", "predictions": [{"margin": margin}]}
    data = {"arms": {"test": prompts}, "model": {"weights": weights}}
    return {
        "claim": claim,
        "model": {"name": model, "source": model, "revision": None, "dtype": "float32"},
        "sentence": "It holds, by at least 0.25.",
        "baseline": "b",
        "kind": "causal",
        "design": digest(design),
        "design_fields": design,
        "data": digest(data),
        "data_fields": data,
        "registration": dict(Registration(**said).tree()),
        "alpha": 0.025,
        "random": ["request"],
        "fixed": ["model"],
        "n": [{"request": 64}],
        "controls": [],
        "outlook": [],
        "amended": [],
        "data_seen": data_seen,
        "ledger": {"entries": 0, "head": ""},
    }


def found(claim="a", model="m", *, peeked=False, **about):
    """A finding of the claim that `locked` registers, before it is set against the record."""
    row = locked(claim, model, **about)
    return {
        "id": claim,
        "model": {"name": model},
        "peeked": peeked,
        "registration": row["registration"],
        "digests": {"design": row["design"], "data": row["data"]},
        "fields": {"design": row["design_fields"], "data": row["data_fields"]},
    }


def on_record(claim="a", model="m", **about):
    """A finding as the ledger keeps it."""
    row = found(claim, model, **about)
    return {"kind": "finding", "claim": claim, "model": model, "digests": row["digests"]}
