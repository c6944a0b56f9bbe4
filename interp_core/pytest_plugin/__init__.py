"""The pytest plugin: hooks that hand over to the harness.

Nothing here imports numpy, scipy, torch or statsmodels: a session without claims pays for none of them.
"""

import json
from collections import Counter
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from interp_core.errors import ClaimError, InterpClaimsError, ModelError, NotApplicable
from interp_core.harness import (
    Harness,
    Options,
    parse_base,
    parse_model,
    refuse_ambiguous_names,
    refuse_twins,
)
from interp_core.pytest_plugin.items import (
    build_claim,
    claim_id,
    headline_family,
    known_of,
    refuse_unusable,
    statement_or_nothing,
    subject_of,
    where_of,
)
from interp_core.pytest_plugin.progress import progress_of
from interp_core.pytest_plugin.reporter import ClaimsReporter, note_deselected, note_known, note_selected
from interp_core.pytest_plugin.rootdir import refuse_moved_root
from interp_core.spec.claim import Claim, ClaimRecorder, Eyes, looking_with, stop_looking
from interp_core.spec.model import Model
from interp_core.spec.registration import KEYWORDS, MOST_HEADLINES

HARNESS = pytest.StashKey[Harness]()
TWINS = pytest.StashKey[str]()
TOLD = pytest.StashKey[dict[str, str]]()  # the item that each error was told at, in full
HEADLINES = pytest.StashKey[Counter[str]]()  # how many headline claims of each family are about to run
ROW, OUTCOME, LOCKED = "claim", "claim_outcome", "claim_locked"
DEFAULT_MODEL = "mediated"


class ClaimRefuted(Exception):
    """The data contradict the claim."""


class ClaimInvalid(Exception):
    """The instrument broke: the claim gets no scientific verdict."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options; none of them changes how a claim is judged."""
    group = parser.getgroup("claims", "claims about language models")
    add = group.addoption
    add("--model", action="append", default=[], metavar="[NAME=]SOURCE", help="organism, folder, hub id, recorded:DIR")
    add("--base", action="append", default=[], metavar="[NAME=]SOURCE", help="the model to compare every other with")
    add("--device", default="cpu", help="cpu (default), cuda, mps, or auto to spread a model over devices")
    add("--dtype", default="float32", help="float32 (default), bfloat16 or float16; part of the row")
    add("--claims-plan", action="store_true", help="print what each claim would cost, and evaluate nothing")
    add("--claims-register", action="store_true", help="write each claim into the lock, and evaluate nothing")
    add("--claims-reason", default="", metavar="WHY", help="why claims that are locked already are amended")
    add("--claims-lock", metavar="FILE", help="the lock (default: claims/claims.lock in the root folder)")
    add("--claims-strict", action="store_true", help="exit with 10 where a claim is inconclusive")
    add("--claims-cache", metavar="DIR", help="where values are kept (default: .claims_cache in the root folder)")
    add("--claims-reports", metavar="DIR", help="where reports are written (default: reports in the root folder)")
    add("--claims-download", action="store_true", help="allow a hub model that is not on this machine to be fetched")
    parser.addini("claims_models", "folders that hold models by name", type="paths", default=[])


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and the harness and the reporter of this process."""
    config.addinivalue_line(
        "markers",
        "claim(kind, random=('request',), alpha=0.025, id=None, known={}, ...): a claim about a language model; "
        "its docstring is the statement, its body records predictions. It also takes what is registered before the "
        f"data: {', '.join(KEYWORDS)}.",
    )
    refuse_moved_root(config)
    options = _options(config)
    config.stash[HARNESS] = Harness(options, progress_of(config))
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(ClaimsReporter(config, config.stash[HARNESS]), "claims-reporter")


def _options(config: pytest.Config) -> Options:
    root = config.rootpath
    return Options(
        cache=Path(config.getoption("--claims-cache") or root / ".claims_cache"),
        reports=Path(config.getoption("--claims-reports") or root / "reports"),
        lock=Path(config.getoption("--claims-lock") or _home_of_claims(root) / "claims.lock"),
        search=tuple(config.getini("claims_models")),
        device=config.getoption("--device"),
        download=config.getoption("--claims-download"),
    )


def _home_of_claims(root: Path) -> Path:
    return root / "claims" if (root / "claims").is_dir() else root


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a claim one item for each `--model`; pytest then groups items by model across files."""
    if metafunc.definition.get_closest_marker("claim") is None or "model" not in metafunc.fixturenames:
        return
    models = _models(metafunc.config)
    metafunc.parametrize("model", models, ids=[model.name for model in models], indirect=True, scope="session")


def _base(config: pytest.Config) -> Model | None:
    try:
        return parse_base(config.getoption("--base"), dtype=config.getoption("--dtype"))
    except ModelError as error:
        raise pytest.UsageError(str(error)) from None


def _subject(item: pytest.Function) -> str:
    return subject_of(item, _base(item.config))


def _models(config: pytest.Config) -> list[Model]:
    try:
        return [
            parse_model(text, dtype=config.getoption("--dtype"))
            for text in config.getoption("--model") or [DEFAULT_MODEL]
        ]
    except (ModelError, ClaimError) as error:
        raise pytest.UsageError(str(error)) from None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Refuse names that `-k` would confuse, and note claims that share an id or a statement."""
    claims = [item for item in items if isinstance(item, pytest.Function) and item.get_closest_marker("claim")]
    if not claims:
        return
    try:
        refuse_twins(_models(config), _base(config))
        refuse_ambiguous_names(_models(config), [item.originalname for item in claims])
        for item in claims:
            refuse_unusable(item)
    except (ModelError, ClaimError) as error:
        raise pytest.UsageError(str(error)) from None
    _note_twins(claims)


def pytest_deselected(items: list[pytest.Item]) -> None:
    """Count claims that were left out, for PARTIAL."""
    for item in items:
        if item.get_closest_marker("claim"):
            note_deselected(item.config)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Note the claims that are about to run: those that a stopped run does not reach are named as missing."""
    claims = [item for item in session.items if isinstance(item, pytest.Function) and item.get_closest_marker("claim")]
    note_selected(session.config, [(claim_id(item), _subject(item)) for item in claims])
    given = {_subject(item) for item in claims}
    names = {name for item in claims for name in known_of(item)}
    note_known(session.config, sorted(names - given))
    families = {(family, claim_id(item)) for item in claims if (family := headline_family(item))}
    session.config.stash[HEADLINES] = Counter(family for family, _ in families)


def _note_twins(claims: list[pytest.Function]) -> None:
    first: dict[tuple[str, str], str] = {}
    for item in claims:
        for what, text in (("id", claim_id(item)), ("statement", statement_or_nothing(item))):
            here = where_of(item)
            key = (what, f"{text}\0{_subject(item)}")
            if text and first.setdefault(key, item.nodeid) != item.nodeid:
                item.stash[TWINS] = (
                    f"{here}: two claims have one {what}, {text!r}; the other is {first[key]}. A report could not tell "
                    "them apart: reword one, or name its parameters in the docstring, as in {ablation}."
                )


@pytest.fixture(scope="session")
def model(request: pytest.FixtureRequest) -> Iterator[Model]:
    """The model that the claim is about, one of those given with --model; freed after its last claim."""
    chosen: Model = request.param
    yield chosen
    request.config.stash[HARNESS].close(chosen)


@pytest.fixture(scope="session")
def base(request: pytest.FixtureRequest, model: Model) -> Iterator[Model]:
    """The model that `model` is compared with, given with --base; a claim that asks for it is skipped without one."""
    chosen, harness = _base(request.config), request.config.stash[HARNESS]
    if chosen is None:
        pytest.skip("the claim compares two models: name the other one, --base=SOURCE.")
    if harness.alike(model, chosen):
        pytest.skip(f"the claim compares two models, and {model.name} and {chosen.name} are the same files.")
    yield chosen
    harness.close(chosen)


@pytest.fixture
def claim(request: pytest.FixtureRequest) -> ClaimRecorder:
    """Records the predictions of a claim: `claim.expect(treatment.lower_than(baseline, by=...))`."""
    if request.node.get_closest_marker("claim") is None:
        raise ClaimError(
            "the fixture `claim` belongs to tests marked @pytest.mark.claim(kind=...).", where=where_of(request.node)
        )
    return ClaimRecorder()


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Run a claim's body, which builds recipes, and judge what it predicted; other tests pass through."""
    if pyfuncitem.get_closest_marker("claim") is None:
        return (yield)
    if TWINS in pyfuncitem.stash:
        raise ClaimError(pyfuncitem.stash[TWINS])
    # a plugin that runs an item again must not leave the first run's finding beside the second's
    pyfuncitem.user_properties[:] = [pair for pair in pyfuncitem.user_properties if pair[0] not in (ROW, OUTCOME)]
    recorder, chosen = _recorder_and_model(pyfuncitem)
    given = pyfuncitem.funcargs.get("base")
    other = given if isinstance(given, Model) else None  # a fixture of that name may be the user's own
    option = pyfuncitem.config.option
    planning = option.claims_plan or option.claims_register
    token = looking_with(_eyes(pyfuncitem.config.stash[HARNESS], recorder, (chosen, other), planning))
    try:
        yield
        built = build_claim(pyfuncitem, recorder, chosen, other, share=_share(pyfuncitem))
        if option.claims_register:
            _register(pyfuncitem, built)
        elif option.claims_plan:
            _plan(pyfuncitem, built)
        else:
            _judge(pyfuncitem, built, recorder)
    except NotApplicable as reason:
        _note(pyfuncitem, "skipped", str(reason))
        pytest.skip(str(reason))
    except pytest.skip.Exception as reason:
        if not pyfuncitem.user_properties:  # the body's own skip, not one of ours
            _note(pyfuncitem, "skipped", str(reason))
        raise
    finally:
        stop_looking(token)
    return None


def _recorder_and_model(item: pytest.Function) -> tuple[ClaimRecorder, Model]:
    recorder, chosen = item.funcargs.get("claim"), item.funcargs.get("model")
    if isinstance(recorder, ClaimRecorder) and isinstance(chosen, Model):
        return recorder, chosen
    raise ClaimError(
        f"the claim {item.originalname!r} must ask for the fixtures `claim` and `model`: without them it predicts "
        "nothing. Write def test_...(claim, model, ...) and end the body with claim.expect(...).",
        where=where_of(item),
    )


def _eyes(harness: Harness, recorder: ClaimRecorder, models: tuple[Model, Model | None], planning: bool) -> Eyes:
    def bench() -> Any:
        if planning:
            pytest.skip("neither planned nor registered: the body looks at values before it predicts")
        recorder.peeked = True
        return harness.pair(*models)

    def values(measurement: Any) -> Mapping[str, float]:
        return {value.id: value.number for value in bench().values(measurement) if value.number is not None}

    def effect(treatment: Any, baseline: Any) -> str:
        from interp_core.evaluate import look

        return look(treatment, baseline, bench())

    return Eyes(values, effect)


def _share(item: pytest.Function) -> float:
    """A headline claim's share of its family's alpha: as locked, or as it would be locked now."""
    family = headline_family(item)
    if family is None:
        return 1.0
    locked = item.config.stash[HARNESS].lock.headlines(family)
    about_to_be = item.config.stash[HEADLINES][family] if item.config.option.claims_register else MOST_HEADLINES
    return 1 / (len(locked) or about_to_be)


def _register(item: pytest.Function, built: Claim) -> None:
    row = item.config.stash[HARNESS].register(built)
    item.user_properties.append((LOCKED, json.dumps(row, allow_nan=False)))
    _note(item, "registered", built.sentence)
    pytest.skip(f"registered: {built.sentence}")


def _plan(item: pytest.Function, built: Claim) -> None:
    from interp_core.evaluate.plan import plan

    found = plan(built, item.config.stash[HARNESS].bench_of(built))
    _note(item, "planned", json.dumps({"text": found.text, "passes": sorted(found.passes)}))
    pytest.skip(f"planned: {found.text}")


def _judge(item: pytest.Function, built: Claim, recorder: ClaimRecorder) -> None:
    known = known_of(item).get(built.subject)
    row = item.config.stash[HARNESS].evaluate(built, peeked=recorder.peeked, known=known)
    item.user_properties.append((ROW, json.dumps(row, allow_nan=False)))
    text = f"{row['sentence']}\n{row['verdict']} on {built.subject}: {row['reason']}"
    if row["verdict"] == "INVALID":
        raise ClaimInvalid(text)
    if row["verdict"] == "REFUTED" and known != "refuted":
        raise ClaimRefuted(text)
    if row["verdict"] == "INCONCLUSIVE":
        pytest.skip(f"INCONCLUSIVE: {row['reason']}")


def _note(item: pytest.Function, outcome: str, reason: str) -> None:
    item.user_properties.append((OUTCOME, _entry(item, outcome, reason)))


def _entry(item: pytest.Function, outcome: str, reason: str) -> str:
    return json.dumps({"id": claim_id(item), "model": _subject(item), "outcome": outcome, "reason": reason})


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Print a claim's verdict and a user's error as a paragraph, without our traceback."""
    report = yield
    error = call.excinfo.value if call.excinfo else None
    if isinstance(error, InterpClaimsError | ClaimRefuted | ClaimInvalid):
        report.longrepr = _told_once(item, f"{type(error).__name__}: {error}")
    if error is None or not isinstance(item, pytest.Function) or not item.get_closest_marker("claim"):
        return report
    if report.failed and not isinstance(error, ClaimRefuted | ClaimInvalid):
        report.user_properties.append((OUTCOME, _entry(item, "error", f"{type(error).__name__}: {error}")))
    elif report.skipped and call.when == "setup":  # a fixture's skip, or a mark's: the body was never run
        report.user_properties.append((OUTCOME, _entry(item, "skipped", str(error))))
    return report


def _told_once(item: pytest.Item, text: str) -> str:
    """A user's error in full at the first item that meets it, and where that was at the others."""
    first = item.config.stash.setdefault(TOLD, {}).setdefault(text, item.nodeid)
    return text if first == item.nodeid else f"{text.partition(':')[0]}: the same as that of {first}"


Status = tuple[str, str, tuple[str, Mapping[str, bool]]]
_STATUS: Mapping[str, Status] = {
    "INCONCLUSIVE": ("inconclusive", "I", ("INCONCLUSIVE", {"yellow": True})),
    "INVALID": ("error", "E", ("INVALID", {"red": True})),
    "known": ("known refuted", "r", ("REFUTED, AS KNOWN", {"green": True})),
    "planned": ("planned", "p", ("PLANNED", {"blue": True})),
    "registered": ("registered", "l", ("REGISTERED", {"blue": True})),
    "error": ("error", "E", ("ERROR", {"red": True})),
}


def pytest_report_teststatus(report: pytest.TestReport | pytest.CollectReport) -> Status | None:
    """Give verdicts that are neither passed nor failed a category, letter and colour of their own."""
    if getattr(report, "when", "") != "call":
        return None
    properties = dict(getattr(report, "user_properties", []))
    if ROW in properties:
        verdict = json.loads(str(properties[ROW]))["verdict"]
        return _STATUS.get("known" if verdict == "REFUTED" and report.passed else verdict)
    if OUTCOME in properties:
        return _STATUS.get(json.loads(str(properties[OUTCOME]))["outcome"])
    return None
