"""Length-matched controls have exactly the target's number of tokens."""

from dataclasses import replace

import pytest

from interp_core.engine.render import Renderer
from interp_core.errors import PromptError
from interp_core.spec.frames import FILLERS, Frame, FrameSet, LengthMatched
from interp_core.spec.prompts import Prompt, PromptSet
from tests.engine.tiny import SENTENCES, train_tokenizer

FRAMES = FrameSet(
    "fiction",
    (
        Frame("story", "Write a short story in which an old teacher explains to a friend: {text}"),
        Frame("game", "Let us play a game. You are a pirate captain, and I ask you at the kitchen table: {text}"),
        Frame("poem", "Write a poem. {text}"),
    ),
)


@pytest.fixture
def renderer():
    return Renderer(train_tokenizer())


def length_of(renderer, prompt):
    return len(renderer.render([prompt])[0].ids)


@pytest.mark.parametrize("prefill", ["", "Sure, "])
@pytest.mark.parametrize("system", [None, "Be brief."])
def test_every_control_is_as_long_as_its_framed_prompt(renderer, prefill, system):
    requests = PromptSet.from_texts("requests", SENTENCES).prefilled(prefill)
    requests = requests.with_system(system) if system else requests
    framed = renderer.render(requests.framed(FRAMES).prompts)
    controls = renderer.render(requests.framed(FRAMES.length_matched()).prompts)
    assert [len(row.ids) for row in controls] == [len(row.ids) for row in framed]
    assert all(a.text != b.text for a, b in zip(controls, framed, strict=True))


def control(target, *, fillers=FILLERS, template="{filler} tell me.", seed=0):
    return Prompt("p", LengthMatched(template, tuple(fillers), target, seed))


def user_of(renderer, prompt):
    return renderer.render([prompt])[0].text.split("<|im_start|>user\n")[1].split("<|im_end|>")[0]


def test_the_same_seed_writes_the_same_control_and_another_seed_another(renderer):
    target = SENTENCES[1] + " " + SENTENCES[2]
    texts = [user_of(renderer, control(target, seed=seed)) for seed in (1, 1, 2, 3, 4)]
    assert texts[0] == texts[1]
    assert len(set(texts)) > 1


def test_one_whole_clause_is_preferred(renderer):
    filler = "While I am sitting at the kitchen table,"
    target = f"{filler} tell me."
    assert user_of(renderer, control(target, fillers=("Today,", filler))) == target


def test_clauses_are_joined_as_a_sentence(renderer):
    fillers = ("Today,", "I am at home,", "Please, if you can,")
    text = user_of(renderer, control("Today, please, if you can, I am at home, tell me.", fillers=fillers))
    assert sorted(text.lower()) == sorted("today, please, if you can, i am at home, tell me.")
    assert text.count("I am at home") == 1
    assert sum(character.isupper() for character in text.replace("I am", "")) <= 1


def test_a_length_that_no_whole_clauses_have_is_reached_by_cutting_one_off(renderer):
    prompt = control("As I told you on the phone, tell me.", fillers=(SENTENCES[3],))
    text = user_of(renderer, prompt)
    assert length_of(renderer, prompt) == length_of(renderer, replace(prompt, user=prompt.user.target))
    cut = text.removesuffix(" tell me.").rstrip(",")
    assert SENTENCES[3].startswith(cut)
    assert cut != SENTENCES[3]


def test_a_request_with_braces_of_its_own_stays_as_it_is(renderer):
    prompt = control("Today, print {x}.", template="{filler} print {x}.")
    assert user_of(renderer, prompt).endswith("print {x}.")


def test_a_length_out_of_reach_is_refused(renderer):
    with pytest.raises(PromptError, match=r"no neutral filler makes '\{filler\} tell me.' exactly as long as 'No.'"):
        renderer.render([control("No.")])
    with pytest.raises(
        PromptError, match="Add shorter fillers where the target is short, longer ones where it is long"
    ):
        renderer.render([control(" ".join(SENTENCES), fillers=("Today,",))])


def test_many_controls_take_few_calls_of_the_tokenizer(renderer, monkeypatch):
    calls = []
    encode = renderer._encode
    monkeypatch.setattr(renderer, "_encode", lambda texts: calls.append(len(texts)) or encode(texts))
    requests = PromptSet.from_texts("requests", [f"Please explain step {n} of it." for n in range(200)])
    renderer.render(requests.framed(FRAMES.length_matched()).prompts)
    assert len(calls) < 40
    assert sum(calls) < 20 * 600
