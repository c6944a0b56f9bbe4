"""Heat maps, scatters, dose curves and the tree of grounds: what is drawn, what is told, what is never lost."""

import copy
import re
from xml.etree import ElementTree

import pytest

from interp_core.errors import ClaimError
from interp_core.report import heat_drawing, render_html, render_markdown, response_drawing, space_drawing
from interp_core.report.grounds import grounds, ungrounded
from interp_core.report.heat import STEPS, heat_map
from interp_core.report.response import dose_curve
from interp_core.report.space import scatter
from tests.report.sample import HOSTILE, NOTHING_DRAWN, REGISTRATION, components, document, doses, selection


def cells(path):
    return path.count("M")


def test_every_candidate_has_one_cell():
    one = selection()
    drawn = heat_map(one)
    admissible = sum(candidate[2] is None for candidate in one["candidates"])
    assert sum(cells(shade.path) for shade in drawn.shades) == admissible
    assert [mark.count for mark in drawn.marks] == [5, 10, 4]
    assert admissible + sum(mark.count for mark in drawn.marks) == len(one["candidates"]) == 30


def test_filters_are_told_apart_by_their_signs():
    signs = {re.sub(r"^M[-\d. ]+", "", mark.key) for mark in heat_map(selection()).marks}
    assert len(signs) == 3


def test_the_strongest_shade_is_the_lowest_score():
    drawn = heat_map(selection())
    strongest = {shade.step: shade.path for shade in drawn.shades}[STEPS]
    x, y, _, _ = drawn.winner
    assert f"M{x + 1.5:g} {y + 1.5:g}h" in strongest
    assert drawn.ends is not None
    assert [float(end.replace("−", "-")) for end in drawn.ends] == [-0.2, -6.3]


def test_a_selection_in_words():
    told = heat_map(selection()).alt
    assert "layer 4, end_of_instruction+4 was chosen out of 30 candidates" in told
    assert "5 by 'layer cut', 10 by 'induces no refusal', 4 by 'damages harmless behaviour'" in told
    assert "0.412 [0.181, 0.66] nats behind" in told
    alone = heat_map(selection(margin=None))
    assert "No other candidate was admissible." in alone.alt
    assert alone.second is None


def test_a_deep_model_keeps_to_the_drawing():
    drawn = heat_map(selection(layers=80, positions=9))
    places = [re.findall(r"M([-\d.]+) ([-\d.]+)", shade.path) for shade in drawn.shades]
    assert all(drawn.left <= float(x) < drawn.width and 0 < float(y) < drawn.bottom for one in places for x, y in one)
    assert [name for name, _ in drawn.rows][:2] == ["layer 0", "layer 5"]
    assert [name for name, _ in drawn.columns] == [*(f"+{k}" for k in range(1, 9)), "end"]
    assert len(heat_drawing(selection(layers=80, positions=9)).svg) < 20_000


def test_scatters_tell_arms_apart_by_shape():
    drawn = scatter(components(), most=40)
    assert [cloud.shape for cloud in drawn.clouds] == ["dot", "square"]
    assert [cells(cloud.path) for cloud in drawn.clouds] == [40, 40]
    assert drawn.middle.startswith("M")
    assert "61.0 % of the variance" in drawn.alt
    assert "The claim divides component 1 at 0.08." in drawn.alt


def test_a_scatter_says_how_many_of_its_prompts_it_shows():
    drawn = scatter(components(), most=7)
    assert [cells(cloud.path) for cloud in drawn.clouds] == [7, 7]
    assert "(7 of 480 prompts)" in drawn.alt


def test_a_claim_on_a_later_component_divides_nowhere_in_the_frame():
    assert scatter(components(along=None, middle=None), most=9).middle == ""
    assert scatter(components(along=2, middle=0.0), most=9).middle.startswith("M0 ")
    assert scatter(components(middle=99.0), most=9).middle == ""


def test_points_lie_in_the_frame():
    drawn = scatter(components(), most=40)
    places = [tuple(map(float, p)) for c in drawn.clouds for p in re.findall(r"M([-\d.]+) ([-\d.]+)", c.path)]
    assert all(0 <= x <= drawn.width and 6 <= y <= 6 + drawn.side for x, y in places)


def test_seven_groups_are_too_many_for_shapes():
    groups = [{**components()["groups"][0], "name": f"type {i}"} for i in range(7)]
    with pytest.raises(ClaimError, match="7 groups cannot be told apart by shape"):
        scatter(components(groups=groups), most=9)


def test_a_dose_curve_rises_where_the_means_do():
    drawn = dose_curve(doses())
    treatment, baseline = drawn.lines
    heights = [y for _, y in treatment.points]
    assert heights == sorted(heights, reverse=True)
    assert [name for name, _ in drawn.doses] == ["0.25", "0.5", "0.75", "1"]
    assert cells(treatment.bars) == 4
    assert {line.role for line in drawn.lines} == {"treatment", "baseline"}
    assert treatment.points[0][0] != baseline.points[0][0]
    assert "1 gives 6 nats [5.6, 6.5]" in drawn.alt


def test_a_dose_without_a_number_is_left_out_and_told():
    one = doses()
    one["sweeps"][0]["doses"][1] |= {"mean": None, "low": None, "high": None, "n": 0}
    drawn = dose_curve(one)
    assert len(drawn.lines[0].points) == 3
    assert "0.5 not measured" in drawn.alt


DRAWINGS = {
    "heat": lambda: heat_drawing(selection(direction=HOSTILE)),
    "space": lambda: space_drawing(components(name=HOSTILE)),
    "response": lambda: response_drawing(doses(noun=HOSTILE)),
}


@pytest.mark.parametrize("make", DRAWINGS.values(), ids=DRAWINGS)
def test_a_drawing_by_itself_is_an_svg_document_that_loads_nothing(make):
    drawing = make()
    root = ElementTree.fromstring(drawing._repr_svg_())
    tags = {node.tag.rpartition("}")[2] for node in root.iter()}
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert tags <= {"svg", "style", "path", "rect", "circle", "text"}
    assert root.get("role") == "img"
    assert root.get("aria-label")
    assert "url(" not in drawing.svg
    assert str(drawing) == drawing.words


def test_the_page_draws_what_a_notebook_draws():
    page = render_html(document())
    for drawing in (heat_drawing(selection()), response_drawing(doses())):
        paths = set(re.findall(r' d="([^"]+)"', drawing.svg))
        assert paths
        assert all(f' d="{path}"' in page for path in paths)


def test_a_selection_that_claims_share_is_drawn_once():
    page = render_html(document())
    assert page.count('class="drawing heat"') == 1
    assert page.count("was chosen out of 30 candidates") == 3  # the drawing's words, below it, and at the other claim
    assert '<a href="#claim-2">An earlier claim</a> shows it' in page


def tree(**verdicts):
    """A document with a row for each id; `rests` maps an id to its grounds."""
    rests = verdicts.pop("rests")
    made = document(len(verdicts))
    for one, (name, verdict) in zip(made["rows"], verdicts.items(), strict=True):
        own = {**REGISTRATION, "rests_on": rests.get(name, [])}
        plain = document(1)["rows"][0]["model"]
        one |= {"id": name, "verdict": verdict, "registration": own, "drawings": NOTHING_DRAWN, "model": plain}
    return made


def shape(nodes):
    return [(node.id, bool(node.loose), shape(node.above)) for node in nodes]


def test_mechanism_stands_on_behaviour():
    made = tree(a="SUPPORTED", b="SUPPORTED", c="REFUTED", d="SUPPORTED", rests={"b": ["a"], "c": ["b"]})
    (nodes,) = grounds(made).values()
    assert shape(nodes) == [("a", False, [("b", False, [("c", False, [])])])]


@pytest.mark.parametrize("verdict", ["REFUTED", "INCONCLUSIVE", "INVALID"])
def test_whatever_stands_on_a_ground_that_fell_is_ungrounded_all_the_way_up(verdict):
    made = tree(a=verdict, b="SUPPORTED", c="SUPPORTED", rests={"b": ["a"], "c": ["b"]})
    (nodes,) = grounds(made).values()
    assert shape(nodes) == [("a", False, [("b", True, [("c", True, [])])])]
    rows = made["rows"]
    assert ungrounded(rows[1], made) == [f"a, which is {verdict}"]
    assert ungrounded(rows[2], made) == ["b, which is SUPPORTED but itself ungrounded"]
    assert render_html(made).count("▽ ungrounded") == 2 * 3  # in the table, in the tree, on the card
    assert render_markdown(made).count("**SUPPORTED**, ungrounded") == 2


def test_a_ground_without_a_finding_bears_nothing():
    made = tree(b="SUPPORTED", rests={"b": ["a"]})
    (nodes,) = grounds(made).values()
    assert shape(nodes) == [("a", False, [("b", True, [])])]
    assert nodes[0].verdict == "not evaluated"
    assert "- **not evaluated** a\n  - ✓ **SUPPORTED** b **ungrounded**" in render_markdown(made)


def test_a_ground_on_another_model_bears_nothing():
    made = tree(a="SUPPORTED", b="SUPPORTED", rests={"b": ["a"]})
    made["rows"][0]["model"] = {**made["rows"][0]["model"], "name": "inert"}
    assert ungrounded(made["rows"][1], made) == ["a, which is not evaluated"]


def test_claims_that_rest_on_each_other_bear_nothing_and_are_drawn_once():
    made = tree(a="SUPPORTED", b="SUPPORTED", rests={"a": ["b"], "b": ["a"]})
    (nodes,) = grounds(made).values()
    assert shape(nodes) == [("b", True, [("a", True, [("b", True, [])])])]
    assert nodes[0].above[0].above[0].again
    itself = tree(a="SUPPORTED", rests={"a": ["a"]})
    assert ungrounded(itself["rows"][0], itself) == ["a, which rests on it in turn"]


def test_a_claim_with_two_grounds_stands_on_both_and_bears_once():
    made = tree(a="SUPPORTED", b="SUPPORTED", c="SUPPORTED", d="SUPPORTED", rests={"c": ["a", "b"], "d": ["c"]})
    (nodes,) = grounds(made).values()
    assert shape(nodes) == [
        ("a", False, [("c", False, [("d", False, [])])]),
        ("b", False, [("c", False, [])]),
    ]
    assert nodes[1].above[0].again


def test_no_tree_where_nothing_rests_on_anything():
    made = tree(a="SUPPORTED", rests={})
    assert grounds(made) == {}
    assert "From behaviour to mechanism" not in render_html(made)


def hollow(page):
    return re.findall(r'class="hollow" d="M([-\d.]+) ', page)


def test_the_baseline_stands_where_a_control_found_it():
    made = document()
    page = render_html(made)
    assert "Hollow: the baseline by itself, against harmful.test, untouched" in page
    without = copy.deepcopy(made)
    without["rows"][1]["controls"] = without["rows"][1]["controls"][:1]  # fluency, which is not what was claimed
    assert hollow(render_html(without)) != hollow(page)
    assert "Hollow: the baseline by itself" not in render_html(without)
