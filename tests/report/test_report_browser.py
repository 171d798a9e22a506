"""The page in a browser without a network: it opens cleanly, and its switches and sliders work."""

from collections.abc import Iterator

import pytest
from browser import Page, chromium, find_chromium

PROGRAM = find_chromium()

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="neither Chromium nor Chrome is installed")


@pytest.fixture(scope="module")
def browser() -> Iterator[Page]:
    assert PROGRAM is not None
    with chromium(PROGRAM) as page:
        yield page


@pytest.fixture
def shown(browser, written) -> Page:
    browser.problems.clear()
    browser.requests.clear()
    browser.media()
    browser.size(1200, 900)
    browser.open(written.page)
    return browser


def drawing(page: Page, figure: str) -> str:
    return page.run(f"document.querySelector('#{figure} .chart').innerHTML")


def text_of(page: Page, selector: str) -> str:
    """Text that can be seen."""
    return page.run(
        f"[...document.querySelectorAll({selector!r})].filter(e => e.offsetParent).map(e => "
        "e.innerText).join('|')"
    )


def settled(page: Page, figure: str) -> None:
    page.run(f"gossamerReport.views.get({figure!r}).runAsync().then(() => true)")


def test_it_opens_without_network_and_without_complaints(shown, written):
    assert shown.problems == []
    assert shown.requests == [written.page.as_uri()]
    assert shown.run("gossamerReport.views.size") == 11
    assert shown.run("document.querySelectorAll('.chart svg').length") == 11


def test_the_switch_changes_answer_figures_and_tables(shown):
    before = text_of(shown, ".answer")
    assert "selected on validation" in before
    figure = drawing(shown, "accuracy")
    shown.run("document.querySelector('[data-reading-choice=best_on_test]').click()")
    for name in ("accuracy", "contour", "laws"):
        settled(shown, name)
    assert "best on test" in text_of(shown, ".answer")
    assert "Best test accuracy" in drawing(shown, "accuracy")
    assert drawing(shown, "accuracy") != figure
    assert "best test accuracy" in text_of(shown, "#accuracy-section summary")
    assert shown.problems == []


def test_zoom_buttons_change_the_axis(shown):
    before = drawing(shown, "accuracy")
    shown.run("document.querySelectorAll('#accuracy [data-zoom]')[1].click()")
    settled(shown, "accuracy")
    after = drawing(shown, "accuracy")
    assert after != before
    assert shown.run("gossamerReport.views.get('accuracy').scale('x').domain()[0]") == pytest.approx(
        0.9, abs=0.01
    )
    shown.run("document.querySelectorAll('#accuracy [data-zoom]')[0].click()")
    settled(shown, "accuracy")
    assert shown.run("gossamerReport.views.get('accuracy').scale('x').domain()[0]") < 0.1


def test_sliders_move_the_heat_maps(shown):
    slide = """(() => {{
      const slider = document.querySelectorAll('#input-maps input[type=range]')[{index}];
      slider.value = {value};
      slider.dispatchEvent(new Event('input'));
      return slider.nextElementSibling.textContent;
    }})()"""
    seen = {drawing(shown, "input-maps")}
    assert shown.run(slide.format(index=0, value=6)) == "1"
    settled(shown, "input-maps")
    seen.add(drawing(shown, "input-maps"))
    assert "ζ = 1, epoch 11" in drawing(shown, "input-maps")
    assert shown.run(slide.format(index=0, value=3)) == "0.9"
    assert shown.run(slide.format(index=1, value=0)) == "0"
    settled(shown, "input-maps")
    seen.add(drawing(shown, "input-maps"))
    assert "ζ = 0.9, epoch 0" in drawing(shown, "input-maps")
    shown.run("document.querySelector('#input-maps [data-value=grown]').click()")
    settled(shown, "input-maps")
    seen.add(drawing(shown, "input-maps"))
    assert len(seen) == 4
    assert shown.problems == []


def test_choices_change_their_figures(shown):
    for figure, value in (("correspondence", "grown links"), ("learning", "validation")):
        before = drawing(shown, figure)
        shown.run(f"document.querySelector('#{figure} [data-value=\"{value}\"]').click()")
        settled(shown, figure)
        assert drawing(shown, figure) != before


def test_hover_tells_the_run_ids(shown, material):
    names = {run[:10] for run in material.table["identity"].tolist()}
    found = shown.run(
        """(() => {
          const items = [];
          const walk = (item) => {
            if (item.tooltip) items.push(item.tooltip);
            (item.items || []).forEach(walk);
          };
          walk(gossamerReport.views.get('accuracy').scenegraph().root);
          return items.map(tip => tip['run ids'] || tip.run || '').join(' ');
        })()"""
    )
    assert names <= {word[:10] for word in found.split()}


def ground(page: Page) -> str:
    return page.run("getComputedStyle(document.body).backgroundColor")


def test_light_dark_and_the_button_between_them(shown, written):
    light = ground(shown)
    shown.media(scheme="dark")
    dark = ground(shown)
    assert light != dark
    press = "document.getElementById('theme').click(), document.getElementById('theme').textContent"
    assert shown.run(press) == "Theme: light"
    assert ground(shown) == light
    assert shown.run(press) == "Theme: dark"
    shown.media(scheme="light")
    assert ground(shown) == dark
    assert shown.run(press) == "Theme: system"
    assert ground(shown) == light
    # Letters of the charts follow the text around them.
    assert "currentColor" in drawing(shown, "accuracy")


def test_print_is_light_without_controls_and_with_short_tables(shown):
    shown.media(scheme="dark", media="print")
    assert ground(shown) == "rgb(255, 255, 255)"
    assert not shown.run("document.getElementById('theme').offsetParent")
    assert shown.pdf().startswith(b"%PDF-")


def test_a_narrow_window_does_not_scroll_sideways(shown):
    shown.size(420, 800)
    assert shown.run("document.documentElement.scrollWidth") <= 420


def test_saving_a_picture_leaves_no_complaint(shown):
    shown.run(
        "HTMLAnchorElement.prototype.click = function () { window.saved = [this.download, this.href]; }, true"
    )
    shown.run("document.querySelector('#accuracy [data-save=svg]').click()")
    shown.wait("window.saved")
    name, address = shown.run("window.saved")
    assert name == "accuracy.svg"
    assert address.startswith(("data:image/svg+xml", "blob:"))
    assert shown.problems == []
