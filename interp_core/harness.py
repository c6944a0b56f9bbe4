"""What one run of claims holds together: models and their benches, the store, findings, and what is written at the end.

No pytest here: the plugin translates between pytest's hooks and this module. Heavy imports wait until a claim is
judged, so that a session without claims, and every collection, stays light.
"""

import difflib
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from interp_core.errors import ModelError, NotApplicable
from interp_core.spec.claim import Claim
from interp_core.spec.model import Measurement, Model
from interp_core.spec.recorded import read_recording

if TYPE_CHECKING:
    import interp_core.bench
    import interp_core.evaluate
    import interp_core.ledger

DECIDED = ("SUPPORTED", "REFUTED")
RANK = {"INVALID": 0, "REFUTED": 1, "INCONCLUSIVE": 2, "SUPPORTED": 3}
RECORDED = "recorded:"
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Options:
    """How a run reaches models and where it writes; nothing here changes how a claim is judged."""

    cache: Path
    reports: Path
    lock: Path
    search: tuple[Path, ...] = ()
    device: str = "cpu"
    download: bool = False


@dataclass
class Harness:
    """The benches of one process."""

    options: Options
    progress: Progress
    _benches: dict[Model, "interp_core.bench.Bench"] = field(default_factory=dict)
    _made: int = 0

    @property
    def made(self) -> int:
        """The passes that this process has made, and kept, so far."""
        return self._made + sum(bench.passes.made for bench in self._benches.values())

    def evaluate(self, claim: Claim, *, peeked: bool, known: str | None) -> "interp_core.evaluate.Row":
        """Judge a claim; returns its row of the report."""
        from interp_core.evaluate import evaluate

        return evaluate(claim, self.bench_of(claim), peeked=peeked, known=known)

    @cached_property
    def lock(self) -> "interp_core.ledger.Lock":
        """What is registered, as it was when the run began."""
        from interp_core.ledger import read_lock

        return read_lock(self.options.lock)

    def register(self, claim: Claim) -> dict[str, Any]:
        """The row of the lock that registers a claim."""
        from interp_core.evaluate import registered

        return registered(claim, self.bench_of(claim))

    def bench_of(self, claim: Claim) -> "interp_core.bench.Bench":
        """The bench that a claim is judged on: of its model, or of the two that it compares."""
        return self.pair(claim.model, claim.base, claim.arms)

    def pair(self, model: Model, base: Model | None, arms: Sequence[Measurement] = ()) -> "interp_core.bench.Bench":
        """The bench of a model and the one that it is compared with, if any; `arms` is what will be asked of it."""
        from interp_core.bench import TwoModelBench

        if base is None:
            return self.bench(model)
        return TwoModelBench(model, self.bench(model), base, self.bench(base), arms)

    def alike(self, model: Model, base: Model) -> bool:
        """Whether two models are the same files."""
        return bool(self.bench(model).identity() == self.bench(base).identity())

    def bench(self, model: Model) -> "interp_core.bench.Bench":
        """The bench of a model, opened at first use."""
        bare = Model(model.source, model.name, model.revision, model.dtype)  # without a role, too
        if bare not in self._benches:
            self._benches[bare] = self._open(bare)
        return self._benches[bare]

    def close(self, model: Model) -> None:
        """Free what the bench of `model` holds."""
        bench = self._benches.pop(model, None)
        if bench is not None:
            self._made += bench.passes.made
            bench.close()

    def _open(self, model: Model) -> "interp_core.bench.Bench":
        from interp_core.bench import LiveBench, RecordedBench
        from interp_core.store import Hasher, Store, find_model

        if model.is_recorded:
            return RecordedBench(read_recording(model.recording_folder))
        options = self.options
        folder = find_model(model.source, revision=model.revision, search=options.search, download=options.download)
        store = Store(options.cache)
        files = Hasher(options.cache / "hashes.jsonl").model_files(folder)
        return LiveBench(
            model, folder, files, store, device=options.device, progress=self.progress,
            elsewhere=self._live, make_room=self._make_room,
        )  # fmt: skip

    def _live(self, model: Model) -> "interp_core.bench.LiveBench":
        """The bench of a model that a direction is fitted in; raises NotApplicable for a recording."""
        from interp_core.bench import LiveBench

        bench = self.bench(model)
        if isinstance(bench, LiveBench):
            return bench
        raise NotApplicable(f"a direction is fitted on activations, and {model.name}, a recording, holds none.")

    def _make_room(self) -> None:
        """Free the weights of every model, before another's are loaded."""
        for bench in self._benches.values():
            bench.close()


def open_bench(
    source: str,
    *,
    base: str | None = None,
    dtype: str = "float32",
    device: str = "cpu",
    cache: Path | None = None,
    search: Sequence[Path] = (),
) -> "interp_core.bench.Bench":
    """A bench on a model, for a notebook: `look(a, b, open_bench("mediated"))` shows what a claim would compare.

    Parameters
    ----------
    source : what ``--model`` takes.
    base : what ``--base`` takes, for a bench on two models: `bench.model` and `bench.base` are their recipes.
    dtype, device : as on the command line.
    cache : where values are kept; ``.claims_cache`` in the working folder.
    search : folders that hold models by name.
    """
    here = Path.cwd()
    options = Options(cache or here / ".claims_cache", here / "reports", here / "claims.lock", tuple(search), device)
    other = parse_base([] if base is None else [base], dtype=dtype)
    return Harness(options, _silent).pair(parse_model(source, dtype=dtype), other)


def _silent(_what: str, _done: int, _of: int) -> None:
    """Show no progress."""


def parse_model(text: str, *, dtype: str) -> Model:
    """A Model out of ``--model``: SOURCE, NAME=SOURCE or recorded:DIR, with ``@REVISION`` after a hub id."""
    return _parsed(text, "--model", dtype)


def parse_base(texts: Sequence[str], *, dtype: str) -> Model | None:
    """The model that every other is compared with, out of ``--base``, written as ``--model`` is; None where none is.

    Raises
    ------
    ModelError : it is given twice.
    """
    if len(texts) > 1:
        raise ModelError(f"--base is given {len(texts)} times: {', '.join(texts)}. A run compares with one model.")
    return replace(_parsed(texts[0], "--base", dtype), role="base") if texts else None


def _parsed(text: str, option: str, dtype: str) -> Model:
    name, source = _name_and_source(text)
    if not source.removeprefix(RECORDED):
        raise ModelError(
            f"{option} {text!r} names no model. Write an organism's name, a folder, a hub id or recorded:DIR."
        )
    local = source.startswith(RECORDED) or Path(source).expanduser().exists()
    source, _, revision = (source, "", "") if local else source.partition("@")
    return Model(source, name, revision or None, dtype)


def _name_and_source(text: str) -> tuple[str, str]:
    """The two sides of NAME=SOURCE; an "=" inside a path belongs to the source."""
    name, separator, source = text.partition("=")
    named = separator and not set(name) & {"/", ":"} and not Path(text).exists()
    return (name, source) if named else ("", text)


def refuse_twins(models: Sequence[Model], base: Model | None = None) -> None:
    """Raise ModelError where one model, or one name, is given twice: rows could not be told apart."""
    if base is not None and base.name in {model.name for model in models}:
        raise ModelError(
            f"--base and --model both give the name {base.name!r}. Give the base another: --base NAME={base.source}"
        )
    for what, key in (("model", lambda m: f"{m.source}@{m.revision or ''}".rstrip("@")), ("name", lambda m: m.name)):
        given = Counter(key(model) for model in models)
        twice = [text for text, count in given.items() if count > 1]
        if twice:
            raise ModelError(
                f"--model gives the {what} {twice[0]!r} twice. Give each model once, by a name of its own."
            )


def refuse_ambiguous_names(models: Sequence[Model], claim_names: Sequence[str]) -> None:
    """Raise ModelError where a model's name holds a word of a claim's name, since ``-k`` would then match both."""
    words = {word for name in claim_names for word in name.lower().split("_") if len(word) > 3 and word != "test"}
    for model in models:
        clash = sorted(word for word in words if word in model.name.lower())
        if clash:
            raise ModelError(
                f"the model's name {model.name!r} holds {clash[0]!r}, a word of a claim's name, so `-k {clash[0]}` "
                f"would select by model. Give it another name: --model NAME={model.source}"
            )


def unknown_models(names: Sequence[str], on_record: Collection[str], search: Sequence[Path]) -> list[str]:
    """A warning for each model of `names`, out of ``known=``, that is neither on record nor at hand: a misspelling?"""
    from interp_core.store import organisms

    there = {*on_record, *organisms(search)} if names else set()
    told = []
    for name in names:
        if not set(name.split(" against ")) <= there and name not in there:
            close = difflib.get_close_matches(name, there, n=1)
            meant = f"known={{{close[0]!r}: 'refuted'}}" if close else "the name that the report gives the model"
            told.append(f"known={{{name!r}: 'refuted'}} names a model that no run here has had. Write {meant}.")
    return told


def exit_code(rows: Sequence["interp_core.evaluate.Row"], status: int, *, strict: bool, skipped: int) -> int:
    """The exit code of a run of claims: the first that applies of 11, 1, 13, 14, 10, never hiding pytest's 2 to 5."""
    verdicts = [row["verdict"] for row in rows]
    if status not in (0, 1) or not (rows or skipped):
        return status
    if "INVALID" in verdicts:
        return 11
    if status == 1:
        return 1
    if any(row["moved_from"] and RANK[row["verdict"]] < RANK[row["moved_from"]] for row in rows):
        return 13
    if not any(verdict in DECIDED for verdict in verdicts):
        return 14
    return 10 if strict and "INCONCLUSIVE" in verdicts else 0
