"""What a person sees: signs in, decides a held price, enters a farmer; and what every page owes to eyes, keys and readers."""

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from content.models import Price
from profiles.models import Farmer
from tests.browser.conftest import Served
from tests.web.visitor import PASSWORD

pytestmark = pytest.mark.browser

ROOMS = ("/", "/farmers", "/farmers/new", "/messages", "/campaigns", "/prices/held", "/wording", "/accounts", "/prices", "/about", "/phone")

# What is wrong with a page, found in the page itself: fields without a label, a heading that skips, links that say nothing,
# ids that stand twice, anything wider than the screen, small targets, pale words.
LOOK = """() => {
  const wrong = [];
  const seen = (e) => e.checkVisibility ? e.checkVisibility() : true;
  const name = (e) => (e.getAttribute('aria-label') || e.textContent || '').trim() || (e.querySelector('img') || {}).alt || '';
  for (const e of document.querySelectorAll('input:not([type=hidden]), select, textarea'))
    if (!(e.labels && e.labels.length) && !e.getAttribute('aria-label')) wrong.push('no label: ' + e.outerHTML.slice(0, 80));
  for (const e of document.querySelectorAll('a, button')) if (seen(e) && !name(e)) wrong.push('says nothing: ' + e.outerHTML.slice(0, 80));
  if (document.querySelectorAll('h1').length !== 1) wrong.push('not one h1');
  let level = 0;
  for (const e of document.querySelectorAll('h1, h2, h3, h4')) {
    const here = Number(e.tagName[1]);
    if (here > level + 1) wrong.push('heading skips: ' + e.textContent);
    level = here;
  }
  const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);
  for (const id of new Set(ids)) if (ids.filter((one) => one === id).length > 1) wrong.push('id twice: ' + id);
  for (const e of document.querySelectorAll('[aria-describedby], [aria-labelledby]'))
    for (const id of (e.getAttribute('aria-describedby') || e.getAttribute('aria-labelledby')).split(/\\s+/).filter(Boolean))
      if (!document.getElementById(id)) wrong.push('points nowhere: ' + id);
  for (const e of document.querySelectorAll('table')) if (!e.querySelector('th[scope]')) wrong.push('a table without headings');
  if (!document.documentElement.lang) wrong.push('no language');
  if (!document.querySelector('main')) wrong.push('no main');
  const width = document.documentElement.scrollWidth;
  if (width > window.innerWidth) wrong.push('wider than the screen: ' + width);
  for (const e of document.querySelectorAll('button, .button, summary, select, input:not([type=hidden]):not([type=checkbox])')) {
    const box = e.getBoundingClientRect();
    if (seen(e) && box.height && (box.height < 24 || box.width < 24)) wrong.push('small: ' + e.outerHTML.slice(0, 60));
  }
  return wrong.concat(pale());

  function pale() {
    const found = [];
    const parts = (colour) => (colour.match(/[\\d.]+/g) || [0, 0, 0, 0]).map(Number);
    const light = ([r, g, b]) => [r, g, b].map((c) => c / 255).map((c) => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
      .reduce((sum, c, n) => sum + c * [0.2126, 0.7152, 0.0722][n], 0);
    for (const e of document.querySelectorAll('main *, nav *, header *, footer *')) {
      const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
      if (!own || !seen(e) || e.closest('.hidden, [hidden], option')) continue;
      let back = e, colour = parts(getComputedStyle(back).backgroundColor);
      while (back.parentElement && colour.length === 4 && colour[3] === 0) {
        if (getComputedStyle(back).backgroundImage !== 'none') break;
        back = back.parentElement; colour = parts(getComputedStyle(back).backgroundColor);
      }
      if (getComputedStyle(back).backgroundImage !== 'none' || (colour.length === 4 && colour[3] < 1)) continue;
      const [a, b] = [light(parts(getComputedStyle(e).color)), light(colour)].sort((x, y) => y - x);
      const ratio = (a + 0.05) / (b + 0.05);
      if (ratio < 4.5) found.push('pale: ' + e.textContent.trim().slice(0, 40) + ' ' + ratio.toFixed(1));
    }
    return found;
  }
}"""


def look(page: Page) -> list[str]:
    """What is wrong with the page as it stands, once it is all there: a form's answer may still be on its way."""
    page.wait_for_load_state()
    page.locator("main").first.wait_for()
    wrong: list[str] = page.evaluate(LOOK)
    return wrong


def sign_in(page: Page) -> None:
    page.goto("/")
    page.get_by_label("E-mail address").fill("admin@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Good day")


def go(page: Page, room: str) -> None:
    """By the navigation, which a narrow screen keeps behind a word."""
    menu = page.locator("summary", has_text="Menu")
    if menu.is_visible():
        menu.click()
    page.get_by_role("link", name=room, exact=True).locator("visible=true").first.click()


def test_an_approver_refuses_one_held_price(page: Page, served: Served) -> None:
    sign_in(page)
    go(page, "Held prices")
    expect(page.get_by_role("heading", name="Maize, Mubende")).to_be_visible()
    expect(page.get_by_text("this looks like a bag")).to_be_visible()
    page.get_by_label("Why it is wrong").fill("the price of a bag")
    page.get_by_role("button", name="Refuse").click()
    expect(page.get_by_role("status")).to_contain_text("Refused")
    expect(page.get_by_role("heading", name="Nothing is held")).to_be_visible()
    with served.runtime.reading() as session:
        assert session.scalars(select(Price.state).where(Price.amount == 105_000)).one() == "refused"


def test_a_farmer_without_a_phone_is_entered_after_a_mistake_is_shown(page: Page, served: Served) -> None:
    sign_in(page)
    page.goto("/farmers/new")
    page.get_by_label("Name", exact=True).fill("sarah nakato")
    page.get_by_role("button", name="Enter this farmer").click()
    expect(page.get_by_role("alert")).to_contain_text("6 things to correct")
    expect(page.get_by_label("Name", exact=True)).to_have_value("sarah nakato")
    page.get_by_label("Language", exact=True).select_option(label="Luganda")
    page.get_by_label("District of the garden").select_option(label="Mubende")
    page.get_by_label("Phone", exact=True).fill("0772 000 123")
    page.get_by_label("The crop that matters most").select_option(label="Maize")
    page.get_by_label("They heard it and agree").check()
    page.get_by_label("Who was there when they agreed").fill("Grace Atim")
    page.get_by_role("button", name="Enter this farmer").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sarah Nakato")
    with served.runtime.reading() as session:
        assert session.scalars(select(Farmer.phone)).one() == "+256772000123"


def test_the_keyboard_reaches_the_content_and_the_form(page: Page) -> None:
    sign_in(page)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="To the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator("main :focus")).to_have_count(1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_can_be_read_by_eye_and_by_machine(page: Page, scheme: str) -> None:
    """Looked at by a script of ours, which runs even where the page's own may not."""
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    sign_in(page)
    found = {}
    for room in ROOMS:
        page.goto(room)
        wrong = look(page)
        if wrong:
            found[room] = wrong
    page.context.clear_cookies()
    page.goto("/sign-in")
    assert (found, look(page)) == ({}, [])
