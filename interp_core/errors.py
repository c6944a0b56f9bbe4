"""What can go wrong, and whose mistake it is.

InterpClaimsError
├── ClaimError            the claim as written cannot be evaluated; nothing was computed
├── PromptError           a prompt file, prompt set or frame is not usable
├── ModelError            a model cannot be found, read or driven
├── RecordedError         a folder of recorded results is not usable
├── StoreError            the cache on disk cannot be used
├── LedgerError           the ledger is damaged or was changed after the fact
├── NotApplicable         the claim does not apply to this model: it is skipped, with the reason
│   └── NoAdmissibleDirection   no candidate passed the filters of a selection: what each of them rejected
└── InvalidEvidence       the instrument broke while measuring: the claim gets no scientific verdict
"""


class InterpClaimsError(Exception):
    """A user's error: says what was given, why it cannot work and what to write instead.

    `where` is the line of the user's file that built the recipe, as "path:line", or "" where none is known.
    """

    def __init__(self, message: str, *, where: str = "") -> None:
        super().__init__(message)
        self.where = where

    def __str__(self) -> str:
        message = super().__str__()
        return f"{self.where}: {message}" if self.where else message


class ClaimError(InterpClaimsError):
    """The claim as written cannot be evaluated; nothing was computed."""


class PromptError(InterpClaimsError):
    """A prompt file, prompt set or frame is not usable."""


class ModelError(InterpClaimsError):
    """A model cannot be found, read or driven."""


class RecordedError(InterpClaimsError):
    """A folder of recorded results is not usable."""


class StoreError(InterpClaimsError):
    """The cache on disk cannot be used."""


class LedgerError(InterpClaimsError):
    """The ledger is damaged or was changed after the fact."""


class NotApplicable(InterpClaimsError):
    """The claim does not apply to this model: it is skipped, with the reason."""


class NoAdmissibleDirection(NotApplicable):
    """No candidate direction passed the filters of a selection; the message says what each of them rejected."""


class InvalidEvidence(InterpClaimsError):
    """The instrument broke while measuring: the claim gets the verdict INVALID, never a scientific one."""
