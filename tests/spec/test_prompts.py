import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interp_core import Frame, FrameSet, Neutral, Prompt, PromptSet
from interp_core.errors import PromptError
from tests.spec.recipes import FICTION, HARMFUL, texts

LINES = st.text(min_size=1).filter(lambda text: text.strip())


def write(path, *rows):
    path.write_text(
        "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows), encoding="utf-8"
    )
    return path


def refused(path, *rows, **options):
    """The message with which a file is refused."""
    with pytest.raises(PromptError) as caught:
        PromptSet.from_jsonl(write(path, *rows), **options)
    return str(caught.value)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "asks.jsonl"


def test_rows_become_prompts(path):
    rows = [
        {"id": "a", "text": "One?", "action": "one", "split": "fit", "rank": 3},
        {"id": 7, "text": "Two?"},
        {"text": "Three?", "split": "select"},
    ]
    prompts = PromptSet.from_jsonl(write(path, *rows))
    assert prompts.name == "asks"
    assert [prompt.id for prompt in prompts] == ["a", "7", "asks-2"]
    assert [prompt.user for prompt in prompts] == ["One?", "Two?", "Three?"]
    assert [prompt.split for prompt in prompts] == ["fit", "test", "select"]
    assert dict(prompts.prompts[0].fields) == {"id": "a", "text": "One?", "action": "one", "split": "fit"}


def test_other_fields_can_hold_text_and_id(path):
    prompts = PromptSet.from_jsonl(write(path, {"uid": "x", "goal": "Do it."}), text="goal", id="uid", name="goals")
    assert (prompts.name, prompts.prompts[0].id, prompts.prompts[0].direct) == ("goals", "x", "Do it.")


def test_one_split_for_all_rows_wins_over_the_rows_own(path):
    prompts = PromptSet.from_jsonl(write(path, {"text": "One?", "split": "test"}), split="fit")
    assert len(prompts.fit) == 1


def test_blank_lines_are_passed_over_and_still_counted(path):
    assert len(PromptSet.from_jsonl(write(path, "", {"text": "One?"}, "   ", {"text": "Two?"}))) == 2
    assert f"{path}:3" in refused(path, "", {"text": "One?"}, "{broken")


def test_byte_order_mark_and_windows_line_ends_are_read(path):
    path.write_bytes(b'\xef\xbb\xbf{"id": "a", "text": "One?"}\r\n{"id": "b", "text": "Two?"}\r\n')
    assert [prompt.user for prompt in PromptSet.from_jsonl(path)] == ["One?", "Two?"]


@given(LINES)
def test_any_text_survives_the_file(tmp_path_factory, text):
    """U+2028, U+0085 and their like are no ends of lines in JSON."""
    path = tmp_path_factory.mktemp("prompts") / "asks.jsonl"
    path.write_bytes(json.dumps({"text": text}, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        with pytest.raises(PromptError, match="not UTF-8"):
            PromptSet.from_jsonl(path)
    else:
        assert PromptSet.from_jsonl(path).prompts[0].direct == text


@pytest.mark.parametrize(
    ("row", "parts"),
    [
        ('{"text": "One?"', ["asks.jsonl:2: this line is not JSON", "column", "Write one object a line"]),
        ('["One?"]', ["asks.jsonl:2: expected a JSON object"]),
        ({"prompt": "One?"}, ["asks.jsonl:2: the field 'text' is missing or empty", "has: prompt", "text='...'"]),
        ({"text": "  "}, ["asks.jsonl:2: the field 'text' is missing or empty"]),
        ({"text": 3}, ["asks.jsonl:2: the field 'text' is missing or empty"]),
        ({}, ["the row has: nothing"]),
        ({"text": "Two?", "split": "dev"}, ["asks.jsonl:2: unknown split 'dev'", "fit, select and test"]),
        ({"text": "Two?", "split": None}, ["asks.jsonl:2: unknown split 'None'"]),
        ({"text": "Two?", "id": "first"}, ["asks.jsonl:2: the id 'first' was used already", "asks.jsonl:1"]),
        ({"text": "Two?", "id": None}, ["asks.jsonl:2: 'id' is None", "leave it out"]),
        ({"text": "Two?", "id": " "}, ["asks.jsonl:2: 'id' is ' '"]),
        ({"text": "Two?", "id": ["a"]}, ["asks.jsonl:2: 'id' is ['a']"]),
    ],
)  # fmt: skip
def test_a_bad_row_is_named(path, row, parts):
    message = refused(path, {"id": "first", "text": "One?"}, row)
    assert [part for part in parts if part not in message] == []


def test_an_id_that_repeats_a_position_is_refused(path):
    """The second row is called asks-1 for its position, which the first row claims as its id."""
    message = refused(path, {"id": "asks-1", "text": "One?"}, {"text": "Two?"})
    assert "asks.jsonl:2: the id 'asks-1' was used already at" in message


def test_a_file_without_prompts_is_refused(path):
    assert "holds no prompts. Write one JSON object a line, with at least 'goal'" in refused(path, "", text="goal")


def test_an_unknown_split_for_all_rows_is_refused(path):
    assert "unknown split 'train'" in refused(path, {"text": "One?"}, split="train")


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(PromptError, match=r"there is no prompts file .*none\.jsonl\. Give the path"):
        PromptSet.from_jsonl(tmp_path / "none.jsonl")
    with pytest.raises(PromptError, match="cannot be read"):
        PromptSet.from_jsonl(tmp_path)
    (tmp_path / "latin").write_bytes('{"text": "Café?"}'.encode("latin-1"))
    with pytest.raises(PromptError, match=r"latin is not UTF-8 text .*Save it as UTF-8"):
        PromptSet.from_jsonl(tmp_path / "latin")


def test_no_prompts_at_all_are_refused():
    with pytest.raises(PromptError, match="the prompt set 'none' is empty"):
        PromptSet.from_texts("none", [])
    with pytest.raises(PromptError, match="the prompt set 'none' is empty"):
        PromptSet.from_splits("none")


def test_one_text_in_place_of_a_list_is_refused():
    with pytest.raises(PromptError, match=r"got one text, and wants a list: \['Why\?'\]"):
        PromptSet.from_texts("asks", "Why?")


def test_typed_texts_are_named_by_position():
    prompts = PromptSet.from_texts("asks", ["One?", "Two?"], split="fit")
    assert [prompt.id for prompt in prompts.fit] == ["asks-0", "asks-1"]


def test_splits_keep_order_and_name():
    assert HARMFUL.fit.split == "fit"
    assert [prompt.request for prompt in HARMFUL.fit] == ["harmful-fit-0", "harmful-fit-1", "harmful-fit-2"]
    assert [len(part) for part in (HARMFUL.fit, HARMFUL.select, HARMFUL.test, HARMFUL)] == [3, 2, 4, 9]
    assert HARMFUL.test.label == "harmful.test"


def test_a_missing_split_is_named():
    prompts = PromptSet.from_texts("asks", ["One?"])
    with pytest.raises(PromptError, match=r"no prompts in the split 'fit'; it has: test\..*from_splits\('asks', fit="):
        _ = prompts.fit


def test_from_splits_refuses_what_does_not_fit_together():
    asks = PromptSet.from_texts("asks", ["One?"])
    with pytest.raises(PromptError, match="unknown split 'train'"):
        PromptSet.from_splits("asks", train=asks)
    with pytest.raises(PromptError, match=r"asks\.test: the id 'asks-0' was used already at asks\.fit"):
        PromptSet.from_splits("asks", fit=asks, test=asks)


def test_frames_and_requests_are_crossed_in_the_order_of_the_requests():
    framed = HARMFUL.select.framed(FICTION)
    assert [prompt.id for prompt in framed] == [
        "harmful-select-0/story", "harmful-select-0/poem", "harmful-select-1/story", "harmful-select-1/poem",
    ]  # fmt: skip
    first = HARMFUL.select.prompts[0]
    assert framed.prompts[0].user == f"Tell a story in which: {first.user}"
    assert framed.requests == HARMFUL.select.requests
    assert {prompt.direct for prompt in framed} == {prompt.direct for prompt in HARMFUL.select}
    assert framed.label == "harmful.select behind fiction frames"
    assert (
        HARMFUL.select.framed(FICTION.length_matched()).label == "harmful.select behind length-matched neutral frames"
    )


def test_frames_use_the_rows_own_fields(path):
    prompts = PromptSet.from_jsonl(write(path, {"text": "How do I rest?", "action": "rest", "n": 3}))
    framed = prompts.framed(FrameSet("s", (Frame("a", "A tale of how to {action}."),)))
    assert framed.prompts[0].user == "A tale of how to rest."
    with pytest.raises(PromptError, match=r"frame 'a' wants the field 'n'.*fields are: action, text"):
        prompts.framed(FrameSet("s", (Frame("a", "{n}"),)))


def test_framing_twice_is_refused():
    with pytest.raises(PromptError, match=r"'harmful' is framed by 'fiction' already\. Frame the requests once"):
        HARMFUL.framed(FICTION).framed(FICTION)


def test_system_prefill_and_thinking_reach_every_prompt_and_the_label():
    changed = HARMFUL.test.with_system("Be kind.").prefilled("Sure").with_thinking()
    assert {(p.system, p.prefill, p.thinking) for p in changed} == {("Be kind.", "Sure", True)}
    assert changed.label == "harmful.test with a system prompt prefilled 'Sure' thinking"
    assert changed.with_thinking(False).design() == HARMFUL.test.with_system("Be kind.").prefilled("Sure").design()


BRACES = ["a {b} c", "{", "}", "{}", "{{x}}", "{0}", "{text}", "{text!r:>9}", "f'{x:{y}}'", "%s {name} \\{"]


@pytest.mark.parametrize("request_", BRACES)
def test_braces_in_a_request_survive_framing_and_the_control(request_):
    prompts = PromptSet.from_texts("code", [request_])
    frames = FrameSet("s", (Frame("a", "Explain {{this}}: {text}"),), neutral=Neutral("{{hm}} {filler} {text}"))
    assert prompts.framed(frames).prompts[0].user == f"Explain {{this}}: {request_}"
    matched = prompts.framed(frames.length_matched()).prompts[0].user
    assert matched.target == f"Explain {{this}}: {request_}"
    assert matched.template == f"{{hm}} {{filler}} {request_}"


@given(st.text(alphabet="{}filer tx!:0", min_size=1, max_size=30).filter(str.strip))
def test_the_engine_puts_the_clause_in_one_place_only(request_):
    """The engine replaces {filler} as text; a request that holds those characters itself is refused, not mangled."""
    control = PromptSet.from_texts("code", [request_])
    frames = FrameSet("s", (Frame("a", "Say: {text}"),)).length_matched()
    if "{filler}" in request_:
        with pytest.raises(PromptError, match=r"holds the text '\{filler\}'.*Reword the request"):
            control.framed(frames)
    else:
        matched = control.framed(frames).prompts[0].user
        assert matched.template.replace("{filler}", "Today,") == f"Today, {request_}"


def test_controls_differ_in_seed_and_keep_the_fillers():
    users = [prompt.user for prompt in HARMFUL.test.framed(FICTION.length_matched())]
    assert len({user.seed for user in users}) == len(users)
    assert {user.fillers for user in users} == {FICTION.neutral.fillers}


def test_take_is_stable_when_prompts_are_added():
    few, many = PromptSet.from_texts("asks", texts("a", 40)), PromptSet.from_texts("asks", texts("a", 60))
    kept = set(few.take(10).requests)
    assert len(kept) == 10
    assert kept >= set(many.take(10).requests) & set(few.requests), "what is new may push out, never bring back"
    assert len(kept & set(many.take(10).requests)) >= 5
    assert [p.request for p in few if p.request in kept] == [p.request for p in few.take(10)], "the order stays"
    assert kept < set(few.take(11).requests)
    assert few.take(100) == few


def test_take_counts_requests_not_framed_prompts():
    framed = HARMFUL.test.framed(FICTION).take(2)
    assert (len(framed.requests), len(framed)) == (2, 4)
    assert framed.requests == HARMFUL.test.take(2).requests


@pytest.mark.parametrize("count", [0, -1])
def test_taking_nothing_is_refused(count):
    with pytest.raises(PromptError, match=rf"take\({count}\) takes no prompts. Write a number from 1 to 4"):
        HARMFUL.test.take(count)


ASKS = st.lists(LINES, min_size=1, max_size=4)


@given(ASKS, ASKS)
def test_the_content_hash_changes_exactly_with_the_content(one, other):
    assert (PromptSet.from_texts("a", one).data() == PromptSet.from_texts("a", other).data()) == (one == other)


@pytest.mark.parametrize(
    "change",
    [
        lambda p: p.prefilled("Sure"),
        lambda p: p.with_system("Be kind."),
        lambda p: p.with_system(""),
        lambda p: p.with_thinking(),
        lambda p: p.framed(FICTION),
        lambda p: p.framed(FICTION.length_matched()),
        lambda p: p.take(3),
    ],
)  # fmt: skip
def test_whatever_changes_what_the_model_reads_changes_the_content_hash(change):
    assert change(HARMFUL.test).data() != HARMFUL.test.data()


def test_the_control_is_other_content_than_the_frame():
    assert HARMFUL.framed(FICTION).data() != HARMFUL.framed(FICTION.length_matched()).data()
    shorter = FrameSet("fiction", FICTION.frames, neutral=Neutral(fillers=("Today,",))).length_matched()
    assert HARMFUL.framed(FICTION.length_matched()).data() != HARMFUL.framed(shorter).data()


def test_design_leaves_texts_out_and_keeps_the_frames_wording():
    other = PromptSet.from_texts("asks", ["New?"]).framed(FICTION)
    assert PromptSet.from_texts("asks", ["Old?", "Older?"]).framed(FICTION).design() == other.design()
    reworded = FrameSet("fiction", (Frame("story", "Tell a tale in which: {text}"), FICTION.frames[1]))
    assert PromptSet.from_texts("asks", ["New?"]).framed(reworded).design() != other.design()


@pytest.mark.parametrize(
    "change",
    [
        lambda p: p.prefilled("Sure"),
        lambda p: p.with_system("Be kind."),
        lambda p: p.with_thinking(),
        lambda p: p.framed(FICTION),
        lambda p: p.test,
    ],
)  # fmt: skip
def test_design_knows_how_prompts_are_put(change):
    assert change(HARMFUL).design() != HARMFUL.design()


def test_neutral_wording_is_part_of_the_control_alone():
    reworded = FrameSet("fiction", FICTION.frames, neutral=Neutral("{text} {filler}"))
    assert HARMFUL.framed(reworded).design() == HARMFUL.framed(FICTION).design()
    control = HARMFUL.framed(FICTION.length_matched()).design()
    assert HARMFUL.framed(reworded.length_matched()).design() != control


def test_recipes_are_frozen_and_hashable():
    assert len({HARMFUL, PromptSet(**vars(HARMFUL)), HARMFUL.test}) == 2
    with pytest.raises(AttributeError, match="cannot assign"):
        HARMFUL.name = "other"
    with pytest.raises(AttributeError, match="cannot assign"):
        Prompt("a", "A?").user = "B?"
