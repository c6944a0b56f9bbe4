"""The page is one file that loads nothing, runs nothing, and shows hostile text as text."""

import copy
import random
import re
from html.parser import HTMLParser

import pytest

from interp_core.report import render_html, summary_sentence
from interp_core.report.html import shortened
from tests.report.sample import HOSTILE, LONG, NOTHING_DRAWN, components, document, doses, draws, selection

VOID = {"meta", "br"}
TAGS = {
    "html", "head", "meta", "title", "style", "body", "header", "main", "article", "h1", "h2", "h3", "h4", "p", "div",
    "span", "b", "a", "code", "pre", "ul", "li", "dl", "dt", "dd", "br", "table", "thead", "tbody", "tr", "th", "td",
    "details", "summary", "i", "figure", "figcaption", "svg", "rect", "path", "circle", "text",
}  # fmt: skip


class Page(HTMLParser):
    """Tags in order, their attributes, and the text; fails on a tag that is not closed where it should be."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.words: list[str] = []
        self.feed(source)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())


@pytest.fixture(scope="module")
def source() -> str:
    return render_html(document())


@pytest.fixture(scope="module")
def page(source) -> Page:
    return Page(source)


def test_only_the_template_makes_tags(page):
    assert set(page.tags) <= TAGS
    assert page.tags.count("article") == 10


def test_no_attribute_runs_or_loads_anything(page):
    assert {name for _, name, _ in page.attributes if name.startswith("on")} == set()
    assert {(tag, name) for tag, name, _ in page.attributes if name in {"src", "srcset", "href", "data", "action"}} == {
        ("a", "href")
    }
    assert all(value.startswith("#claim-") for _, name, value in page.attributes if name == "href")


def test_the_style_loads_nothing(source):
    style = source.partition("<style>")[2].partition("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style


def test_the_page_forbids_itself_scripts_and_loads(page):
    policies = [value for tag, name, value in page.attributes if tag == "meta" and name == "content"]
    assert (
        "default-src 'none'; style-src 'unsafe-inline'; img-src 'none'; base-uri 'none'; form-action 'none'" in policies
    )


def test_links_lead_somewhere(page):
    ids = {value for _, name, value in page.attributes if name == "id"}
    assert {value[1:] for _, name, value in page.attributes if name == "href"} <= ids


def test_hostile_text_is_shown_as_text(source, page):
    assert "<script>alert('x')</script>" in page.text
    assert "⟨U+202E⟩gnp.exe" in page.text
    assert "⟨U+001B⟩[31mred" in page.text
    assert "{{ 7*7 }}" in page.text
    assert not set(source) & {"\x1b", "\u202e", "\u200b", "\x00", "\ud800", "\r"}


HOSTILE_FIELDS = ["id", "statement", "sentence", "where", "status", "reason", "noun", "unit", "baseline"]


@pytest.mark.parametrize("field", HOSTILE_FIELDS)
def test_no_field_is_trusted(field):
    one = document(1)
    one["rows"][0][field] = HOSTILE
    assert set(Page(render_html(one)).tags) <= TAGS


def test_everything_that_tells_is_on_the_page(page):
    for row in document()["rows"]:
        for words in (row["sentence"], row["baseline"], row["verdict"], row["id"], row["where"], row["kind"]):
            assert words in page.text
        assert str(row["seed"]) in page.text
        assert row["digests"]["design"][:12] in page.text
    assert "SMALLER THAN CLAIMED" in page.text
    assert "moved: was SUPPORTED, is REFUTED" in page.text
    assert "PARTIAL: 5 claims were deselected." in page.text
    assert "the template has no thinking mode" in page.text
    assert summary_sentence(document()) in page.text


def test_whole_digests_are_in_titles(page):
    titles = {value for _, name, value in page.attributes if name == "title"}
    assert {row["digests"]["data"] for row in document()["rows"]} <= titles


def test_every_example_is_on_the_page(page):
    for row in document()["rows"]:
        for arm in row["examples"]:
            assert all(draw["id"] in page.text for draw in arm["draws"])


def test_identical_documents_give_identical_pages(source):
    assert render_html(copy.deepcopy(document())) == source


def test_the_order_of_keys_does_not_matter(source):
    assert render_html(_shuffled(document(), random.Random(0))) == source


def _shuffled(tree, rng):
    if isinstance(tree, dict):
        keys = list(tree)
        rng.shuffle(keys)
        return {key: _shuffled(tree[key], rng) for key in keys}
    return [_shuffled(item, rng) for item in tree] if isinstance(tree, list) else tree


FLOODS = {
    "sample": "",
    "hostile": HOSTILE * 5,
    "long": LONG,
    "tags": "<" * 5000,
    "wide": "🙂" * 2000,
    "bidi": "\u202e" * 3000,
}


@pytest.mark.parametrize("text", FLOODS.values(), ids=FLOODS)
def test_a_page_of_25_claims_stays_small(text):
    many = document(25)
    for arm in (arm for row in many["rows"] for arm in row["examples"] if text):
        arm["draws"] = draws(text, text, number=5)
    assert len(render_html(many).encode()) < 300_000


def test_a_page_of_25_claims_with_drawings_stays_small():
    many = document(25)
    for i, row in enumerate(many["rows"]):
        drawn = [{"components": [components(points=150)]}, {"doses": [doses()]}, {}][i % 3]
        row["drawings"] = {**NOTHING_DRAWN, "selections": [selection(layers=40, positions=9)], **drawn}
    assert len(render_html(many).encode()) < 300_000


def test_an_empty_report_is_a_page():
    empty = Page(render_html(document(0, not_evaluated=[])))
    assert "0 claims on 0 models" in empty.text
    assert "article" not in empty.tags


def test_a_whole_run_has_no_partial_banner():
    whole = render_html(document(1, selection={"keyword": "", "marker": "", "deselected": 0}))
    assert "PARTIAL" not in whole


def test_short_texts_are_shown_whole():
    assert shortened("a & b", 1000) == {"shown": "a & b", "more": "", "left_out": 0}


def test_long_texts_are_folded_then_cut_and_counted():
    part = shortened("x" * 5000, 1000)
    assert (len(part["shown"]), len(part["more"]), part["left_out"]) == (260, 740, 4000)


def test_plots_say_their_numbers_to_those_who_cannot_see_them(page):
    labels = [value for tag, name, value in page.attributes if tag == "svg" and name == "aria-label"]
    assert "−0.41 [−0.49, −0.33] of the gap, lower, margin 0.25" in labels


def test_coordinates_are_finite_numbers(source):
    places = re.findall(r' (?:x|cx|width|y|height)="([^"]*)"', source)
    assert places
    assert all(abs(float(place)) < 1000 for place in places)
