"""What a chat template puts around a user's message."""

from dataclasses import dataclass

THINK_TAGS = ("<think>", "</think>")
PROBE = "   interp-claims probe   "


@dataclass(frozen=True)
class Shell:
    """The rendered text before and after the user's message, and whether the template trims the message."""

    before: str
    after: str
    trims: bool

    @classmethod
    def of(cls, rendered: str) -> "Shell":
        """The shell of a template, from its rendering of `PROBE`, whose outer spaces tell whether it trims."""
        trims = PROBE not in rendered
        before, _, after = rendered.partition(PROBE.strip() if trims else PROBE)
        return cls(before, after, trims)

    def around(self, user: str) -> str:
        """The rendered text with `user` as the user's message."""
        return self.before + self._kept(user) + self.after

    def end_of(self, user: str) -> int:
        """The index, in the rendered text, of the message's last character that is not white space."""
        return len(self.before) + len(self._kept(user).rstrip()) - 1

    @property
    def opens_thinking(self) -> bool:
        """Whether the template itself opens a think block and leaves it for the model to close."""
        return self.after.rstrip().endswith(THINK_TAGS[0])

    def _kept(self, user: str) -> str:
        return user.strip() if self.trims else user
