"""The record: an append-only ledger of what was run and found, and the lock of what was registered before."""

from interp_core.ledger.chain import append, read
from interp_core.ledger.forecasts import calibration
from interp_core.ledger.lock import Lock, Registered, changes, differences, read_lock, register, write_lock
from interp_core.ledger.stamp import read_stamp, write_request
from interp_core.ledger.status import Status, kinds_of_data, status_of
from interp_core.ledger.verify import Check, verify

__all__ = [
    "Check",
    "Lock",
    "Registered",
    "Status",
    "append",
    "calibration",
    "changes",
    "differences",
    "kinds_of_data",
    "read",
    "read_lock",
    "read_stamp",
    "register",
    "status_of",
    "verify",
    "write_lock",
    "write_request",
]
