import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interp_core import Model, zero
from interp_core.errors import ClaimError, NotApplicable, RecordedError
from interp_core.spec.check import check
from interp_core.spec.recorded import read_recording
from tests.spec.recipes import claim, refusal, refused

GOOD = {"id": "a", "arm": "treated", "value": 1}


def write(folder, rows=(GOOD,), about=None, name="rows.jsonl"):
    lines = rows if isinstance(rows, str) else "".join(json.dumps(row) + "\n" for row in rows)
    (folder / name).write_text(lines, encoding="utf-8", newline="")
    if about is not None:
        (folder / "recording.json").write_text(about if isinstance(about, str) else json.dumps(about), encoding="utf-8")
    return folder


def test_rows_of_all_files_become_arms(tmp_path):
    write(tmp_path, [GOOD, {**GOOD, "id": "b", "value": None}, {**GOOD, "id": 7, "value": "0.5"}])
    write(
        tmp_path,
        'id,arm,value,output,prompt\r\na,plain,0,"No,\r\nnever",Why?\r\nb,plain,,,\r\n7,plain,1e-1,x,\r\n',
        name="b.csv",
    )
    recording = read_recording(tmp_path)
    assert {key: len(rows) for key, rows in recording.rows.items()} == {("treated", "value"): 3, ("plain", "value"): 3}
    assert [row.value for row in recording.arm("treated", "value").values()] == [1.0, None, 0.5]
    plain = recording.arm("plain", "value")
    assert [row.value for row in plain.values()] == [0.0, None, 0.1]
    assert (plain["a"].output, plain["a"].prompt) == ("No,\nnever", "Why?")
    assert recording.name == tmp_path.name


def test_measures_frames_and_what_the_folder_says_of_itself(tmp_path):
    rows = [
        {**GOOD, "frame": "story", "measure": "substring"},
        {**GOOD, "frame": "poem", "measure": "substring"},
        {**GOOD, "measure": "guard", "value": 0.2},
    ]
    about = {
        "model": "gemma", "note": "by others", "measures": {"substring": {"unit": "share", "bounds": [0, 1]}},
        "arms": {"treated": {"intervention": "ablation"}},
    }  # fmt: skip
    recording = read_recording(write(tmp_path, rows, about))
    assert [prompt.id for prompt in recording.prompts("treated", "substring")] == ["a/story", "a/poem"]
    assert (recording.name, recording.note) == ("gemma", "by others")
    assert (recording.unit("substring"), recording.bounds("substring")) == ("share", (0.0, 1.0))
    assert (recording.unit("guard"), recording.bounds("guard")) == ("", None)
    assert (recording.intervention("treated"), recording.intervention("plain")) == ("ablation", "")
    with refused(NotApplicable, "has no arm 'plain' of 'guard'. It has: treated (guard), treated (substring)."):
        recording.arm("plain", "guard")


ROWS = [
    ('{"id": ', ["rows.jsonl:2: this line is not JSON", "Write one object a line"]),
    ("[1]", ["rows.jsonl:2: expected a JSON object", "[1]"]),
    ('{"id": "b", "arm": "x"}', ["rows.jsonl:2: the row has neither a 'value'", "nor an 'output'", "arm, id"]),
    ('{"arm": "x", "value": 1}', ["rows.jsonl:2: the row has no 'id'; its columns are: arm, value"]),
    ('{"id": "b", "value": 1}', ["rows.jsonl:2: the row has no 'arm'"]),
    ('{"id": "", "arm": "x", "value": 1}', ["rows.jsonl:2: the row has no 'id'"]),
    ('{"id": "b", "arm": "x", "value": "high"}', ["rows.jsonl:2: value='high' is no finite number", "Leave it empty"]),
    ('{"id": "b", "arm": "x", "value": NaN}', ["rows.jsonl:2: value=nan is no finite number"]),
    ('{"id": "b", "arm": "x", "value": 1e999}', ["rows.jsonl:2: value=inf is no finite number"]),
    ('{"id": "b", "arm": "x", "value": [1]}', ["rows.jsonl:2: value=[1] is no finite number"]),
    (json.dumps(GOOD), ["rows.jsonl:2: the prompt 'a' has a second row in the arm 'treated'", "one row"]),
]


@pytest.mark.parametrize(("line", "parts"), ROWS)
def test_a_bad_line_is_named(tmp_path, line, parts):
    write(tmp_path, json.dumps(GOOD) + "\n" + line + "\n")
    with refused(RecordedError, *parts):
        read_recording(tmp_path)


CSV = "id,arm,value\na,treated,1\n"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (f"{CSV}b,treated,high\n", ["rows.csv:3: value='high' is no finite number"]),
        (f"{CSV}b,treated,1,No, never\n", ["rows.csv:3: the row has more cells than the header", "['No', ' never']"]),
        (f"{CSV}b\n", ["rows.csv:3: the row has no 'arm'"]),
        (f'{CSV}"b"c,treated,1\n', ["rows.csv:3: this is not CSV", "write a quote inside them twice"]),
        (f'{CSV}"b,treated,1\n', ["rows.csv:3: this is not CSV (unexpected end of data)"]),
        ('id,arm,value,output\na,x,1,"two\nlines"\na,x,2,\n', ["rows.csv:4: the prompt 'a' has a second row"]),
        ("id;arm;value\na;x;1\n", ["rows.csv:2: the row has no 'arm'; its columns are: id;arm;value"]),
    ],
)  # fmt: skip
def test_a_bad_csv_row_is_named_where_it_stands(tmp_path, text, parts):
    with refused(RecordedError, *parts):
        read_recording(write(tmp_path, text, name="rows.csv"))


@pytest.mark.parametrize(
    ("about", "parts"),
    [
        ("{", ["recording.json is not JSON", "it is optional"]),
        ("[]", ["recording.json must hold a JSON object"]),
        ({"measures": []}, ['"measures" in', '{"NAME": {"bounds": [0, 1]}}']),
        ({"arms": {"treated": "ablation"}}, ['"arms" in', '{"NAME": {"intervention": "TEXT"}}']),
        ({"measures": {"value": {"bounds": [1, 0]}}}, ["gives 'value' the bounds [1, 0]. Write the lowest"]),
        ({"measures": {"value": {"bounds": [0]}}}, ["gives 'value' the bounds [0]"]),
        ({"measures": {"value": {"bounds": ["0", "1"]}}}, ["gives 'value' the bounds ['0', '1']"]),
        ({"measures": {"value": {"bounds": [0, 0.5]}}}, ["'a' in the arm 'treated' has the value 1.0", "Mend"]),
        ({"measures": {"value": {"bounds": [2, 3]}}}, ["outside the bounds [2, 3] of recording.json"]),
    ],
)  # fmt: skip
def test_a_bad_recording_json_is_explained(tmp_path, about, parts):
    with refused(RecordedError, *parts):
        read_recording(write(tmp_path, about=about))


def test_missing_values_lie_in_any_bounds(tmp_path):
    about = {"measures": {"value": {"bounds": [0, 1]}}}
    rows = [{**GOOD, "value": None}, {**GOOD, "id": "b", "value": ""}, {**GOOD, "id": "c", "value": 0}]
    assert len(read_recording(write(tmp_path, rows, about)).arm("treated", "value")) == 3


def test_a_folder_without_rows_is_named(tmp_path):
    with refused(RecordedError, "there is no folder", "recorded:DIR"):
        read_recording(tmp_path / "none")
    with refused(RecordedError, "holds no *.jsonl or *.csv rows. Each row needs id, arm, and value or output"):
        read_recording(tmp_path)
    (tmp_path / "rows.csv").write_bytes("id,arm,value\né,x,1\n".encode("latin-1"))
    with refused(RecordedError, "rows.csv is not UTF-8 text", "Save it as UTF-8"):
        read_recording(tmp_path)


def test_files_of_spreadsheets_begin_with_a_byte_order_mark(tmp_path):
    (tmp_path / "rows.csv").write_bytes(b"\xef\xbb\xbf" + CSV.encode())
    assert read_recording(tmp_path).arm("treated", "value")["a"].value == 1.0


def test_long_answers_are_read(tmp_path):
    """Python's csv module stops at 131,072 characters a cell unless told."""
    answer = "word " * 40_000
    write(tmp_path, f"id,arm,output\na,treated,{answer}\n", name="rows.csv")
    assert read_recording(tmp_path).arm("treated", "value")["a"].output == answer


@given(st.text().filter(lambda text: text.isprintable() or "\u2028" in text))
def test_any_answer_survives_the_file(tmp_path_factory, answer):
    folder = tmp_path_factory.mktemp("recording")
    row = json.dumps({**GOOD, "output": answer + "\u2028\u0085"}, ensure_ascii=False)
    assert read_recording(write(folder, row)).arm("treated", "value")["a"].output == answer + "\u2028\u0085"


def test_a_changed_folder_is_read_again(tmp_path):
    assert read_recording(write(tmp_path)).arm("treated", "value")["a"].value == 1.0
    first = read_recording(tmp_path)
    assert read_recording(tmp_path) is first
    write(tmp_path, [{**GOOD, "value": 2}])
    again = read_recording(tmp_path)
    assert again.arm("treated", "value")["a"].value == 2.0
    assert again.sha256 != first.sha256


def test_folders_of_one_relative_name_are_told_apart(tmp_path, monkeypatch):
    found = []
    for value in (1, 2):
        folder = tmp_path / str(value) / "runs"
        folder.mkdir(parents=True)
        write(folder, [{**GOOD, "value": value}])
        monkeypatch.chdir(folder.parent)
        found.append(Model("recorded:runs").recorded("treated").values)
        assert read_recording(Model("recorded:runs").recording_folder).arm("treated", "value")["a"].value == value


def arms(folder, *names, **options):
    model = Model(f"recorded:{folder}")
    return model, [model.recorded(name, **options) for name in names]


def test_recorded_arms_make_a_claim(tmp_path):
    rows = [{**GOOD, "id": request, "arm": arm} for request in "ab" for arm in ("treated", "plain")]
    about = {"arms": {"treated": {"intervention": "ablation"}}, "measures": {"value": {"unit": "points"}}}
    model, (treated, plain) = arms(write(tmp_path, rows, about), "treated", "plain")
    prediction = treated.higher_than(plain, by=0.1)
    assert check(claim(prediction, model=model, kind="causal")) == ()
    assert (treated.label, treated.quantity.unit, prediction.phrase) == ("treated", "points", "by at least 0.1 points")
    with refused(ClaimError, "no treatment intervenes", "a recording says in recording.json"):
        check(claim(plain.higher_than(treated, by=0.1), model=model, kind="causal"))


def test_recorded_arms_have_to_pair(tmp_path):
    rows = [GOOD, {**GOOD, "id": "b"}, {**GOOD, "arm": "plain"}]
    model, (treated, plain) = arms(write(tmp_path, rows), "treated", "plain")
    with refused(ClaimError, "differ in 1 requests, 'b' among them"):
        check(claim(treated.higher_than(plain, by=0.1), model=model))


def test_two_measures_of_one_recording_do_not_compare(tmp_path):
    rows = [{**GOOD, "measure": measure, "arm": arm} for measure in ("one", "two") for arm in ("treated", "plain")]
    model, (one,) = arms(write(tmp_path, rows), "treated", measure="one")
    with refused(ClaimError, "treatment measures 'one' and baseline 'two'"):
        one.higher_than(model.recorded("plain", measure="two"), by=0.1)


def test_the_design_of_a_recorded_arm_is_its_name(tmp_path):
    rows = [{**GOOD, "arm": arm} for arm in ("treated", "plain")]
    _, (treated, plain) = arms(write(tmp_path, rows), "treated", "plain")
    assert treated.design() != plain.design()
    assert treated.model.under(zero(refusal())).recorded("treated").design() != treated.design()
