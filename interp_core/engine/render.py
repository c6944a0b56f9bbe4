"""Prompts as the model reads them: chat template, system prompt, prefill, think blocks, and positions by role."""

from collections.abc import Sequence
from dataclasses import dataclass

from jinja2 import TemplateError
from transformers import PreTrainedTokenizerBase

from interp_core.engine.lengths import Control, resolve
from interp_core.engine.shell import PROBE, THINK_TAGS, Shell
from interp_core.errors import ModelError, NotApplicable, PromptError
from interp_core.spec.frames import LengthMatched
from interp_core.spec.prompts import Prompt
from interp_core.spec.site import tokens_later

_Encoded = tuple[list[int], list[tuple[int, int]]]  # token ids, and where in the text each lies


@dataclass(frozen=True)
class Rendered:
    """A prompt as the model reads it.

    Attributes
    ----------
    text : the rendered template, the thought and the prefill.
    ids : the tokens of `text`.
    end_of_template : the index of the template's last token, before any thought or prefill.
    end_of_instruction : the index of the last token of the user's message; None where the template rewrites messages,
        so that it cannot be found.
    end_of_thought : the index of the tag that closes the think block; None where nothing closes one.
    answer : the index at which the answer begins: that of the first token of the prefill, or the length without one.
    opens_thinking : whether the template itself opened a think block that it left for the model to close.
    """

    text: str
    ids: tuple[int, ...]
    end_of_template: int
    end_of_instruction: int | None
    opens_thinking: bool
    end_of_thought: int | None = None
    answer: int = 0

    def index(self, position: str) -> int:
        """The index of the token at a position named by its role; raises PromptError where it cannot be found."""
        if position == "end_of_template":
            return self.end_of_template
        if position == "first_answer_token":
            return self._found(self.answer if self.answer < len(self.ids) else None, position, _NO_ANSWER)
        if position == "end_of_thought":
            return self._found(self.end_of_thought, position, _NO_THOUGHT)
        index = self._found(self.end_of_instruction, position, _REWRITTEN) + tokens_later(position)
        return self._found(index if index <= self.end_of_template else None, position, _SHORT)

    def _found(self, index: int | None, position: str, why: str) -> int:
        if index is None:
            raise PromptError(f"{self.text!r} has no position {position!r}: {why}")
        return index


_NO_ANSWER = "it ends where the answer begins. Put the answer's beginning into the prompts: prompts.prefilled('Sure')."
_NO_THOUGHT = (
    "no think block is closed in it. Use prompts.with_thought(...), or with_thinking(False) where the template closes "
    "an empty one."
)
_REWRITTEN = (
    "the chat template rewrites the user's message, so its last token cannot be found. "
    "Use Site(position='end_of_template')."
)
_SHORT = "the template has fewer tokens after the instruction. Use Site(position='end_of_template')."


class Renderer:
    """Renders prompts with a tokenizer and its chat template.

    Raises
    ------
    ModelError : the tokenizer has no chat template, or cannot say where a token lies in the text.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        if not tokenizer.chat_template:
            raise ModelError(
                f"the tokenizer of {tokenizer.name_or_path} has no chat template, so prompts cannot be rendered as the "
                "model expects them. Put the model's own template into chat_template.jinja beside its weights (or set "
                "tokenizer.chat_template and save it); for a base model write one that prints the message alone."
            )
        if not tokenizer.is_fast:
            raise ModelError(
                f"the tokenizer of {tokenizer.name_or_path} is a slow one, which cannot say where in the text a token "
                "lies. Save a tokenizer.json beside the weights (AutoTokenizer.from_pretrained(...).save_pretrained)."
            )
        self.tokenizer = tokenizer
        special = {id for id, token in tokenizer.added_tokens_decoder.items() if token.special}
        tags = {id for id, token in tokenizer.added_tokens_decoder.items() if token.content in THINK_TAGS}
        self._unspoken = (special | set(tokenizer.all_special_ids)) - tags
        self._shells: dict[tuple[str | None, bool], Shell] = {}
        self._controls: dict[Control, str] = {}

    def render(self, prompts: Sequence[Prompt]) -> list[Rendered]:
        """Every prompt as the model reads it; length-matched controls are resolved, all in one go.

        Raises
        ------
        PromptError : a control's length cannot be matched, or a prefill cannot be placed.
        NotApplicable : the template knows no system prompt, or not the thinking mode that the prompts declare.
        """
        for prompt in prompts:
            self._check_mode(prompt)
        users = self._users(prompts)
        templates = [self._template(p.system, user, p.thinking) for p, user in zip(prompts, users, strict=True)]
        thoughts = [template + self._thought(p) for template, p in zip(templates, prompts, strict=True)]
        texts = [thought + prompt.prefill for thought, prompt in zip(thoughts, prompts, strict=True)]
        encoded = self._encode(texts)
        ends = self._lengths_before(templates, texts, prompts, encoded)
        answers = self._lengths_before(thoughts, texts, prompts, encoded)
        rows = zip(prompts, users, templates, texts, encoded, ends, answers, strict=True)
        return [self._rendered(*row) for row in rows]

    def plain(self, prompts: Sequence[Prompt]) -> list[Rendered]:
        """Every prompt's text as it is, without a template, with the special tokens that the tokenizer adds to a text.

        Raises
        ------
        PromptError : a text is a length-matched control, or too short to have a token that another one precedes.
        """
        for prompt in prompts:
            if isinstance(prompt.user, LengthMatched):
                raise PromptError(f"{prompt.id!r} is a length-matched control, which only a chat template can place.")
        texts = [str(prompt.user) for prompt in prompts]
        rows = [[int(id) for id in ids] for ids in self.tokenizer(texts)["input_ids"]] if texts else []
        for prompt, ids in zip(prompts, rows, strict=True):
            if len(ids) < 2:
                raise PromptError(
                    f"{prompt.id!r} is a single token as plain text: nothing precedes it. Use longer texts."
                )
        return [
            Rendered(text, tuple(ids), len(ids) - 1, None, False, answer=len(ids))
            for text, ids in zip(texts, rows, strict=True)
        ]

    def first_tokens(self, phrases: Sequence[str], prompt: Prompt) -> list[int]:
        """The token that each phrase would open with, were it what follows `prompt`; each once, in order.

        Raises
        ------
        PromptError : a phrase merges with the last token of the prompt.
        """
        (before,) = self.render([prompt])
        encoded = self._encode([before.text + phrase for phrase in phrases])
        for phrase, (ids, _) in zip(phrases, encoded, strict=True):
            _check_prefix(before.ids, ids, phrase, prompt)
        return list(dict.fromkeys(ids[len(before.ids)] for ids, _ in encoded))

    def reference(self, prompt: Prompt) -> list[int]:
        """The template's tokens as apply_chat_template(tokenize=True) gives them, without any prefill."""
        (user,) = self._users([prompt])
        return list(
            self.tokenizer.apply_chat_template(
                _messages(prompt.system, user),
                tokenize=True,
                add_generation_prompt=True,
                enable_thinking=prompt.thinking,
                return_dict=False,
            )
        )

    def counts(self, texts: Sequence[str]) -> list[int]:
        """The number of tokens of each text."""
        return [len(ids) for ids, _ in self._encode(texts)]

    def token(self, id: int) -> str:
        """A token's text."""
        return str(self.tokenizer.decode([id], clean_up_tokenization_spaces=False))

    def answer(self, ids: Sequence[int]) -> str:
        """The text of new tokens without special tokens; think tags stay."""
        return self.raw([id for id in ids if id not in self._unspoken])

    def raw(self, ids: Sequence[int]) -> str:
        """The text of new tokens with special tokens."""
        return str(self.tokenizer.decode(list(ids), skip_special_tokens=False, clean_up_tokenization_spaces=False))

    def _rendered(
        self, prompt: Prompt, user: str, template: str, text: str, encoded: _Encoded, template_length: int, answer: int
    ) -> Rendered:
        ids, spans = encoded
        shell = self._shell(prompt.system, prompt.thinking)
        rewritten = template != shell.around(user)
        if rewritten and isinstance(prompt.user, LengthMatched):
            raise PromptError(
                f"the chat template rewrites the user's message {user!r}, so the length of {prompt.id!r} cannot be "
                "matched. Mend the template, or compare with prompts that need no length-matched control."
            )
        end = None if rewritten else _token_at(spans, shell.end_of(user))
        opens = shell.opens_thinking if not prompt.thought else not prompt.thought_ends
        closed = _token_at(spans, text.rfind(THINK_TAGS[1]) + len(THINK_TAGS[1]) - 1) if THINK_TAGS[1] in text else None
        return Rendered(text, tuple(ids), template_length - 1, end, opens, closed, answer)

    def _thought(self, prompt: Prompt) -> str:
        """The think block that a prompt brings along; the template may have opened it."""
        if not prompt.thought:
            return ""
        opened = "" if self._shell(prompt.system, True).opens_thinking else f"{THINK_TAGS[0]}\n"
        return opened + prompt.thought + (f"\n{THINK_TAGS[1]}\n\n" if prompt.thought_ends else "")

    def _encode(self, texts: Sequence[str]) -> list[_Encoded]:
        if not texts:  # which transformers cannot tokenize
            return []
        # The template has written the BOS where the model wants one, and apply_chat_template adds none either.
        encoded = self.tokenizer(list(texts), add_special_tokens=False, return_offsets_mapping=True)
        return list(zip(encoded["input_ids"], encoded["offset_mapping"], strict=True))

    def _lengths_before(
        self, parts: Sequence[str], texts: Sequence[str], prompts: Sequence[Prompt], encoded: Sequence[_Encoded]
    ) -> list[int]:
        """How many tokens of each text its beginning takes; raises PromptError where what follows merges with it."""
        longer = [index for index, (part, text) in enumerate(zip(parts, texts, strict=True)) if part != text]
        lengths = [len(ids) for ids, _ in encoded]
        alone = self._encode([parts[index] for index in longer])
        for index, (ids, _) in zip(longer, alone, strict=True):
            _check_prefix(ids, encoded[index][0], texts[index][len(parts[index]) :], prompts[index])
            lengths[index] = len(ids)
        return lengths

    def _users(self, prompts: Sequence[Prompt]) -> list[str]:
        controls = [self._control(prompt) if isinstance(prompt.user, LengthMatched) else None for prompt in prompts]
        unknown = [c for c in dict.fromkeys(controls) if c is not None and c not in self._controls]
        self._controls |= dict(zip(unknown, resolve(unknown, self.counts), strict=True))
        return [str(p.user) if c is None else self._controls[c] for p, c in zip(prompts, controls, strict=True)]

    def _control(self, prompt: Prompt) -> Control:
        assert isinstance(prompt.user, LengthMatched)
        return Control(prompt.user, self._shell(prompt.system, prompt.thinking), prompt.prefill)

    def _shell(self, system: str | None, thinking: bool) -> Shell:
        key = (system, thinking)
        if key not in self._shells:
            self._shells[key] = Shell.of(self._template(system, PROBE, thinking))
        return self._shells[key]

    def _template(self, system: str | None, user: str, thinking: bool) -> str:
        messages = _messages(system, user)
        try:
            text = str(
                self.tokenizer.apply_chat_template(
                    messages, tokenize=False, add_generation_prompt=True, enable_thinking=thinking
                )
            )
        except TemplateError as error:
            raise self._refusal(system, str(error)) from None
        if system is not None and system.strip() not in text:
            raise self._refusal(system, "it leaves the system prompt out")
        return text

    def _refusal(self, system: str | None, why: str) -> ModelError | NotApplicable:
        name = self.tokenizer.name_or_path
        if system is None:
            return ModelError(f"the chat template of {name} cannot render a user's message: {why}. Mend the template.")
        return NotApplicable(
            f"the chat template of {name} takes no system prompt ({why}), and {system[:40]!r} cannot be put elsewhere "
            "without changing the experiment. Drop with_system(...) for this model, or write the text into a frame."
        )

    def _check_mode(self, prompt: Prompt) -> None:
        on, off = self._shell(None, True), self._shell(None, False)
        name = self.tokenizer.name_or_path
        if prompt.thinking and on == off and not on.opens_thinking:
            raise NotApplicable(
                f"the chat template of {name} has no thinking mode. Drop with_thinking() for this model."
            )
        if not prompt.thinking and off.opens_thinking:
            raise NotApplicable(
                f"the chat template of {name} opens a think block with thinking off too: this model always thinks. "
                "Write with_thinking() to measure it so."
            )
        if prompt.thinking and prompt.prefill and not (prompt.thought and prompt.thought_ends):
            raise PromptError(
                f"{prompt.id!r} is prefilled with {prompt.prefill!r} while thinking is on: placed before or inside the "
                "think block, the prefill would silently change the mode. Use with_thinking(False) or no prefill, or a "
                "thought that ends before it: with_thought(...)."
            )


def _messages(system: str | None, user: str) -> list[dict[str, str]]:
    first = [] if system is None else [{"role": "system", "content": system}]
    return [*first, {"role": "user", "content": user}]


def _token_at(spans: Sequence[tuple[int, int]], character: int) -> int | None:
    """The last token whose span covers a character: one character may be several byte tokens."""
    covering = [index for index, (start, end) in enumerate(spans) if start <= character < end]
    return covering[-1] if covering else None


def _check_prefix(before: Sequence[int], whole: Sequence[int], what: str, prompt: Prompt) -> None:
    if list(whole[: len(before)]) != list(before) or len(whole) == len(before):
        raise PromptError(
            f"the prefill {what!r} of {prompt.id!r} merges with the last token of the chat template, so the "
            "model would not read the template as it was trained on it. Begin the prefill with a letter."
        )
