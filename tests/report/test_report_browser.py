"""The page as a browser shows it: nothing runs over, nothing is refused, everything can be read."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from interp_core.report import render_html
from tests.report.sample import document

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FOUND = next(filter(None, map(shutil.which, BROWSERS)), None)
pytestmark = pytest.mark.skipif(FOUND is None, reason=f"no browser on PATH: {', '.join(BROWSERS)}")

# WCAG 2.2, success criterion 1.4.3: text against what lies behind it. Text in a drawing is filled, not coloured.
CONTRASTS = """() => {
  const parse = text => {
    const [r, g, b, a] = text.match(/[\\d.]+/g).map(Number);
    return [r, g, b, a === undefined ? 1 : a];
  };
  const over = (top, under) => [0, 1, 2].map(i => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
  const light = color => color.slice(0, 3)
    .map(c => c / 255).map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = element => {
    const layers = [];
    for (let e = element; e; e = e.parentElement) layers.push(parse(getComputedStyle(e).backgroundColor));
    return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255, 1]);
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (!node.textContent.trim()) continue;
    const element = node.parentElement, style = getComputedStyle(element), ground = behind(element);
    const ink = over(parse(element.closest('svg') ? style.fill : style.color), ground);
    const [low, high] = [light(ink), light(ground)].sort((a, b) => a - b);
    found.push([(high + 0.05) / (low + 0.05), element.tagName, element.className.toString(), node.textContent]);
  }
  return found.sort((a, b) => a[0] - b[0]);
}"""
# Elements that the page must not cut: wider than they are, and hiding or scrolling what runs over.
CLIPPED = """() => [...document.querySelectorAll('body *')].filter(e => {
  const style = getComputedStyle(e);
  return style.overflowX !== 'visible' && (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1);
}).map(e => e.tagName + ' ' + e.className)"""
OUTSIDE = """() => [...document.querySelectorAll('body *')].filter(e => {
  const box = e.getBoundingClientRect();
  return box.width && (box.left < -1 || box.right > document.documentElement.clientWidth + 1);
}).map(e => e.tagName + ' ' + e.className.toString())"""


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(render_html(document(12)), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def browser() -> "Iterator[playwright.sync_api.Browser]":
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=FOUND, args=["--no-sandbox"])
        yield started
        started.close()


class Shown:
    """A page that is shown, with its folded parts open, and what the browser said while it was."""

    def __init__(self, browser, path, width=1200, scheme="light", media="screen"):
        self.page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        self.said = []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("requestfailed", lambda request: self.said.append(request.url))
        self.page.emulate_media(media=media, color_scheme=scheme)
        self.page.goto(path.as_uri())
        self.page.eval_on_selector_all("details", "all => all.forEach(one => one.open = true)")


@pytest.fixture
def shown(browser, written):
    pages = []

    def show(**how):
        pages.append(Shown(browser, written, **how))
        return pages[-1]

    yield show
    for one in pages:
        one.page.close()


@pytest.mark.parametrize("width", [390, 1200])
def test_nothing_runs_over(shown, width):
    page = shown(width=width).page
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate(OUTSIDE) == []
    assert page.evaluate(CLIPPED) == []


def test_the_browser_finds_nothing_to_say(shown):
    one = shown()
    assert one.page.locator("article").count() == 12
    assert one.said == []


def test_its_policy_lets_no_script_run(shown):
    one = shown()
    one.page.evaluate("""() => {
      const script = document.createElement('script');
      script.textContent = 'document.title = "run"';
      document.body.append(script);
    }""")
    assert one.page.title() != "run"
    assert any("Content Security Policy" in text for text in one.said)


@pytest.mark.parametrize("width", [390, 1200])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read(shown, scheme, width):
    found = shown(scheme=scheme, width=width).page.evaluate(CONTRASTS)
    assert len(found) > 500
    assert [one for one in found if one[0] < 4.5] == []


def test_the_schemes_differ(shown):
    colors = [
        shown(scheme=scheme).page.evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    ]
    assert len(set(colors)) == 2


def test_every_drawing_has_a_name(shown):
    page = shown().page
    drawings = page.locator("svg, img")
    assert drawings.count() > 20
    assert page.get_by_role("img").count() == drawings.count()
    unnamed = "all => all.filter(one => !(one.getAttribute('aria-label') || one.alt)).length"
    assert page.eval_on_selector_all("svg, img", unnamed) == 0


def test_each_verdict_has_a_marker_of_its_own(shown):
    shapes = shown().page.eval_on_selector_all(
        ".verdicts svg",
        "all => all.map(one => [one.classList[0], one.querySelector('.point').outerHTML.split(' ')[0]])",
    )
    found = {(verdict, shape) for verdict, shape in shapes}
    assert len({shape for _, shape in found}) == len({verdict for verdict, _ in found}) == len(found)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_paper_shows_all_of_it_in_dark_ink(shown, scheme):
    one = shown(media="print", scheme=scheme, width=718)  # A4 less the margins, at 96 pixels an inch
    assert one.page.evaluate(OUTSIDE) == []
    assert one.page.evaluate(CLIPPED) == []
    assert one.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert [found for found in one.page.evaluate(CONTRASTS) if found[0] < 4.5] == []
