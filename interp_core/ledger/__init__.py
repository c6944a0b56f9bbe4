"""The record: an append-only ledger of what was run and found, and the lock of what was registered before."""

from interp_core.ledger.chain import append, read
from interp_core.ledger.lock import Lock, Registered, changes, differences, read_lock, register, write_lock
from interp_core.ledger.status import Status, kinds_of_data, status_of
from interp_core.ledger.verify import Check, verify

__all__ = [
    "Check",
    "Lock",
    "Registered",
    "Status",
    "append",
    "changes",
    "differences",
    "kinds_of_data",
    "read",
    "read_lock",
    "register",
    "status_of",
    "verify",
    "write_lock",
]
