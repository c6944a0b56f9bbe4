"""Random tiny models of every supported architecture, saved as a researcher's model folder is."""

from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedTokenizerFast

SENTENCES = (
    "Please explain how to bake bread for my neighbour this evening.",
    "Write a short story in which an old teacher explains to a friend how to mend a kettle.",
    "While I am sitting at the kitchen table, tell me how to plant a tree. Today, if you can.",
    "As I told you on the phone last week, the street is quiet and the shops are closed.",
    "You are a careful assistant. I am sorry, but I cannot help with that. Sure, here is how.",
)
# ChatML, with Qwen3's think block: empty and closed where thinking is off, absent where it is on.
TEMPLATE = (
    "{%- for message in messages -%}"
    "{{- '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' -}}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\\n' -}}"
    "{%- if not enable_thinking -%}{{- '<think>\\n\\n</think>\\n\\n' -}}{%- endif -%}{%- endif -%}"
)
SMALL: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "max_position_embeddings": 512,
    "initializer_range": 0.3,  # large enough that different prompts have visibly different residuals
}
GROUPED = SMALL | {"num_key_value_heads": 2, "head_dim": 8}
ARCHITECTURES: dict[str, dict[str, Any]] = {
    "llama": GROUPED,
    "qwen2": GROUPED | {"num_key_value_heads": 2},
    "qwen3": GROUPED,
    "gemma2": GROUPED | {"sliding_window": 16},
    "gemma3_text": GROUPED | {"sliding_window": 16},
    "mistral": GROUPED | {"sliding_window": None},
    "phi3": GROUPED | {"pad_token_id": 0},
    "gpt_neox": SMALL,
    "gpt2": SMALL,
}


def save_tiny(name: str, path: Path) -> Path:
    """Save a random model of an architecture, with tokenizer and chat template, into `path`."""
    tokenizer = train_tokenizer()
    ids = {
        "vocab_size": len(tokenizer),
        "bos_token_id": None,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
    config = AutoConfig.for_model(name, **(ARCHITECTURES[name] | ids))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = AutoModelForCausalLM.from_config(config)
        _shake(model)
    model.save_pretrained(path)
    tokenizer.save_pretrained(path)
    return path


def _shake(model: torch.nn.Module) -> None:
    """Norm weights off one and biases off zero, so that a forgotten one shows."""
    for parameter in model.parameters():
        if parameter.ndim == 1:
            parameter.data += 0.1 * torch.randn_like(parameter)


def train_tokenizer() -> PreTrainedTokenizerFast:
    """A byte-level BPE of a few hundred entries, trained on `SENTENCES`."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(SENTENCES * 20, trainer)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|im_end|>", pad_token="<|endoftext|>")
    fast.add_tokens(["<think>", "</think>"])
    fast.chat_template = TEMPLATE
    return fast
