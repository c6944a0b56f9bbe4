"""What the processes run that write one key at once; light, since each of them imports it."""

from pathlib import Path

import numpy as np

from interp_core.store import Address, Store

SLOT = {"prompt": "lock-shed", "quantity": "residual"}
COMPONENTS = {"prompt": "p1", "weights": "w1", "template": "t1"}
ADDRESS = Address.of(SLOT, COMPONENTS)


def write_often(root: Path, number: int) -> None:
    store = Store(root)
    for _ in range(20):
        store.put(ADDRESS, {"residual": np.full(2000, number, dtype=np.float32)}, {"by": number}, tokens=1)
