"""The append-only record of findings."""

from interp_core.ledger.chain import append, read

__all__ = ["append", "read"]
