"""The bench of a recording: values that were made elsewhere."""

from typing import NoReturn

from interp_core.bench.values import Value, score
from interp_core.errors import ClaimError, NotApplicable
from interp_core.spec.identity import Tree
from interp_core.spec.measure import Judged, Recorded
from interp_core.spec.model import Measurement
from interp_core.spec.prompts import Prompt
from interp_core.spec.recorded import Record, Recording
from interp_core.store import Address, Passes


class RecordedBench:
    """Reads the arms of a recording; what needs activations does not apply to it."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self._none = Passes()

    @property
    def passes(self) -> Passes:
        """None are made."""
        return self._none

    def identity(self) -> Tree:
        """The hash of the recording's files."""
        return {"recording": self.recording.sha256}

    def demands(self, arm: Measurement) -> frozenset[tuple[Address, bool]]:
        """Nothing: a recording takes no passes. Raises NotApplicable as `values` does."""
        self.values(arm)
        return frozenset()

    def close(self) -> None:
        """Nothing is held."""

    def gap(self, arm: Measurement) -> NoReturn:
        """Raise NotApplicable: a recording holds no activations."""
        raise NotApplicable(f"the {arm.quantity.noun} needs activations, and a recording holds none.")

    def values(self, arm: Measurement) -> tuple[Value, ...]:
        """The recorded numbers of an arm, or a judge's scores of its recorded outputs.

        Raises
        ------
        NotApplicable : the claim needs activations, or the recording has no such arm.
        ClaimError : a prompt of the claim has no row, or a row that was recorded of another text.
        """
        if isinstance(arm.quantity, Recorded):
            records = self.recording.arm(arm.arm, arm.quantity.measure)
            return tuple(_number(record) for record in records.values())
        if isinstance(arm.quantity, Judged):
            return self._judged(arm, arm.quantity)
        raise NotApplicable(f"the {arm.quantity.noun} needs activations, and a recording holds none.")

    def _judged(self, arm: Measurement, quantity: Judged) -> tuple[Value, ...]:
        records = self.recording.arm(arm.condition, "value")
        missing = [prompt.id for prompt in arm.prompts if prompt.id not in records]
        if missing:
            raise ClaimError(
                f"the recording {self.recording.folder} lacks {len(missing)} of the {len(arm.prompts)} prompts of the "
                f"arm {arm.condition!r}, {missing[0]!r} among them. Record a row for each prompt of the claim."
            )
        for prompt in arm.prompts:
            self._check_text(prompt, records[prompt.id])
        return tuple(_score(prompt, records[prompt.id], quantity) for prompt in arm.prompts)

    def _check_text(self, prompt: Prompt, record: Record) -> None:
        """Raise ClaimError where the recorded text, if there is one, holds another request than the claim's prompt."""
        wanted, recorded = " ".join(prompt.direct.split()), " ".join(record.prompt.split())
        if recorded and wanted not in recorded:
            raise ClaimError(
                f"the recording {self.recording.folder} answers another prompt under the id {prompt.id!r}: it has "
                f"{recorded[:60]!r}, and the claim asks {wanted[:60]!r}. Record the claim's own prompts, or give the "
                "rows the ids that the claim has for them."
            )


def _number(record: Record) -> Value:
    flaw = "" if record.value is not None else "not judged"
    return Value(record.id, record.request, record.frame, record.value, record.prompt, record.output, flaw)


def _score(prompt: Prompt, record: Record, quantity: Judged) -> Value:
    if record.output is None and record.value is not None:
        raise ClaimError(
            f"the recording gives {prompt.id!r} a number and no output, and the judge {quantity.judge.name!r} reads "
            "outputs. Record the completion, or claim the number itself with model.recorded(arm, measure=...)."
        )
    if record.output is None:
        return _number(record)
    number, flaw = score(quantity, record.output)
    return Value(prompt.id, prompt.request, prompt.frame, number, record.prompt, record.output, flaw)
