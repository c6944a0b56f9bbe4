import json

import pytest

from interp_core import Frame, FrameSet, Neutral
from interp_core.errors import PromptError
from interp_core.spec.frames import fill, placeholders


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("Tell a story.", r"frame 'f' has no placeholder in 'Tell a story\.'.*Put \{text\}"),
        ("{{text}}", "frame 'f' has no placeholder"),
        ("", "frame 'f' has no placeholder"),
        ("{text} }", "cannot be read .*Write a literal brace twice: {{ and }}"),
        ("{text", "cannot be read"),
        ("{}: {text}", "unnamed placeholder.*Name a field of the prompts: {text}, {action}"),
        ("{0}", "unnamed placeholder"),
        ("{text.upper}", "unnamed placeholder"),
        ("{text[0]}", "unnamed placeholder"),
        ("{text!r}", "formats a placeholder.*write the name alone, {text}"),
        ("{text:>{width}}", "formats a placeholder"),
        ("{text:d}", "formats a placeholder"),
    ],
)  # fmt: skip
def test_a_template_that_cannot_work_is_refused(template, message):
    with pytest.raises(PromptError, match=message):
        Frame("f", template)


@pytest.mark.parametrize("name", ["", "a/b"])
def test_a_name_that_breaks_ids_is_refused(name):
    with pytest.raises(PromptError, match=r"request/frame\. Use a word without a slash"):
        Frame(name, "{text}")


def test_a_field_that_prompts_lack_is_named():
    with pytest.raises(PromptError, match=r"frame 'f' wants the field 'action'.*Their fields are: id, text\..*JSONL"):
        fill("{action} {text}", {"text": "x", "id": "y"}, owner="frame 'f'")


def test_placeholders_in_order_with_repeats():
    assert placeholders("{a} {{b}} {c}{a}", owner="x") == ("a", "c", "a")


def test_a_frame_set_needs_frames_of_different_names():
    with pytest.raises(PromptError, match=r"'fiction' is empty. Give it at least one Frame\(name, template\)"):
        FrameSet("fiction", ())
    with pytest.raises(PromptError, match=r"'fiction' names 'a' twice\. Give each frame its own name"):
        FrameSet("fiction", (Frame("a", "{text}"), Frame("b", "{text}!"), Frame("a", "{text}?")))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Neutral("Today {text}"), r"'Today \{text\}' has no \{filler\}.*Write .* '\{filler\} \{text\}'"),
        (lambda: Neutral("{filler} {"), "the neutral template has the template"),
        (lambda: Neutral(fillers=()), r"wants filler clauses, none of them empty, and got \(\)"),
        (lambda: Neutral(fillers=("Today,", " ")), r"and got \('Today,', ' '\)"),
    ],
)  # fmt: skip
def test_a_neutral_that_cannot_match_is_refused(build, message):
    with pytest.raises(PromptError, match=message):
        build()


def test_length_matched_keeps_the_frames():
    frames = FrameSet("fiction", (Frame("a", "{text}"),))
    assert frames.length_matched().frames == frames.frames
    assert (frames.control, frames.length_matched().control) == (False, True)


def read(tmp_path, content, name="fiction"):
    path = tmp_path / "frames.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return FrameSet.from_json(path, name)


def test_frames_are_read_from_json(tmp_path):
    neutral = {"template": "{text} {filler}", "fillers": ["Today,"]}
    found = read(tmp_path, {"fiction": {"a": "{text}!", "b": "{text}?"}, "other": {"c": "{text}"}, "neutral": neutral})
    assert found == FrameSet(
        "fiction", (Frame("a", "{text}!"), Frame("b", "{text}?")), Neutral("{text} {filler}", ("Today,",))
    )
    assert read(tmp_path, {"fiction": {"a": "{text}"}}).neutral == Neutral()


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        ({"a": {}, "b": {}, "neutral": {}}, "fiction", r"frames.json has no frame set 'fiction'. It has: a, b\."),
        ({"neutral": {"template": "{filler}{text}"}}, "neutral", "has no frame set 'neutral'. It has: none"),
        ("{", "fiction", "frames.json is not JSON that can be used"),
        ('{"fiction": {"a": "{text}", "a": "{text}!"}}', "fiction", "the name 'a' stands there twice"),
        ('{"fiction": {"a": "{text}"}, "fiction": {}}', "fiction", "the name 'fiction' stands there twice"),
        (["fiction"], "fiction", "must hold an object of frame sets"),
        ({"fiction": ["{text}"]}, "fiction", r"the frame set 'fiction' of .* must be an object"),
        ({"fiction": {"a": 3}}, "fiction", "the frame set 'fiction' of .* must be an object"),
        ({"fiction": {}}, "fiction", "the frame set 'fiction' is empty"),
        ({"fiction": {"a": "{text}"}, "neutral": {"template": "{filler}"}}, "fiction", '"neutral" in .* must be an o'),
        ({"fiction": {"a": "{text}"}, "neutral": {"template": "{filler}", "fillers": "x"}}, "fiction", '"neutral" in'),
        ({"fiction": {"a": "{text}"}, "neutral": {"template": "{filler}", "fillers": [3]}}, "fiction", '"neutral" in'),
        ({"fiction": {"a": "{text}"}, "neutral": {"fillers": ["x"]}}, "fiction", '"neutral" in'),
        ({"fiction": {"a": "{text}"}, "neutral": None}, "fiction", '"neutral" in'),
    ],
)  # fmt: skip
def test_a_bad_frames_file_is_explained(tmp_path, content, name, message):
    with pytest.raises(PromptError, match=message):
        read(tmp_path, content, name)


def test_a_missing_frames_file_is_named(tmp_path):
    with pytest.raises(PromptError, match=r"the frames file .*none.json cannot be read .*Give a JSON file"):
        FrameSet.from_json(tmp_path / "none.json", "fiction")
