"""A status can only weaken, and says why."""

import pytest

from interp_core import ledger
from interp_core.ledger import Lock
from interp_core.spec.registration import STATUSES, Alternative
from tests.ledger.rows import found, locked, on_record

LOCK = Lock({("a", "m"): locked()})


def status(row, lock=LOCK, *findings):
    return ledger.status_of(row, lock, findings)


def test_what_was_locked_first_and_runs_as_locked_is_confirmatory():
    assert status(found()) == ledger.Status("confirmatory", "", 1)
    assert status(found(), LOCK, on_record()).name == "confirmatory"  # identical inputs are no second look


@pytest.mark.parametrize(
    ("row", "lock", "name", "why"),
    [
        (found(), Lock(), "exploratory", "nothing is registered"),
        (found("b"), LOCK, "exploratory", "it is not registered"),
        (found(model="n"), LOCK, "exploratory", "it is not registered on this model"),
        (found(peeked=True), LOCK, "exploratory", "its values were looked at before it was predicted"),
        (found(margin=0.2), LOCK, "exploratory", "it differs from the lock in predictions.0.margin (0.25, now 0.2)"),
        (found(prompts="p2"), LOCK, "replication", "new data: prompts"),
        (found(weights="w2"), LOCK, "replication", "new data: weights"),
        (found(), Lock({("a", "m"): locked(data_seen=True)}), "post hoc",
         "it was registered after findings on the same data"),
    ],
)  # fmt: skip
def test_every_way_to_weaken(row, lock, name, why):
    assert (status(row, lock).name, status(row, lock).why) == (name, why)


@pytest.mark.parametrize(("seen", "when"), [(True, "after the data had been seen"), (False, "before the data were")])
def test_an_amendment_says_what_changed_why_and_whether_data_were_seen(seen, when):
    lock = ledger.register(LOCK, [locked(margin=0.2, data_seen=seen)], reason="a slip").lock
    told = status(found(margin=0.2), lock)
    assert told.name == "amended"
    assert told.why.startswith(when)
    assert told.why.endswith("because a slip: predictions.0.margin (0.25, now 0.2)")


@pytest.mark.parametrize("said", [{"expected": 0.99}, {"margin_reason": "so it is"}, {"alternatives": ()}])
def test_words_that_were_changed_after_registration_are_told_and_weaken(said):
    lock = Lock({("a", "m"): locked(expected=0.2, margin_reason="a pilot", alternatives=(Alternative("length"),))})
    before = {"expected": 0.2, "margin_reason": "a pilot", "alternatives": (Alternative("length"),)}
    assert status(found(**before), lock).name == "confirmatory"
    told = status(found(**{**before, **said}), lock)
    assert told.name == "amended"
    assert f"differs from the lock, and was not registered: {next(iter(said))} (" in told.why


def test_looks_are_counted_over_different_data_only():
    before = [on_record(), on_record(), on_record(prompts="p2"), on_record("b", prompts="p9")]
    told = status(found(prompts="p3"), LOCK, *before)
    assert told.looks == 3
    assert "look 3, and 1 registered" in told.why


def test_no_combination_is_stronger_than_its_weakest_part():
    for row in (found(peeked=peeked, margin=margin, prompts=prompts)
                for peeked in (False, True) for margin in (0.25, 0.2) for prompts in ("p1", "p2")):  # fmt: skip
        parts = [
            STATUSES.index("exploratory") * (row["peeked"] or row["digests"]["design"] != locked()["design"]),
            STATUSES.index("replication") * (row["digests"]["data"] != locked()["data"]),
        ]
        assert STATUSES.index(status(row).name) == max(parts)
