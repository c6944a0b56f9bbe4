"""The fixture report is a report, and holds every case that the rules tell apart."""

import jsonschema

from interp_core.report import schema


def test_the_fixture_is_valid(document):
    jsonschema.validate(document, schema())


def test_it_covers_every_verdict_kind_and_status(document):
    rows = document["rows"]
    assert {row["verdict"] for row in rows} == {"SUPPORTED", "REFUTED", "INCONCLUSIVE", "INVALID"}
    assert {row["kind"] for row in rows} == {"behavioural", "correlational", "causal"}
    assert {row["status"] for row in rows} >= {"confirmatory", "replication", "amended", "exploratory"}
    assert len({row["model"]["name"] for row in rows}) == 2
