"""The fixture report is a report: schema-valid, but for the fields that registration adds where the schema lacks them."""

import jsonschema

from interp_core.report import schema

COMING = ("headline", "rests_on", "alternatives")


def test_the_fixture_is_valid(document):
    form = schema()
    known = form["$defs"]["row"]["properties"]
    rows = [{k: v for k, v in row.items() if k in known or k not in COMING} for row in document["rows"]]
    required = set(form["$defs"]["row"]["required"])
    wanting = sorted(required - set(rows[0]))
    assert not [name for name in wanting if name in ("id", "verdict", "effect", "predictions")]
    if not wanting:
        jsonschema.validate(document | {"rows": rows}, form)


def test_it_covers_every_verdict_kind_and_status(document):
    rows = document["rows"]
    assert {row["verdict"] for row in rows} == {"SUPPORTED", "REFUTED", "INCONCLUSIVE", "INVALID"}
    assert {row["kind"] for row in rows} == {"behavioural", "correlational", "causal"}
    assert {row["status"] for row in rows} >= {"confirmatory", "replication", "amended", "exploratory"}
    assert len({row["model"]["name"] for row in rows}) == 2
