"""Prompts as the model reads them: template, system prompt, prefill, think blocks, positions."""

import copy
from dataclasses import replace

import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from interp_core.engine.render import Renderer
from interp_core.errors import ModelError, NotApplicable, PromptError
from interp_core.spec.frames import LengthMatched
from interp_core.spec.prompts import Prompt
from tests.engine.tiny import SENTENCES, TEMPLATE, train_tokenizer

HELLO = Prompt("hello", "Hello, you!")
CLOSED = "<think>\n\n</think>\n\n"
LLAMA_2 = (
    "{%- for m in messages -%}{%- if m['role'] == 'system' -%}{{ raise_exception('System role not supported') }}"
    "{%- endif -%}{{- bos_token + '[INST] ' + m['content'] | trim + ' [/INST]' -}}{%- endfor -%}"
)


@pytest.fixture(scope="module")
def tokenizer():
    return train_tokenizer()


@pytest.fixture
def renderer(tokenizer):
    return Renderer(tokenizer)


def with_template(tokenizer, template, **special):
    changed = copy.deepcopy(tokenizer)
    changed.chat_template = template
    for name, token in special.items():
        setattr(changed, name, token)
    return Renderer(changed)


def render(renderer, **fields):
    return renderer.render([replace(HELLO, **fields)])[0]


def test_thinking_off_ends_in_an_empty_think_block(renderer):
    assert render(renderer).text == f"<|im_start|>user\nHello, you!<|im_end|>\n<|im_start|>assistant\n{CLOSED}"


def test_thinking_on_leaves_the_think_block_to_the_model(renderer):
    row = render(renderer, thinking=True)
    assert row.text.endswith("<|im_start|>assistant\n")
    assert not row.opens_thinking


def test_a_system_prompt_comes_first(renderer):
    assert render(renderer, system="Be brief.").text.startswith("<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>")


def test_the_prefill_follows_the_empty_think_block(renderer):
    row = render(renderer, prefill="Sure, here")
    assert row.text.endswith(f"assistant\n{CLOSED}Sure, here")
    assert row.end_of_template == render(renderer).end_of_template
    assert row.ids[: row.end_of_template + 1] == render(renderer).ids


@pytest.mark.parametrize(
    "fields", [{}, {"thinking": True}, {"system": "Be brief."}, {"user": "Naïve – 😀 <b>"}], ids=str
)
def test_the_tokens_are_those_of_apply_chat_template(renderer, tokenizer, fields):
    prompt = replace(HELLO, **fields)
    messages = [{"role": "system", "content": prompt.system}] if prompt.system else []
    messages += [{"role": "user", "content": prompt.user}]
    reference = tokenizer.apply_chat_template(
        messages, tokenize=True, add_generation_prompt=True, enable_thinking=prompt.thinking, return_dict=False
    )
    assert list(render(renderer, **fields).ids) == reference == renderer.reference(prompt)


def test_a_bos_that_the_template_writes_is_not_doubled(tokenizer):
    row = render(with_template(tokenizer, LLAMA_2, bos_token="<|endoftext|>"))
    assert row.text == "<|endoftext|>[INST] Hello, you! [/INST]"
    assert row.ids.count(tokenizer.convert_tokens_to_ids("<|endoftext|>")) == 1


@pytest.mark.parametrize("user", ["Hello, you!", "assistant", "user user", "Is it?  \n", "ice 😀"])
@pytest.mark.parametrize("template", [TEMPLATE, LLAMA_2], ids=["keeps", "trims"])
def test_the_end_of_the_instruction_is_the_last_token_of_the_users_message(tokenizer, template, user):
    renderer = with_template(tokenizer, template, bos_token="<|endoftext|>")
    row = render(renderer, user=user)
    index = row.index("end_of_instruction")
    assert renderer.raw(row.ids[: index + 1]).endswith(user.rstrip())
    assert not renderer.raw(row.ids[:index]).endswith(user.rstrip())


@pytest.mark.parametrize("user", ["Hello, you!", "ice 😀"])
def test_positions_hold_for_a_sentencepiece_style_tokenizer(user):
    model = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>"))
    model.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    model.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace(prepend_scheme="first")])
    pieces = ["<unk>", "<s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    model.train_from_iterator(
        SENTENCES, trainers.BpeTrainer(vocab_size=500, special_tokens=pieces, show_progress=False)
    )
    renderer = with_template(
        PreTrainedTokenizerFast(tokenizer_object=model, unk_token="<unk>"), LLAMA_2, bos_token="<s>"
    )
    row = render(renderer, user=user, prefill=" Sure")
    assert list(row.ids[: row.end_of_template + 1]) == renderer.reference(replace(HELLO, user=user))
    assert renderer.raw(row.ids[: row.index("end_of_instruction") + 1]).endswith(user)
    assert row.text.endswith(f"[INST] {user} [/INST] Sure")


def test_the_end_of_the_template_is_its_last_token(renderer):
    row = render(renderer, prefill="Sure")
    assert renderer.raw(row.ids[: row.index("end_of_template") + 1]).endswith(CLOSED)
    assert renderer.raw(row.ids[row.index("end_of_template") + 1 :]) == "Sure"


def test_an_answer_keeps_think_tags_and_drops_other_special_tokens(renderer, tokenizer):
    ids = tokenizer("<think>so</think>Yes<|im_end|>", add_special_tokens=False)["input_ids"]
    assert renderer.answer(ids) == "<think>so</think>Yes"
    assert renderer.raw(ids) == "<think>so</think>Yes<|im_end|>"


def test_think_tags_stay_where_they_are_special_tokens(tokenizer):
    special = copy.deepcopy(tokenizer)
    special.add_special_tokens({"additional_special_tokens": ["<think>", "</think>"]})
    ids = special("<think>so</think>Yes<|im_end|>", add_special_tokens=False)["input_ids"]
    assert Renderer(special).answer(ids) == "<think>so</think>Yes"


def test_a_tokenizer_without_template_is_told_where_to_put_one(tokenizer):
    with pytest.raises(ModelError, match=r"has no chat template.*chat_template\.jinja"):
        with_template(tokenizer, None)


def test_a_slow_tokenizer_is_refused(tokenizer, monkeypatch):
    monkeypatch.setattr(type(tokenizer), "is_fast", False)
    with pytest.raises(ModelError, match=r"is a slow one.*Save a tokenizer\.json"):
        Renderer(tokenizer)


def test_a_template_that_refuses_a_system_prompt_makes_the_claim_not_applicable(tokenizer):
    renderer = with_template(tokenizer, LLAMA_2, bos_token="")
    with pytest.raises(NotApplicable, match=r"takes no system prompt \(System role not supported\).*into a frame"):
        render(renderer, system="Be brief.")


def test_a_template_that_drops_the_system_prompt_makes_the_claim_not_applicable(tokenizer):
    renderer = with_template(
        tokenizer, TEMPLATE.replace("messages -%}", "messages if message['role'] == 'user' -%}", 1)
    )
    with pytest.raises(NotApplicable, match="it leaves the system prompt out"):
        render(renderer, system="Be brief.")


def test_a_broken_template_is_named(tokenizer):
    with pytest.raises(ModelError, match=r"cannot render a user's message: no.*Mend the template"):
        render(with_template(tokenizer, "{{ raise_exception('no') }}"))


def test_thinking_needs_a_template_that_knows_it(tokenizer):
    renderer = with_template(tokenizer, LLAMA_2, bos_token="")
    with pytest.raises(NotApplicable, match="has no thinking mode"):
        render(renderer, thinking=True)


def test_a_model_that_always_thinks_is_not_measured_with_thinking_off(tokenizer):
    renderer = with_template(tokenizer, LLAMA_2 + "{{- '<think>\\n' -}}", bos_token="")
    with pytest.raises(NotApplicable, match=r"always thinks.*with_thinking\(\)"):
        render(renderer)
    assert render(renderer, thinking=True).opens_thinking


def test_a_prefill_with_thinking_on_is_refused(renderer):
    with pytest.raises(PromptError, match=r"'hello' is prefilled with 'Sure' while thinking is on"):
        render(renderer, thinking=True, prefill="Sure")


def test_a_prefill_that_merges_with_the_template_is_refused(tokenizer):
    # The template ends in "pl", the prefill goes on "ease": one token of the vocabulary, which swallows the boundary.
    renderer = with_template(tokenizer, "{{ messages[0]['content'] + ' pl' }}")
    with pytest.raises(PromptError, match="merges with the last token of the chat template"):
        render(renderer, prefill="ease")


def test_a_template_that_rewrites_messages_hides_the_end_of_the_instruction(tokenizer):
    row = render(with_template(tokenizer, "{{ messages[0]['content'] | replace('you', 'me') }}"))
    assert row.index("end_of_template") == len(row.ids) - 1
    with pytest.raises(PromptError, match=r"rewrites the user's message.*end_of_template"):
        row.index("end_of_instruction")


def test_a_template_that_rewrites_messages_rules_out_length_matching(tokenizer):
    renderer = with_template(tokenizer, "{{ messages[0]['content'] | replace('today', 'now') | replace('Today', '') }}")
    control = LengthMatched("{filler} tell me.", ("Today,",), "Today, tell me.", 0)
    with pytest.raises(PromptError, match=r"rewrites the user's message.*length of 'hello' cannot be matched"):
        render(renderer, user=control)


def test_no_prompts_render_to_nothing(renderer):
    assert renderer.render([]) == []
