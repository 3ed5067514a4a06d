"""The built pages, and that ``tools/book.py`` fails when it should."""

from __future__ import annotations

from functools import cache
import json
from pathlib import Path
import re
import shutil
import subprocess
import sys
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup
import pytest
from sphinx_external_toc.parsing import parse_toc_yaml
import yaml

ROOT = Path(__file__).resolve().parents[1]
PAGES = [f"{name}.html" for name in parse_toc_yaml(ROOT / "_toc.yml")]
NOTEBOOKS = [name for name in PAGES if name.startswith(("labs/", "solutions/"))]
# What a browser loads by itself, as far as it stands in the page.
LOADED = [
    ("script", "src"),
    ("img", "src"),
    ("img", "srcset"),
    ("iframe", "src"),
    ("embed", "src"),
    ("object", "data"),
    ("source", "src"),
    ("video", "src"),
    ("audio", "src"),
]
LOADED_LINKS = {
    "stylesheet",
    "icon",
    "preload",
    "modulepreload",
    "prefetch",
    "preconnect",
}


@cache
def parse(page: Path) -> BeautifulSoup:
    return BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")


def all_pages(built: Path) -> list[Path]:
    """Every page that a reader can reach, with search and the front door."""
    return [
        page for page in built.rglob("*.html") if "_static" not in page.parts
    ]


@pytest.mark.parametrize("name", PAGES)
def test_page_of_the_contents_is_there(built_book: Path, name: str) -> None:
    assert (built_book / name).is_file()
    assert parse(built_book / name).find("article").find("h1")


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_notebook_shows_its_outputs_and_no_failure(
    built_book: Path, name: str
) -> None:
    outputs = parse(built_book / name).select(".cell_output")
    assert outputs
    text = "\n".join(output.get_text() for output in outputs)
    assert "Traceback (most recent call last)" not in text
    assert parse(built_book / name).select(".cell_output .traceback") == []


@pytest.mark.parametrize("name", PAGES)
def test_image_has_alternative_text(built_book: Path, name: str) -> None:
    for image in parse(built_book / name).select("article img"):
        alt = image.get("alt", "").strip()
        # Without a text of its own a notebook's figure gets its file's path.
        assert " " in alt and not re.search(
            r"_images|\.(png|svg|jpe?g)$", alt
        ), image


def test_pages_load_nothing_from_another_host(built_book: Path) -> None:
    elsewhere = re.compile(r"^\s*(\w+:)?//")
    for page in all_pages(built_book):
        soup = parse(page)
        loaded = [
            tag[attribute]
            for name, attribute in LOADED
            for tag in soup.find_all(name, attrs={attribute: True})
        ]
        loaded += [
            link["href"]
            for link in soup.find_all("link")
            if LOADED_LINKS & set(link["rel"])
        ]
        inline = " ".join(str(tag) for tag in soup.find_all("style"))
        inline += " ".join(tag["style"] for tag in soup.find_all(style=True))
        assert [
            url for url in loaded + css_urls(inline) if elsewhere.match(url)
        ] == [], page
        files = [page.parent / unquote(urlsplit(url).path) for url in loaded]
        assert [file for file in files if not file.is_file()] == [], page
    for sheet in built_book.rglob("*.css"):
        text = sheet.read_text(encoding="utf-8")
        assert [url for url in css_urls(text) if elsewhere.match(url)] == [], (
            sheet
        )


def css_urls(text: str) -> list[str]:
    found = re.findall(
        r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)", text
    )
    return [first or second for first, second in found]


def test_scripts_are_those_that_a_page_needs(built_book: Path) -> None:
    for page in all_pages(built_book):
        scripts = [str(script) for script in parse(page).find_all("script")]
        assert not [
            script for script in scripts if "fontawesome.js" in script
        ], page
        assert not [script for script in scripts if "require" in script], page
        assert sum("THEBE_JS_URL" in script for script in scripts) <= 1, page
        maths = bool(parse(page).select("article .math"))
        assert any("mathjax/" in script for script in scripts) == maths, page


def test_menu_button_of_a_phone_has_no_second_search_bar(
    built_book: Path,
) -> None:
    for name in PAGES:
        assert (
            parse(built_book / name).select(".navbar-persistent--mobile") == []
        )
        assert parse(built_book / name).select("button.primary-toggle")


def test_links_between_pages_resolve(built_book: Path) -> None:
    broken = []
    for page in all_pages(built_book):
        for link in parse(page).find_all("a", href=True):
            url = urlsplit(link["href"])
            if url.scheme or url.netloc:
                continue
            target = (
                (page.parent / unquote(url.path)).resolve()
                if url.path
                else page
            )
            if not target.is_file():
                broken.append((str(page.relative_to(built_book)), link["href"]))
            elif url.fragment and target.suffix == ".html":
                name = unquote(url.fragment)
                if not parse(target).find(attrs={"id": name}):
                    broken.append(
                        (str(page.relative_to(built_book)), link["href"])
                    )
    assert broken == []


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_notebook_opens_in_binder_and_colab(
    built_book: Path, name: str
) -> None:
    settings = yaml.safe_load(
        (ROOT / "_config.yml").read_text(encoding="utf-8")
    )
    place = settings["repository"]["url"].removeprefix("https://github.com/")
    notebook = name.removesuffix(".html") + ".ipynb"
    links = {
        link.get("href") for link in parse(built_book / name).find_all("a")
    }
    assert (
        f"https://mybinder.org/v2/gh/{place}/main?urlpath=lab/tree/{notebook}"
        in links
    )
    assert (
        f"https://colab.research.google.com/github/{place}/blob/main/{notebook}"
        in links
    )


# How long things take


def stated_minutes() -> list[tuple[str, int]]:
    """The pages that the front page gives minutes for."""
    text = (ROOT / "book" / "index.md").read_text(encoding="utf-8")
    found = re.findall(r"\]\((\S+?)\), (\d+) minutes", text)
    return sorted({(page, int(minutes)) for page, minutes in found})


@pytest.mark.parametrize("page, minutes", stated_minutes())
def test_minutes_of_the_front_page_are_about_right(
    page: str, minutes: int
) -> None:
    """A chapter is read at about 150 words a minute; a lab says itself how long it takes."""
    path = (ROOT / "book" / page).resolve()
    if path.suffix == ".ipynb":
        source = ROOT / "solutions" / f"{path.stem}.py"
        assert f"About {minutes} minutes" in source.read_text(encoding="utf-8")
        return
    text = path.read_text(encoding="utf-8")
    text = re.sub(
        r"```.*?```|\$\$.*?\$\$|^:\w+:.*?$", "", text, flags=re.S | re.M
    )
    assert len(text.split()) / 150 == pytest.approx(minutes, rel=0.3)


def test_the_front_page_gives_minutes_for_every_chapter_and_lab() -> None:
    there = {Path(page).stem for page, _ in stated_minutes()}
    chapters = {path.stem for path in (ROOT / "book").glob("*/*.md")}
    labs = {path.stem for path in (ROOT / "solutions").glob("*.py")}
    assert there == chapters | labs


# The map of methods


def map_ends(built: Path) -> list:
    """The ends of the map's branches, as list items."""
    page = parse(built / "book" / "foundations" / "map.html")
    return page.select(".method-map > ul > li > ul > li > ul > li")


def test_each_end_of_the_map_leads_to_a_chapter_and_a_lab(
    built_book: Path,
) -> None:
    ends = map_ends(built_book)
    assert len(ends) >= 10
    for end in ends:
        links = [link["href"] for link in end.find_all("a")]
        labs = [link for link in links if "/labs/" in link]
        assert len(labs) == 1 and len(links) == 2, (
            f"leads to its chapter and its lab: {end.get_text()}"
        )


def test_the_map_leads_to_every_chapter_and_lab(built_book: Path) -> None:
    """A chapter that comes later is not forgotten here."""
    folder = built_book / "book" / "foundations"
    reached = {
        (folder / urlsplit(link["href"]).path).resolve().relative_to(built_book)
        for end in map_ends(built_book)
        for link in end.find_all("a", href=True)
        if urlsplit(link["href"]).path
    }
    # Part I is about all methods; one of its chapters has a lab. Part VI and the reference follow them.
    explains_all = {"why", "black_box", "map", "regression"}
    pages = [
        Path(name)
        for name in PAGES
        if name.startswith("labs/")
        or re.match(r"book/(foundations|inside|global|local|trust)/", name)
    ]
    missing = [
        str(page)
        for page in pages
        if page not in reached and page.stem not in explains_all
    ]
    assert missing == [], "add these to the map in book/foundations/map.md"


def test_the_front_door_names_an_icon_that_is_there(built_book: Path) -> None:
    """Without one, a browser asks for favicon.ico, and reports that it is not there."""
    page = parse(built_book / "index.html")
    assert (built_book / page.find("link", rel="icon")["href"]).is_file()
    assert (built_book / page.a["href"]).is_file() and page.title.text


# The book's own settings and extension over a page or two.


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    for name in ("_config.yml", "tools/book.py", "book/references.bib"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    for name in ("book/_ext", "book/_assets"):
        shutil.copytree(ROOT / name, tmp_path / name)
    write_contents(tmp_path, "book/other")
    (tmp_path / "book" / "index.md").write_text("# A book\n\nIt has 1 page.\n")
    (tmp_path / "book" / "other.md").write_text(
        "# Another page\n\nThe gap is {value}`gap`.\n\n"
        ":::{figure} _assets/favicon.svg\n:alt: A gap of {value}`gap` m.\n:::\n"
    )
    (tmp_path / "book" / "other").mkdir()
    write_numbers(tmp_path, gap="1.5")
    return tmp_path


def write_contents(folder: Path, *pages: str) -> None:
    chapters = [{"file": page} for page in pages]
    contents = {"format": "jb-book", "root": "book/index", "chapters": chapters}
    (folder / "_toc.yml").write_text(yaml.safe_dump(contents))


def write_numbers(folder: Path, **numbers: str) -> None:
    (folder / "book" / "other" / "numbers.json").write_text(json.dumps(numbers))


def make(folder: Path) -> subprocess.CompletedProcess:
    command = [sys.executable, str(folder / "tools" / "book.py")]
    return subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", cwd=folder
    )


def fails(folder: Path, *reasons: str) -> None:
    result = make(folder)
    assert result.returncode == 1
    assert "The book was not built" in result.stderr
    for reason in reasons:
        assert reason in result.stderr


def article(folder: Path, name: str) -> str:
    page = folder / "_build" / "html" / "book" / f"{name}.html"
    return (
        BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
        .find("article")
        .get_text()
    )


def alternative_text(folder: Path) -> str:
    page = folder / "_build" / "html" / "book" / "other.html"
    return (
        BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
        .find("article")
        .find("img")["alt"]
    )


def test_numbers_follow_their_file(scratch: Path) -> None:
    (scratch / "book" / "index.md").write_text(
        "# A book\n\nElsewhere: {value}`other:gap`.\n"
    )
    before = {path for path in scratch.iterdir()}
    result = make(scratch)
    assert result.returncode == 0, result.stderr
    assert (
        str(scratch.resolve() / "_build" / "html" / "index.html")
        in result.stdout
    )
    assert {path.name for path in set(scratch.iterdir()) - before} == {"_build"}
    assert "The gap is 1.5." in article(scratch, "other")
    assert "Elsewhere: 1.5." in article(scratch, "index")
    assert alternative_text(scratch) == "A gap of 1.5 m."
    write_numbers(scratch, gap="2.5")
    assert make(scratch).returncode == 0
    assert "The gap is 2.5." in article(scratch, "other")
    assert "Elsewhere: 2.5." in article(scratch, "index")
    assert alternative_text(scratch) == "A gap of 2.5 m."


def test_files_outside_of_the_contents_are_left_out(scratch: Path) -> None:
    for place in (
        ".venv/lib",
        "book/.hidden",
        "env/lib/site-packages",
        "notes",
    ):
        (scratch / place).mkdir(parents=True)
        (scratch / place / "stray.md").write_text(
            "# Stray\n\n[Nothing](nothing.md)\n"
        )
    result = make(scratch)
    assert result.returncode == 0, result.stderr
    assert list((scratch / "_build" / "html").rglob("stray*")) == []


def test_notebook_with_widgets_loads_nothing_from_another_host(
    scratch: Path,
) -> None:
    state = {"model_id": {"model_name": "FloatProgressModel", "state": {}}}
    widgets = {"application/vnd.jupyter.widget-state+json": {"state": state}}
    cells = [
        {
            "cell_type": "markdown",
            "id": "a",
            "metadata": {},
            "source": "# Widgets",
        }
    ]
    notebook = {
        "cells": cells,
        "metadata": {"widgets": widgets},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    (scratch / "book" / "widgets.ipynb").write_text(json.dumps(notebook))
    write_contents(scratch, "book/other", "book/widgets")
    result = make(scratch)
    assert result.returncode == 0, result.stderr
    page = parse(scratch / "_build" / "html" / "book" / "widgets.html")
    sources = [script["src"] for script in page.find_all("script", src=True)]
    assert sources and not [source for source in sources if "//" in source]


def test_unknown_number_fails(scratch: Path) -> None:
    write_numbers(scratch, gab="1.5")
    fails(scratch, "'gap'", "book/other/numbers.json", "other.md:3")


def test_missing_file_of_numbers_fails(scratch: Path) -> None:
    (scratch / "book" / "other" / "numbers.json").unlink()
    fails(scratch, "'gap'", "book/other/numbers.json")


def test_bad_cross_reference_fails_each_time(scratch: Path) -> None:
    with (scratch / "book" / "other.md").open("a") as page:
        page.write("\nSee [nothing](nothing.md) and {py:class}`nonsense`.\n")
    fails(scratch, "nothing.md", "nonsense")
    fails(scratch, "nothing.md", "nonsense")


def test_page_that_is_not_written_fails(scratch: Path) -> None:
    write_contents(scratch, "book/other", "book/unwritten")
    fails(scratch, "book/unwritten")


def test_page_that_is_not_built_fails(scratch: Path) -> None:
    """Jupyter Book itself is content here, as Jupyter Book 2 is with a book that it ignores."""
    write_contents(scratch, "book/other", "book/unwritten")
    settings = yaml.safe_load(
        (scratch / "_config.yml").read_text(encoding="utf-8")
    )
    settings["sphinx"]["config"]["suppress_warnings"] = ["etoc.ref"]
    (scratch / "_config.yml").write_text(
        yaml.safe_dump(settings), encoding="utf-8"
    )
    fails(scratch, "no page for book/unwritten")
