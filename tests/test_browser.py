"""The book as a reader sees it: in a real browser, wide and on a phone, light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
import gzip
import http.server
import os
from pathlib import Path
import re
import shutil
import threading
from urllib.parse import unquote, urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    Error,
    Page,
    Playwright,
    expect,
    sync_playwright,
)
import pytest
from sphinx_external_toc.parsing import parse_toc_yaml
from test_clinic import ENTRIES

ROOT = Path(__file__).resolve().parents[1]
PAGES = [f"{name}.html" for name in parse_toc_yaml(ROOT / "_toc.yml")]
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
CHAPTER, LAB = "book/local/shap.html", "labs/10_shap.html"
AROUND = ["book/index.html", CHAPTER, LAB, "search.html"]
SIZES = pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
NO_BROWSER = 'no browser to test with: "make browser" gets one, or "apt-get install chromium"'
# The formulas that have no size, of those that are not inside a closed box.
EMPTY = """boxes => boxes
    .filter(box => box.checkVisibility())
    .filter(box => box.getBoundingClientRect().width * box.getBoundingClientRect().height === 0)
    .map(box => box.outerHTML)"""
ARGUMENTS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
]


def launch(playwright: Playwright) -> Browser | None:
    """Playwright's own Chromium, or one of the system's, or None."""
    # Chromium's sandbox refuses to run as root, which is what a container's tests run as.
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    args = [*ARGUMENTS, "--no-sandbox"] if root else ARGUMENTS
    names = (
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
    )
    paths = [path for name in names if (path := shutil.which(name))]
    places = [{}, *({"executable_path": path} for path in paths)]
    places += [{"channel": "chrome"}, {"channel": "msedge"}]
    for place in places:
        try:
            return playwright.chromium.launch(args=args, **place)
        except Error:
            continue
    return None


# Not for the whole session: while Playwright is open, no other test can run a notebook kernel.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = launch(playwright)
        if found is None:
            require = os.environ.get("GLASSBOX_REQUIRE_BROWSER") == "1"
            (pytest.fail if require else pytest.skip)(NO_BROWSER)
        yield found
        found.close()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def served(built_book: Path) -> Iterator[str]:
    """The address of the book on a free port."""
    handler = partial(Quiet, directory=str(built_book))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(params=["http", "file"])
def address(
    request: pytest.FixtureRequest, served: str, built_book: Path
) -> str:
    """The address of the book, served and as files."""
    return served if request.param == "http" else built_book.as_uri()


@pytest.fixture
def new_page(browser: Browser) -> Iterator:
    """Opens pages; at the end they have asked no other host and have reported no error."""
    contexts, problems = [], []

    def open_page(base: str, size: dict = WIDE, scheme: str = "light") -> Page:
        # No animation, so that no test looks at a color on its way from light to dark.
        context = browser.new_context(
            viewport=size, color_scheme=scheme, reduced_motion="reduce"
        )
        contexts.append(context)
        page = context.new_page()
        page.base = base
        page.on(
            "pageerror", lambda error: problems.append(f"{page.url}: {error}")
        )
        page.on(
            "console",
            lambda message: (
                message.type == "error"
                and problems.append(f"{page.url}: {message.text}")
            ),
        )
        page.on(
            "request",
            lambda request: (
                request.url.startswith((base, "data:", "blob:"))
                or problems.append(f"{page.url} asks for {request.url}")
            ),
        )
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []


def load(page: Page, name: str) -> None:
    """Open a page and wait until its equations are drawn."""
    page.goto(f"{page.base}/{name}")
    page.evaluate("window.MathJax?.startup?.promise")


def overflow(page: Page) -> int:
    """By how many pixels the page scrolls sideways."""
    return page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )


def check_maths(page: Page) -> None:
    drawn = page.locator("article .math > mjx-container")
    assert drawn.count() == page.locator("article .math").count()
    assert page.locator("mjx-merror").count() == 0
    # One question for all: asking the browser for each box takes ten seconds a chapter.
    assert drawn.evaluate_all(EMPTY) == []


@SIZES
@pytest.mark.parametrize("name", [*PAGES, "search.html"])
def test_page_is_fit_to_read(
    new_page, served: str, name: str, size: dict
) -> None:
    page = new_page(served, size)
    load(page, name)
    assert overflow(page) <= 0
    check_maths(page)
    page.evaluate(
        "document.querySelectorAll('article details').forEach(box => box.open = true)"
    )
    # What lies around the text is the same on each page, so that one size of each is enough for the rest.
    every = name in AROUND
    if every or size == PHONE:
        assert grave_faults(page) == []
    page.emulate_media(color_scheme="dark")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    if every or size == WIDE:
        # All that colors can change.
        assert grave_faults(page, runOnly=["color-contrast"]) == []


def grave_faults(page: Page, **options: object) -> list[tuple[str, list[str]]]:
    """What axe-core calls serious or critical: the rules, and the elements that break them."""
    # Its preload would fetch the theme's stylesheets from wrong addresses.
    options = {"resultTypes": ["violations"], "preload": False, **options}
    rules = Axe().run(page, options=options).response["violations"]
    grave = [
        rule for rule in rules if rule["impact"] in ("serious", "critical")
    ]
    return [
        (rule["id"], [node["html"] for node in rule["nodes"]]) for rule in grave
    ]


@pytest.mark.parametrize("name", PAGES)
def test_page_opens_from_a_file(new_page, built_book: Path, name: str) -> None:
    page = new_page(built_book.as_uri(), PHONE, "dark")
    load(page, name)
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert overflow(page) <= 0
    check_maths(page)
    assert (
        page.evaluate(
            "[...document.images].filter(image => !image.naturalWidth).length"
        )
        == 0
    )


def test_some_page_has_maths(new_page, address: str) -> None:
    page = new_page(address)
    load(page, "book/notation.html")
    assert page.locator("mjx-container").count() > 5


@pytest.mark.parametrize("name", PAGES)
def test_first_visit_is_light(
    new_page, served: str, built_book: Path, name: str
) -> None:
    """All that surrounds the text and the figures is less than 0.6 MB when compressed."""
    page, paths = new_page(served), set()
    page.on(
        "request",
        lambda request: paths.add(
            unquote(urlsplit(request.url).path).lstrip("/")
        ),
    )
    load(page, name)
    page.evaluate("document.fonts.ready")
    content = ("_images/", "searchindex.js", name)
    files = [
        built_book / path for path in paths if not path.startswith(content)
    ]
    assert len(files) > 20
    assert (
        sum(len(gzip.compress(file.read_bytes())) for file in files) < 600_000
    )


def test_menu_opens_on_a_phone(new_page, address: str) -> None:
    page = new_page(address, PHONE)
    load(page, LAB)
    link = page.locator(".bd-sidebar-primary").get_by_role(
        "link", name="A map of methods"
    )
    expect(link).not_to_be_in_viewport()
    page.locator("button.primary-toggle:visible").click()
    expect(link).to_be_in_viewport()
    link.click()
    expect(page.get_by_role("heading", name="A map of methods")).to_be_visible()


def test_menu_is_open_on_a_wide_screen(new_page, address: str) -> None:
    page = new_page(address)
    load(page, LAB)
    page.locator(".bd-sidebar-primary").get_by_role(
        "link", name="Glossary"
    ).click()
    expect(page.get_by_role("heading", name="Glossary")).to_be_visible()


@SIZES
def test_search_finds(new_page, address: str, size: dict) -> None:
    page = new_page(address, size)
    load(page, CHAPTER)
    page.locator(
        "button.search-button:visible, button.search-button-field:visible"
    ).click()
    page.locator("#pst-search-dialog input").fill("attribution")
    page.keyboard.press("Enter")
    result = (
        page.locator("#search-results li a").filter(has_text="Glossary").first
    )
    expect(result).to_be_visible()
    assert overflow(page) <= 0
    result.click()
    expect(page.get_by_role("heading", name="Glossary")).to_be_visible()


def test_a_pasted_message_finds_its_entry_in_the_clinic(new_page, address):
    """With the names and numbers of the reader's own, which no page has."""
    page = new_page(address)
    load(page, "search.html")
    page.wait_for_function("Search._index")
    lost = []
    for entry in ENTRIES.values():
        heading = " ".join(re.findall(r"\w+", entry.heading))
        # What an entry quotes in italics are other forms of its message.
        quoted = re.findall(
            r"(?<![*\w])\*([A-Za-z'][^*\n]{20,}\S)\*", entry.text
        )
        for message in [entry.heading.replace("`", ""), *quoted]:
            pasted = f"Cell In[7], line 3 {message} my_layer_17 /my/net.py"
            found = page.evaluate(
                "q => Search._performSearch(...Search._parseQuery(q)).reverse()",
                pasted,
            )
            titles = [" ".join(re.findall(r"\w+", r[1])) for r in found[:3]]
            if f"Error clinic {heading}" not in titles:
                lost.append((message, titles))
    assert not lost, "\n".join(map(str, lost))


def test_front_door_leads_to_the_first_page(new_page, address: str) -> None:
    page = new_page(address)
    page.goto(f"{address}/index.html")
    page.wait_for_url("**/book/index.html")


def test_answers_unfold(new_page, served: str) -> None:
    page = new_page(served)
    load(page, CHAPTER)
    answer = page.locator("details.sd-dropdown").first
    expect(
        answer.locator(".sd-summary-content, .sd-card-body")
    ).not_to_be_visible()
    answer.locator("summary").click()
    expect(answer.locator(".sd-summary-content, .sd-card-body")).to_be_visible()
